//! Calls from the page, judged by its list of them.

use std::{
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use fastrand::Rng;
use tokio::runtime::Runtime;
use warren_contract::Code;

use super::{
    LAST_N, Pace,
    ledger::{Row, Settled},
};
use crate::{Browser, CallRow, Key, PATIENCE, fibonacci};

/// The most calls that are made, however long it takes.
const MOST_CALLS: u32 = 1_000;

/// The least between two calls: as fast as a person who is in a hurry.
const LEAST_PAUSE: Duration = Duration::from_millis(500);

/// The longest deadline that is filled in, in seconds.
const LONGEST_DEADLINE_S: u64 = 20;

/// The largest n of those that take no time to speak of.
const SHORT_N: u64 = 20;

/// What a long call takes to compute.
const LONG: Duration = Duration::from_millis(400);

/// What became of the page's calls.
#[derive(Debug, Default)]
pub(super) struct PageCalls {
    pub(super) row: Row,
    /// What was wrong.
    pub(super) words: Vec<String>,
}

/// An open page that calls can be made from.
pub(super) struct Page {
    runtime: Runtime,
    browser: Browser,
}

/// A page from which calls are made.
pub(super) struct Calling(JoinHandle<PageCalls>);

/// Opens the page at `url`, and returns when it is online.
pub(super) fn open(url: &str) -> Page {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a thread for the browser");
    let browser = runtime.block_on(async {
        let browser = Browser::open(url).await;
        browser.wait_until("online").await;
        browser
    });
    Page { runtime, browser }
}

impl Page {
    /// Makes calls until the time `until`, and then waits until all have settled.
    pub(super) fn call_until(self, until: Instant, rng: Rng, pace: Pace) -> Calling {
        let Self { runtime, browser } = self;
        Calling(thread::spawn(move || {
            runtime.block_on(call_until(browser, until, rng, pace))
        }))
    }
}

impl Calling {
    /// What became of the calls, once all have settled.
    pub(super) fn calls(self) -> PageCalls {
        self.0
            .join()
            .expect("the page's calls can be made and seen")
    }
}

async fn call_until(browser: Browser, until: Instant, mut rng: Rng, pace: Pace) -> PageCalls {
    let left = until.saturating_duration_since(Instant::now());
    let pause = LEAST_PAUSE.max(left / MOST_CALLS);
    let mut made = 0;
    while Instant::now() < until {
        let long = rng.u8(..10) < 3;
        let n = if long {
            pace.n_for(LONG)
        } else {
            rng.u64(..=SHORT_N)
        };
        if made % 10 == 0 {
            let seconds = rng.u64(1..=LONGEST_DEADLINE_S);
            browser.fill("deadline", &format!("{seconds}s")).await;
        }
        browser.fill("n", &n.to_string()).await;
        browser.click("call").await;
        made += 1;
        if long && rng.bool() {
            browser.press(Key::Escape, "n").await;
        }
        tokio::time::sleep(pause).await;
    }

    let settled_by = Instant::now() + Duration::from_secs(LONGEST_DEADLINE_S) + PATIENCE;
    let mut rows = browser.rows().await;
    while rows.iter().any(is_pending) && Instant::now() < settled_by {
        tokio::time::sleep(LEAST_PAUSE).await;
        rows = browser.rows().await;
    }
    let mut calls = PageCalls::default();
    if rows.len() != made {
        calls
            .words
            .push(format!("{} rows of {made} calls", rows.len()));
    }
    for row in rows {
        let settled = judge(&row);
        calls.row.enter(&settled);
        if let Settled::Wrong(words) = settled {
            calls.words.push(format!("page: {words}"));
        }
    }

    browser
        .fill("deadline", &format!("{}s", PATIENCE.as_secs()))
        .await;
    let last = browser.call(&LAST_N.to_string()).await;
    assert_eq!(last, fibonacci(LAST_N).to_string(), "all is well again");
    browser.close().await;
    calls
}

fn is_pending(call: &CallRow) -> bool {
    ["waiting", "queued", "running"].contains(&call.state.as_str())
}

fn judge(call: &CallRow) -> Settled {
    let code = call.code.as_deref().and_then(|code| code.parse().ok());
    match (call.state.as_str(), code) {
        ("done", _) if call.value == Some(fibonacci(call.n)) => Settled::Done,
        ("cancelled", _) => Settled::Failed(Code::Cancelled),
        ("failed", Some(code @ (Code::Unavailable | Code::DeadlineExceeded))) => {
            Settled::Failed(code)
        }
        _ if is_pending(call) => Settled::Hung,
        _ => Settled::Wrong(format!("{call:?}")),
    }
}
