//! Calls that are made all the time, while something else happens.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};
use warren_client::{CallOptions, Client, Policy};
use warren_contract::Fibonacci;

use crate::{PATIENCE, fibonacci, until};

/// How many callers there are.
const CALLERS: usize = 8;

/// The largest n that is called: most calls take no time to speak of, some a few milliseconds.
const LARGEST_N: u64 = 30;

/// The most that a caller waits from one call to the next.
const LONGEST_PAUSE_MS: u64 = 20;

/// How long after its deadline a call is given up as one that never settles.
const HUNG_AFTER: Duration = Duration::from_secs(20);

/// Whatever is disturbed is to be over long before.
const OPTIONS: CallOptions = CallOptions {
    deadline: Some(PATIENCE),
    policy: Policy::WaitForWorker,
    progress: None,
    traceparent: None,
};

/// Some callers, each of whom makes one idempotent call after the other; each call must succeed,
/// with what is right.
#[derive(Debug)]
pub struct Traffic {
    callers: Vec<JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    /// In the order in which they succeeded.
    calls: Mutex<Vec<Succeeded>>,
}

#[derive(Clone, Copy, Debug)]
struct Succeeded {
    caller: usize,
    made: Instant,
    at: Instant,
}

/// How long the traffic was held up by what happened meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct HeldUp {
    /// The longest time in which no call came back.
    pub stall: Duration,
    /// The longest that a call took which came back meanwhile.
    pub call: Duration,
}

impl Traffic {
    /// Starts it. `client` must not be closed before [`Traffic::stop`].
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let shared = Arc::new(Shared::default());
        let caller = |number| {
            tokio::spawn(call_until_stopped(
                number,
                client.clone(),
                Arc::clone(&shared),
            ))
        };
        Self {
            callers: (0..CALLERS).map(caller).collect(),
            shared,
        }
    }

    /// Returns when each caller has had success with a call that it made from now on; says for how
    /// long the traffic was held up since `begin`.
    ///
    /// # Panics
    /// It takes longer than two deadlines, or a call has failed.
    pub async fn flows(&self, begin: Instant) -> HeldUp {
        let now = Instant::now();
        until("calls succeed", 2 * PATIENCE, async || {
            let failed = self.callers.iter().any(JoinHandle::is_finished);
            assert!(!failed, "a call has failed; see above");
            let calls = self.shared.calls();
            (0..CALLERS).all(|caller| {
                let newest_first = calls.iter().rev();
                let mut since = newest_first.take_while(|call| call.at >= now);
                since.any(|call| call.caller == caller && call.made >= now)
            })
        })
        .await;
        self.shared.held_up(begin)
    }

    /// Lets each caller finish its last call, and says how many succeeded.
    ///
    /// # Panics
    /// A call failed, or never settled.
    pub async fn stop(self) -> usize {
        self.shared.stopping.store(true, Ordering::SeqCst);
        for caller in self.callers {
            caller.await.expect("every call succeeds");
        }
        self.shared.calls().len()
    }
}

impl Shared {
    fn calls(&self) -> std::sync::MutexGuard<'_, Vec<Succeeded>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_up(&self, begin: Instant) -> HeldUp {
        let calls = self.calls();
        let since: Vec<_> = calls.iter().filter(|call| call.at >= begin).collect();
        let starts = std::iter::once(begin).chain(since.iter().map(|call| call.at));
        let gaps = starts
            .zip(&since)
            .map(|(from, to)| to.at.saturating_duration_since(from));
        let took = since.iter().map(|call| call.at - call.made);
        HeldUp {
            stall: gaps.max().unwrap_or_default(),
            call: took.max().unwrap_or_default(),
        }
    }
}

async fn call_until_stopped(caller: usize, client: Client, shared: Arc<Shared>) {
    while !shared.stopping.load(Ordering::SeqCst) {
        let n = fastrand::u64(..=LARGEST_N);
        let made = Instant::now();
        let call = client.call_with::<Fibonacci>(n, OPTIONS);
        let Ok(settled) = timeout(PATIENCE + HUNG_AFTER, call).await else {
            panic!("fib({n}) never settled");
        };
        match settled {
            Ok(reply) => assert_eq!(reply.value, fibonacci(n), "fib({n})"),
            Err(error) => panic!("fib({n}) after {:.1?}: {error}", made.elapsed()),
        }
        let at = Instant::now();
        shared.calls().push(Succeeded { caller, made, at });
        sleep(Duration::from_millis(fastrand::u64(..=LONGEST_PAUSE_MS))).await;
    }
}
