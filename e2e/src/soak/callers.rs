//! Makes the calls, and judges what becomes of each.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::Sender,
    },
    time::Duration,
};

use tokio::{task::JoinSet, time::timeout};
use warren_client::{CallError, CallOptions, Client, Policy};
use warren_contract::Fibonacci;

use super::Options;
use crate::{PATIENCE, fibonacci};

/// The numbers asked for are below this: computing them takes no time to speak of.
const SMALL_N: u64 = 16;

/// How long after its deadline a call is given up as one that never settles.
const HUNG_AFTER: Duration = Duration::from_secs(20);

/// How many of the wrong outcomes are kept in words.
const MOST_WORDS: usize = 10;

/// What became of the calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Answered with what is right.
    pub(super) right: u64,
    /// Answered with what is not.
    pub(super) wrong: u64,
    /// Failed, by code.
    pub(super) failed: BTreeMap<&'static str, u64>,
    /// Not settled by its deadline.
    pub(super) hung: u64,
    /// What was the matter with the first of those that are not right.
    pub(super) words: Vec<String>,
}

/// Makes all calls, some at a time. `reached` is told how many have settled, at each multiple of
/// the warm-up and at the end.
pub(super) async fn call(client: Client, options: Options, reached: Sender<u64>) -> Tally {
    let made = Arc::new(AtomicU64::new(0));
    let settled = Arc::new(AtomicU64::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..options.in_flight {
        let (client, reached) = (client.clone(), reached.clone());
        let (made, settled) = (Arc::clone(&made), Arc::clone(&settled));
        callers.spawn(async move {
            let mut tally = Tally::default();
            loop {
                let number = made.fetch_add(1, Relaxed);
                if number >= options.calls {
                    return tally;
                }
                call_once(&client, number % SMALL_N, &mut tally).await;
                let settled = 1 + settled.fetch_add(1, Relaxed);
                if settled.is_multiple_of(options.warm_up) || settled == options.calls {
                    // Whoever does not listen does not want to know.
                    let _ = reached.send(settled);
                }
            }
        });
    }
    let mut all = Tally::default();
    while let Some(tally) = callers.join_next().await {
        all.add(tally.expect("a caller does not panic"));
    }
    all
}

async fn call_once(client: &Client, n: u64, tally: &mut Tally) {
    let options = CallOptions {
        deadline: Some(PATIENCE),
        policy: Policy::FailFast,
        progress: None,
        traceparent: None,
    };
    let call = client.call_with::<Fibonacci>(n, options);
    match timeout(PATIENCE + HUNG_AFTER, call).await {
        Ok(Ok(reply)) if reply.value == fibonacci(n) => tally.right += 1,
        Ok(Ok(reply)) => {
            tally.wrong += 1;
            tally.say(|| format!("fib({n}) is not {}", reply.value));
        }
        Ok(Err(error)) => tally.fail(&error),
        Err(_) => {
            tally.hung += 1;
            tally.say(|| format!("no outcome of fib({n}) after its deadline"));
        }
    }
}

impl Tally {
    fn fail(&mut self, error: &CallError) {
        *self.failed.entry(error.code().as_str()).or_default() += 1;
        self.say(|| format!("{}: {error}", error.code()));
    }

    fn say(&mut self, words: impl FnOnce() -> String) {
        if self.words.len() < MOST_WORDS {
            self.words.push(words());
        }
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.hung += other.hung;
        for (code, count) in other.failed {
            *self.failed.entry(code).or_default() += count;
        }
        for words in other.words {
            self.say(|| words);
        }
    }
}
