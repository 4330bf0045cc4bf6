//! Arbitrary requests, and a worker that takes them all.
//!
//! `WARREN_FUZZ_REQUESTS` says how many, `WARREN_FUZZ_SEED` repeats a run that failed.

mod message;

use std::{collections::HashMap, env, time::Instant};

use tokio::time::timeout;

use self::message::Messages;
use crate::{
    caller::{Caller, kind},
    process::Program,
    raw::Raw,
    stage::{LIMIT, QUEUE, stage},
};

/// How many are published at once.
const BATCH: usize = 200;

/// By how much the worker's memory may grow in the second half, in KiB: by what it may remember
/// for those that come again, if it does not know so much yet.
const GROWTH_KIB: u64 = 16 << 10;

#[tokio::test(flavor = "multi_thread")]
async fn arbitrary_requests_are_all_settled() {
    let requests: usize = variable("WARREN_FUZZ_REQUESTS").unwrap_or(2_000);
    let seed = variable("WARREN_FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    eprintln!("WARREN_FUZZ_SEED={seed}");
    let url = stage("fuzz");
    let arguments = ["--amqp", &url, "--max-n", "20", "--prefetch", "64"];
    let mut worker = Program::worker(&arguments);
    worker.says("Awaiting RPC requests").await;
    let mut caller = Caller::connect(&url).await;
    let mut raw = Raw::connect(&url).await;
    let mut messages = Messages::new(seed, caller.reply_queue.as_str());
    let mut unanswered = HashMap::new();

    let begun = Instant::now();
    let mut warm = None;
    for batch in 0..requests.div_ceil(BATCH) {
        for _ in 0..BATCH {
            let message = messages.next();
            raw.publish(
                message.exchange,
                &message.routing_key,
                &message.properties,
                &message.body,
            )
            .await;
            if let Some(id) = message.answered {
                unanswered.insert(id, message.properties);
            }
        }
        raw.confirmed().await;
        hear(&mut caller, &mut unanswered).await;
        if batch == requests / BATCH / 2 {
            warm = Some(worker.memory_kib());
        }
    }
    caller.until_waiting(0).await;
    let (warm, end) = (warm.expect("it was looked at"), worker.memory_kib());
    eprintln!(
        "{requests} requests in {:.1?}; from {warm} to {end} KiB",
        begun.elapsed()
    );
    assert!(end <= warm + GROWTH_KIB, "from {warm} to {end} KiB");

    worker.signal("TERM");
    let (status, log) = worker.end().await;
    assert_eq!(status.code(), Some(0));
    let log = log.join("\n");
    assert!(!log.contains("no connection"), "{log}");
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are settled");
}

/// Hears answers until all that must come have come.
async fn hear<T: std::fmt::Debug>(caller: &mut Caller, unanswered: &mut HashMap<String, T>) {
    let heard = timeout(LIMIT, async {
        while !unanswered.is_empty() {
            let reply = caller.reply().await;
            let id = reply.properties.correlation_id().as_ref();
            if let Some(id) = id
                && !["started", "progress"].contains(&kind(&reply))
            {
                unanswered.remove(id.as_str());
            }
        }
    });
    if heard.await.is_err() {
        panic!("{} were not answered: {unanswered:?}", unanswered.len());
    }
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number")),
    )
}
