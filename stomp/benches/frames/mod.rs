//! Frames as they come and go when calls are made, and the bytes that they are on the wire.

use warren_stomp::{Command, Frame, encode};

/// What a client sends for the call of this number.
pub(crate) fn request(number: usize) -> Frame {
    Frame::new(Command::Send)
        .with_header(
            "destination",
            "/exchange/rpc_queue/0f8b2a64-51c7-4d0e-9a3f-6b2d9e41c870",
        )
        .with_header("reply-to", "/temp-queue/rpc")
        .with_header("correlation-id", &correlation_id(number))
        .with_header("content-type", "application/json")
        .with_header("expiration", "30000")
        .with_header("type", "fibonacci")
        .with_body("30")
}

/// What a worker answers to that call, as RabbitMQ hands it to the client.
pub(crate) fn reply(number: usize, body: &[u8]) -> Frame {
    Frame::new(Command::Message)
        .with_header("subscription", "/temp-queue/rpc")
        .with_header("destination", "/queue/amq.gen-A8NT2cQmQx5oBr3mL0pQzw")
        .with_header(
            "message-id",
            &format!("T_/temp-queue/rpc@@session-UGsjm3Dd2a6zGk1PxQ9vTw@@{number:05}"),
        )
        .with_header("redelivered", "false")
        .with_header("x-worker", "hare")
        .with_header("x-compute-us", "5300")
        .with_header("type", "result")
        .with_header("correlation-id", &correlation_id(number))
        .with_header("content-type", "application/json")
        .with_body(body)
}

/// So many replies of the length that most have: some 300 bytes.
pub(crate) fn replies(count: usize) -> Vec<u8> {
    stream((0..count).map(|number| reply(number, b"832040")))
}

/// A megabyte of replies of many lengths.
pub(crate) fn mixed() -> Vec<u8> {
    const BODY_LENGTHS: [usize; 8] = [1, 6, 60, 900, 20, 5, 12_000, 7];
    let lengths = BODY_LENGTHS.into_iter().cycle().take(600).enumerate();
    stream(lengths.map(|(number, length)| reply(number, &vec![b'7'; length])))
}

/// The frames as RabbitMQ sends them: with a LF after each.
pub(crate) fn stream(frames: impl IntoIterator<Item = Frame>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        encode(&frame, &mut bytes);
        bytes.push(b'\n');
    }
    bytes
}

fn correlation_id(number: usize) -> String {
    format!("4f1c9a52-7d3e-4b8a-9c60-{number:012x}")
}
