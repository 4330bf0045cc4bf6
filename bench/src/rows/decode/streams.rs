//! What is decoded: frames as a client gets them from RabbitMQ.

use warren_stomp::{Command, Frame, encode};

/// A stream of frames, in chunks as it arrives.
#[derive(Debug)]
pub(super) struct Stream {
    /// What its file is called.
    pub(super) name: &'static str,
    /// What it is, in words.
    pub(super) what: String,
    pub(super) bytes: Vec<u8>,
    /// The length of all chunks but the last.
    pub(super) chunk_bytes: usize,
    /// How many frames there are.
    pub(super) frames: u64,
    /// How many bytes of the messages are read: two headers' values and the body of each.
    pub(super) read: u64,
}

/// A megabyte of replies to small calls, each in a WebSocket message of its own.
pub(super) fn replies() -> Stream {
    let replies: Vec<Frame> = (0..3_500).map(|number| reply(number, b"5")).collect();
    let length = on_wire(&replies[..1]).len();
    let what = format!("Replies of {length} bytes, each in a message of its own");
    Stream::new("replies", what, length, &replies)
}

/// Replies with 1 MiB of body, each in a WebSocket message of its own.
pub(super) fn bodies() -> Stream {
    let body = vec![b'7'; 1 << 20];
    let replies: Vec<Frame> = (0..4).map(|number| reply(number, &body)).collect();
    let length = on_wire(&replies[..1]).len();
    let what = "Bodies of 1 MiB, each in a message of its own".to_owned();
    Stream::new("bodies", what, length, &replies)
}

/// A megabyte of all that comes: small replies above all, progress, receipts, faults, bodies of
/// some kilobytes, and some with NULs in them, in chunks as TCP mostly brings them.
pub(super) fn mixed() -> Stream {
    const SEGMENT: usize = 1_400;
    let rounds = (0..).step_by(16).take(78);
    let frames: Vec<Frame> = rounds.flat_map(round).collect();
    let what = format!("A megabyte of mixed frames in chunks of {SEGMENT} bytes");
    Stream::new("mixed", what, SEGMENT, &frames)
}

fn round(number: usize) -> Vec<Frame> {
    let mut frames: Vec<Frame> = (number..number + 10)
        .map(|number| reply(number, b"832040"))
        .collect();
    let progress = b"{\"done\":1346269,\"total\":2178309}";
    frames.extend((10..12).map(|more| reply(number + more, progress)));
    let fault =
        b"{\"response\":null,\"error\":\"n is -1, and not 0 to 93\",\"code\":\"out_of_range\"}";
    frames.push(reply(number + 12, fault).with_header("x-note", "n: -1\n(0 to 93)"));
    frames.push(Frame::new(Command::Receipt).with_header("receipt-id", "bounce"));
    frames.push(reply(number + 13, &b"\0\n\0MESSAGE\n".repeat(20)));
    frames.push(reply(number + 14, &vec![b'7'; 8_000]));
    frames
}

/// What a worker answers to the call of this number.
fn reply(number: usize, body: &[u8]) -> Frame {
    Frame::new(Command::Message)
        .with_header("subscription", "/temp-queue/rpc")
        .with_header("destination", "/queue/amq.gen-A8NT2cQmQx5oBr3mL0pQzw")
        .with_header(
            "message-id",
            &format!("T_/temp-queue/rpc@@session-UGsjm3Dd2a6zGk1PxQ9vTw@@{number:04}"),
        )
        .with_header("redelivered", "false")
        .with_header("x-worker", "hare")
        .with_header("x-compute-us", "53")
        .with_header("type", "result")
        .with_header(
            "correlation-id",
            &format!("4f1c9a52-7d3e-4b8a-9c60-{number:012x}"),
        )
        .with_header("content-type", "application/json")
        .with_body(body)
}

/// The frames as RabbitMQ sends them: with a LF after each.
fn on_wire(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        encode(frame, &mut bytes);
        bytes.push(b'\n');
    }
    bytes
}

/// How many bytes of a frame the caller of a procedure reads.
pub(super) fn read(frame: &Frame) -> u64 {
    if frame.command != Command::Message {
        return 0;
    }
    let header = |name| frame.header(name).map_or(0, str::len);
    let read = header("subscription") + header("correlation-id") + frame.body.len();
    read as u64
}

impl Stream {
    fn new(name: &'static str, what: String, chunk_bytes: usize, frames: &[Frame]) -> Self {
        Self {
            name,
            what,
            bytes: on_wire(frames),
            chunk_bytes,
            frames: frames.len() as u64,
            read: frames.iter().map(read).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_of_the_lengths_that_are_told() {
        let replies = replies();
        assert!((290..=320).contains(&replies.chunk_bytes), "{replies:?}");
        assert_eq!(replies.bytes.len() % replies.chunk_bytes, 0);
        let mixed = mixed();
        assert!(
            (950_000..1_050_000).contains(&mixed.bytes.len()),
            "{}",
            mixed.bytes.len()
        );
    }
}
