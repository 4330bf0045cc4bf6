//! The engine in virtual time, against a broker that does what each test says.

mod acceptance;
mod addresses;
mod calls;
mod connecting;
mod endings;
mod first_ping;
mod network;
mod passcodes;
mod presence;
mod progress;
mod replies;
mod settles;
mod times;
mod unserved;
mod waking;
mod world;

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;
use warren_contract::Pong;
use warren_stomp::{Command, Decoder, Frame, Limits, encode};

use self::world::World;
use super::{Action, Engine, Event, RandomUuids, RawReply, Request, wire::BOUNCE_SUBSCRIPTION};
use crate::{CallError, Config, ConnectionState, Disconnect, Policy, Stage};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Where the broker is unless a test says otherwise.
const URL: &str = "ws://127.0.0.1:15674/ws";

fn online() -> ConnectionState {
    ConnectionState::Online {
        url: URL.to_owned(),
    }
}

fn connecting(attempt: u32) -> ConnectionState {
    ConnectionState::Connecting {
        url: URL.to_owned(),
        attempt,
    }
}

fn request() -> Request {
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

fn patient() -> Request {
    Request {
        policy: Policy::WaitForWorker,
        ..request()
    }
}

fn not_idempotent() -> Request {
    Request {
        idempotent: false,
        ..request()
    }
}

fn within(deadline: Duration) -> Request {
    Request {
        deadline: Some(deadline),
        ..request()
    }
}

fn connected(heart_beat: &str) -> Frame {
    Frame::new(Command::Connected)
        .with_header("version", "1.2")
        .with_header("heart-beat", heart_beat)
}

fn subscribed() -> Frame {
    Frame::new(Command::Receipt).with_header("receipt-id", BOUNCE_SUBSCRIPTION)
}

fn error_frame(message: &str, detail: &str) -> Frame {
    Frame::new(Command::Error)
        .with_header("message", message)
        .with_body(detail)
}

fn message(subscription: &str, id: &str) -> Frame {
    Frame::new(Command::Message)
        .with_header("subscription", subscription)
        .with_header("destination", "/queue/amq.gen-A8NT")
        .with_header("message-id", "1")
        .with_header("correlation-id", id)
}

/// A reply of no particular kind to the call `id`.
fn reply(id: Uuid) -> Frame {
    message("/temp-queue/rpc", &id.to_string())
}

/// What a worker answers to the ping `id`.
fn pong(id: Uuid, worker: &str, draining: bool) -> Frame {
    let pong = Pong {
        id: format!("id of {worker}"),
        name: worker.to_owned(),
        version: "0.1.0".to_owned(),
        procedures: Vec::new(),
        concurrency: 1,
        busy: 0,
        draining,
        served: 0,
        failed: 0,
        uptime_ms: 0,
    };
    let body = serde_json::to_string(&pong).expect("a pong is JSON");
    reply(id).with_header("type", "pong").with_body(body)
}

/// The ping, given back by the broker.
fn bounced_ping(ping: Uuid) -> Frame {
    message(BOUNCE_SUBSCRIPTION, &ping.to_string()).with_header("type", "ping")
}

/// What a Warren worker answers to the call `id`.
fn result(id: Uuid, body: &str) -> Frame {
    reply(id)
        .with_header("type", "result")
        .with_header("x-worker", "hare")
        .with_header("x-compute-us", "5300")
        .with_body(body)
}
