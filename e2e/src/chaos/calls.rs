//! Native calls of all kinds, and what may become of each.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fastrand::Rng;
use tokio::{
    select,
    task::JoinHandle,
    time::{sleep, timeout},
};
use warren_client::{Call, CallError, CallOptions, Client, Policy, Reply, Stage};
use warren_contract::{Code, Fibonacci, Procedure, Progress};

use super::{
    Pace,
    ledger::{Ledger, Outcome, Settled},
};
use crate::fibonacci;

/// How long after its deadline a call is given up as one that never settles.
const HUNG_AFTER: Duration = Duration::from_secs(20);

/// The largest n of those that take no time to speak of.
const SHORT_N: u64 = 20;

/// What a long call takes to compute.
const LONG: Duration = Duration::from_millis(400);

/// How often a long call's progress is asked for.
const PROGRESS: Duration = Duration::from_millis(50);

/// A call as one sort of user makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Computed in no time; fails at once if there is no worker.
    Short,
    /// Computed in no time; waits for a worker, with a deadline longer than any disturbance.
    Patient,
    /// Takes a while, and tells its progress.
    Long,
    /// Would take a while, but is cancelled at some point.
    GivenUp,
    /// Has a deadline that it rarely makes.
    Hurried,
    /// Must not be sent twice.
    Once,
    /// Asks for more than a worker serves.
    TooLarge,
}

impl Kind {
    /// How many callers make calls of this kind, one after the other.
    const CALLERS: [(Self, usize); 7] = [
        (Self::Short, 8),
        (Self::Patient, 4),
        (Self::Long, 2),
        (Self::GivenUp, 2),
        (Self::Hurried, 2),
        (Self::Once, 4),
        (Self::TooLarge, 1),
    ];

    /// What it is called in the report.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Patient => "waits for a worker",
            Self::Long => "long, with progress",
            Self::GivenUp => "cancelled",
            Self::Hurried => "short deadline",
            Self::Once => "not idempotent",
            Self::TooLarge => "out of range",
        }
    }

    fn n(self, rng: &mut Rng, pace: Pace) -> u64 {
        match self {
            Self::Short | Self::Patient | Self::Once => rng.u64(..=SHORT_N),
            Self::Long | Self::GivenUp | Self::Hurried => pace.n_for(LONG),
            Self::TooLarge => Fibonacci::DEFAULT_MAX_N + 1,
        }
    }

    fn options(self, rng: &mut Rng) -> CallOptions {
        let deadline = match self {
            Self::Patient => Duration::from_secs(60),
            Self::Hurried => Duration::from_millis(rng.u64(10..=400)),
            _ => Duration::from_secs(10),
        };
        let (policy, progress) = match self {
            Self::Patient => (Policy::WaitForWorker, None),
            Self::Long | Self::GivenUp => (Policy::FailFast, Some(PROGRESS)),
            _ => (Policy::FailFast, None),
        };
        CallOptions {
            deadline: Some(deadline),
            policy,
            progress,
            traceparent: None,
        }
    }

    /// When it is cancelled.
    fn patience(self, rng: &mut Rng) -> Option<Duration> {
        (self == Self::GivenUp).then(|| Duration::from_millis(rng.u64(..=600)))
    }

    fn pause(self, rng: &mut Rng) -> Duration {
        let longest = match self {
            Self::Long | Self::GivenUp | Self::Hurried => 1500,
            _ => 150,
        };
        Duration::from_millis(rng.u64(..=longest))
    }

    /// Whether a call of this kind may fail so, where anything but Warren may fail.
    fn may_fail_as(self, code: Code) -> bool {
        match code {
            Code::Unavailable | Code::DeadlineExceeded => true,
            Code::Cancelled => self == Self::GivenUp,
            Code::OutOfRange => self == Self::TooLarge,
            _ => false,
        }
    }

    fn judge(self, n: u64, outcome: Result<Reply<u64>, CallError>) -> Settled {
        match outcome {
            Ok(_) if self == Self::TooLarge => Settled::Wrong(format!("fib({n}) was computed")),
            Ok(reply) if reply.value == fibonacci(n) => Settled::Done,
            Ok(reply) => Settled::Wrong(format!("fib({n}) is not {}", reply.value)),
            Err(error) if self.may_fail_as(error.code()) => Settled::Failed(error.code()),
            Err(error) => Settled::Wrong(format!("{}: {error}", error.code())),
        }
    }
}

