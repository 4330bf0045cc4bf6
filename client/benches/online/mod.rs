//! An engine that is online, and the other end of its socket, in one place and at one time.

use std::time::Duration;

use uuid::Uuid;
use warren_client::{
    Config, Policy,
    engine::{Action, BOUNCE_SUBSCRIPTION, Engine, Event, Request},
};
use warren_contract::Pong;
use warren_stomp::{Command, Decoder, Frame, Limits, encode};

/// When everything happens.
pub(crate) const NOW: Duration = Duration::ZERO;

/// An engine that knows of a worker, and has nothing to do.
pub(crate) fn online() -> Engine {
    let mut last = 0;
    let ids = move || {
        last += 1;
        Uuid::from_u128(last)
    };
    let mut engine = Engine::new(Config::default(), Box::new(ids));
    engine.handle_opened(NOW);
    let connected = Frame::new(Command::Connected).with_header("version", "1.2");
    engine.handle_data(NOW, &encoded(&connected));
    let subscribed = Frame::new(Command::Receipt).with_header("receipt-id", BOUNCE_SUBSCRIPTION);
    engine.handle_data(NOW, &encoded(&subscribed));
    let ping = sent(&mut engine).pop().expect("a ping is sent last");
    assert_eq!(ping.header("type"), Some("ping"));
    answer_ping(&mut engine, NOW, &ping);
    drain(&mut engine);
    engine
}

/// A worker's answer to a ping of the engine's.
pub(crate) fn answer_ping(engine: &mut Engine, now: Duration, ping: &Frame) {
    let pong = Pong {
        id: "0f8b2a64-51c7-4d0e-9a3f-6b2d9e41c870".into(),
        name: "hare".into(),
        version: "0.1.0".into(),
        procedures: Vec::new(),
        concurrency: 2,
        busy: 1,
        draining: false,
        served: 1_000,
        failed: 0,
        uptime_ms: 60_000,
    };
    let id = ping.header("correlation-id").expect("a ping has an id");
    let pong = answer(id, "pong").with_body(serde_json::to_vec(&pong).expect("JSON"));
    engine.handle_data(now, &encoded(&pong));
}

/// A call like those of the page.
pub(crate) fn request() -> Request {
    Request {
        procedure: "fibonacci".into(),
        idempotent: true,
        body: b"30".to_vec(),
        deadline: None,
        policy: Policy::FailFast,
        progress: None,
        traceparent: None,
    }
}

/// So many calls' ids, each with the worker's reply to it as RabbitMQ sends it.
pub(crate) fn calls(count: u128) -> Vec<(Uuid, Vec<u8>)> {
    // Evenly spread over all ids, as random ones are.
    let ids = (1..=count).map(|number| Uuid::from_u128(number.wrapping_mul(u128::MAX / 1_618)));
    ids.map(|id| (id, reply(id))).collect()
}

fn reply(id: Uuid) -> Vec<u8> {
    let reply = answer(&id.to_string(), "result")
        .with_header("x-worker", "hare")
        .with_header("x-compute-us", "5300")
        .with_header("content-type", "application/json")
        .with_body("832040");
    encoded(&reply)
}

fn answer(id: &str, message_type: &str) -> Frame {
    Frame::new(Command::Message)
        .with_header("subscription", "/temp-queue/rpc")
        .with_header("destination", "/queue/amq.gen-A8NT2cQmQx5oBr3mL0pQzw")
        .with_header(
            "message-id",
            "T_/temp-queue/rpc@@session-UGsjm3Dd2a6zGk1PxQ9vTw@@17",
        )
        .with_header("redelivered", "false")
        .with_header("correlation-id", id)
        .with_header("type", message_type)
}

/// All that the engine sends now.
pub(crate) fn sent(engine: &mut Engine) -> Vec<Frame> {
    let mut decoder = Decoder::new(Limits::default());
    let mut frames = Vec::new();
    while let Some(action) = engine.poll_action() {
        if let Action::Send(bytes) = action {
            let mut bytes = bytes.as_slice();
            while let Some(frame) = decoder.decode(&mut bytes).expect("the engine's frames") {
                frames.push(frame);
            }
        }
    }
    frames
}

/// Carries out all actions and delivers all events, to nobody; gives how many calls settled.
pub(crate) fn drain(engine: &mut Engine) -> usize {
    let mut settled = 0;
    while let Some(action) = engine.poll_action() {
        std::hint::black_box(action);
    }
    while let Some(event) = engine.poll_event() {
        settled += usize::from(matches!(event, Event::Settled { .. }));
        std::hint::black_box(event);
    }
    std::hint::black_box(engine.poll_timeout());
    settled
}

fn encoded(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes);
    bytes.push(b'\n');
    bytes
}
