//! What Warren adds to a round trip over Web-STOMP.

mod bare;

use std::time::Instant;

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use warren_client::{Client, Direction, WireFrame, WireKind};
use warren_contract::{Fibonacci, Procedure};
use warren_e2e::Stack;
use warren_stomp::{Command, Frame, encode};

use self::bare::Bare;
use super::quiet_worker;
use crate::{Bench, Contest, Goal, Metric, Section};

/// How many calls a turn consists of, one at a time.
const CALLS: usize = 1_000;

/// How many come before, and are not measured.
const WARM_UP: usize = 100;

/// Which Fibonacci number is asked for. Nothing has to be computed for it, and it is itself.
const N: u64 = 1;

const BARE: &str = "bare socket";
const LIBRARY: &str = "`warren-client`";
const COMMAND: &str = "`warren load`";

/// Measures it.
pub(super) fn measure(bench: &Bench) -> Section {
    let stack = Stack::shared();
    let _worker = quiet_worker(&stack);
    // The runtime that the `warren` command has.
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let client = runtime.block_on(async { stack.client() });
    let mut bare = Bare::connect(&stack.config(), &request(&runtime, &client));

    let metrics = ["p50", "p99"].map(|name| Metric::new(name, "ms"));
    let mut contest = Contest::new(bench.rounds(), metrics);
    contest.enter(BARE, || runtime.block_on(percentiles(async || bare.call())));
    contest.enter(LIBRARY, || {
        runtime.block_on(percentiles(async || {
            let reply = client.call::<Fibonacci>(N).await;
            assert_eq!(reply.expect("a reply").value, N);
        }))
    });
    contest.enter(COMMAND, || load(&stack));
    let outcome = contest.run();

    let (bytes, answer) = (bare.request_bytes(), bare.answer_bytes());
    let goal = |contestant| Goal::at_most("p50", contestant, 1.1, BARE);
    Section::new("latency", "What Warren adds to a round trip")
        .note(&format!(
            "fib({N}) over Web-STOMP, {CALLS} calls a round, one at a time; one broker, one worker. \
             The bare socket is a blocking one, on which the very bytes that Warren sends for a \
             call are written ({bytes} with the WebSocket's frame), and read until the frame of \
             the answer is complete ({answer}); of what it reads, it looks at the length alone. \
             {COMMAND} tells the time from sending to receiving, the others what the caller waits."
        ))
        .contest(&outcome, [goal(LIBRARY), goal(COMMAND)])
}

/// The request that Warren sends for a call, as it is on the wire.
fn request(runtime: &Runtime, client: &Client) -> Vec<u8> {
    let is_request = |frame: &WireFrame| {
        frame.direction == Direction::Sent
            && frame.kind == WireKind::Frame(Command::Send)
            && frame.headers.get("type") == Some(Fibonacci::NAME)
    };
    let sent = runtime.block_on(async {
        let mut wire = client.wire();
        let reply = client.call::<Fibonacci>(N).await;
        assert_eq!(reply.expect("a reply").value, N);
        loop {
            let frame = wire.recv().await.expect("the call was on the wire");
            if is_request(&frame) {
                break frame;
            }
        }
    });
    let mut bytes = Vec::new();
    let frame = Frame {
        command: Command::Send,
        headers: sent.headers.clone(),
        body: sent.body.clone(),
    };
    encode(&frame, &mut bytes);
    assert_eq!(bytes.len(), sent.bytes, "it is what was sent");
    bytes
}

/// Makes the calls of a turn, and gives the percentiles of what they took, in milliseconds.
async fn percentiles(mut call: impl AsyncFnMut()) -> Vec<f64> {
    for _ in 0..WARM_UP {
        call().await;
    }
    let mut took = Vec::new();
    for _ in 0..CALLS {
        let begin = Instant::now();
        call().await;
        took.push(begin.elapsed().as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    vec![took[CALLS / 2], took[CALLS * 99 / 100]]
}

/// The same as `warren load` tells it.
fn load(stack: &Stack) -> Vec<f64> {
    let (count, n) = (CALLS.to_string(), N.to_string());
    let arguments = [
        "load",
        "--json",
        "--in-flight",
        "1",
        "--count",
        &count,
        "--n",
        &n,
    ];
    let output = stack.warren(&arguments);
    let told: Value = serde_json::from_slice(&output.stdout).expect("it tells JSON");
    assert_eq!(told["done"], CALLS, "{told}");
    ["p50_ms", "p99_ms"]
        .map(|name| told[name].as_f64().expect("a number"))
        .into()
}