/// Starts all callers. Each makes calls until the time `until`, and waits for the last one.
pub(super) fn start(
    client: &Client,
    rng: &mut Rng,
    pace: Pace,
    until: Instant,
    ledger: &Arc<Ledger>,
) -> Vec<JoinHandle<()>> {
    let kinds = Kind::CALLERS
        .into_iter()
        .flat_map(|(kind, callers)| std::iter::repeat_n(kind, callers));
    kinds
        .map(|kind| {
            let caller = Caller {
                kind,
                client: client.clone(),
                rng: rng.fork(),
                pace,
                ledger: Arc::clone(ledger),
            };
            tokio::spawn(caller.call_until(until))
        })
        .collect()
}

struct Caller {
    kind: Kind,
    client: Client,
    rng: Rng,
    pace: Pace,
    ledger: Arc<Ledger>,
}

impl Caller {
    async fn call_until(mut self, until: Instant) {
        while Instant::now() < until {
            if self.kind == Kind::Once {
                self.call::<NotIdempotent>().await;
            } else {
                self.call::<Fibonacci>().await;
            }
            sleep(self.kind.pause(&mut self.rng)).await;
        }
    }

    /// Makes one call, and writes down what became of it.
    async fn call<P: Procedure<Request = u64, Response = u64>>(&mut self) {
        let n = self.kind.n(&mut self.rng, self.pace);
        let options = self.kind.options(&mut self.rng);
        let deadline = options.deadline.expect("every kind has one");
        let patience = self.kind.patience(&mut self.rng);

        let made = Instant::now();
        let call = self.client.call_with::<P>(n, options);
        let settling = timeout(deadline + HUNG_AFTER, settle(call, patience));
        let settled = match settling.await {
            Ok((_, Some(backwards))) => Settled::Wrong(backwards),
            Ok((outcome, None)) => self.kind.judge(n, outcome),
            Err(_) => Settled::Hung,
        };
        self.ledger.enter(Outcome {
            kind: self.kind,
            settled,
            due: made + deadline,
            at: Instant::now(),
        });
    }
}

/// Awaits a call, cancels it when that is wanted, and watches its progress: what is wrong with
/// that comes beside the outcome.
async fn settle<P: Procedure>(
    mut call: Call<P>,
    patience: Option<Duration>,
) -> (Result<Reply<P::Response>, CallError>, Option<String>) {
    let mut stages = call.stage();
    let mut furthest = None;
    let mut wrong = None;
    let cancel = async {
        match patience {
            Some(patience) => sleep(patience).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(cancel);
    let mut cancelled = false;
    loop {
        let changed = async {
            match &mut stages {
                Some(stages) => stages
                    .changed()
                    .await
                    .is_ok()
                    .then(|| stages.borrow().clone()),
                None => None,
            }
        };
        select! {
            outcome = &mut call => return (outcome, wrong),
            () = &mut cancel, if !cancelled => {
                cancelled = true;
                call.cancel();
            }
            Some(stage) = changed => {
                if let Stage::Running { progress: Some(progress), .. } = stage {
                    if !follows(furthest, progress) {
                        wrong.get_or_insert(format!("{progress:?} came after {furthest:?}"));
                    }
                    furthest = Some(progress);
                }
            }
        }
    }
}

/// Whether progress may follow what was known of the same call. Between the two, the call may have
/// lost its connection, or its worker.
fn follows(before: Option<Progress>, now: Progress) -> bool {
    let share = |progress: Progress| progress.done as f64 / progress.total as f64;
    now.done <= now.total && before.is_none_or(|before| share(before) <= share(now))
}

/// Fibonacci as one who knows nothing of it would call it: it may have been served, or not.
enum NotIdempotent {}

impl Procedure for NotIdempotent {
    const NAME: &'static str = Fibonacci::NAME;
    const IDEMPOTENT: bool = false;
    type Request = u64;
    type Response = u64;
}
