//! What a worker did, in requests.

use std::{fmt, ops::AddAssign};

use warren_contract::Code;

/// What a worker did, in requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answered with a result.
    pub served: u64,
    /// Answered with a fault.
    pub faulted: u64,
    /// Answered, but the caller's reply queue was gone.
    pub callers_gone: u64,
    /// Dropped, because they named no reply queue.
    pub unanswerable: u64,
    /// Dropped, or stopped while they ran, because their time was over.
    pub expired: u64,
    /// Dropped, or stopped while they ran, because their callers gave up.
    pub cancelled: u64,
    /// Of those served, faulted and whose callers were gone: those that waited for the computation
    /// of another request of the same call.
    pub joined: u64,
    /// Of those served, faulted and whose callers were gone: those of calls that had been answered
    /// before.
    pub remembered: u64,
    /// Computations begun, whatever became of them.
    pub computed: u64,
    /// Not settled here: left to the broker for another delivery, or given up after the broker
    /// refused the reply twice.
    pub given_back: u64,
}

/// How a request was settled with the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Settled {
    Served,
    /// With any code but `cancelled`: a handler that says so has seen that its caller gave up.
    Faulted(Code),
    CallerGone,
    Unanswerable,
    Expired,
    Cancelled,
    GivenBack,
}

impl Settled {
    /// How a request is settled whose caller was told of a fault with this code.
    pub(crate) fn faulted(code: Code) -> Self {
        match code {
            Code::Cancelled => Self::Cancelled,
            code => Self::Faulted(code),
        }
    }

    /// All ways to settle a request.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let others = [
            Self::Served,
            Self::CallerGone,
            Self::Unanswerable,
            Self::Expired,
            Self::Cancelled,
            Self::GivenBack,
        ];
        let codes = Code::ALL
            .into_iter()
            .filter(|code| *code != Code::Cancelled);
        others.into_iter().chain(codes.map(Self::Faulted))
    }

    /// Its name in metrics and traces.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Served => "ok",
            Self::Faulted(code) => code.as_str(),
            Self::CallerGone => "caller_gone",
            Self::Unanswerable => "unanswerable",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::GivenBack => "given_back",
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The request itself says that it cannot be served.
    Request,
    /// It was computed for this request.
    Computation,
    /// It was computed for another request of the same call.
    OthersComputation,
    /// The call had been answered before.
    Memory,
}

/// What is not zero.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.served, "served"),
            (self.faulted, "faulted"),
            (self.expired, "expired"),
            (self.cancelled, "cancelled"),
            (self.callers_gone, "whose callers had gone"),
            (self.unanswerable, "unanswerable"),
            (self.given_back, "given back"),
            (self.computed, "computed"),
            (self.joined, "joined"),
            (self.remembered, "remembered"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        match counts[..] {
            [] => f.write_str("no requests"),
            _ => f.write_str(&counts.join(", ")),
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        let Self {
            served,
            faulted,
            callers_gone,
            unanswerable,
            expired,
            cancelled,
            joined,
            remembered,
            computed,
            given_back,
        } = other;
        self.served += served;
        self.faulted += faulted;
        self.callers_gone += callers_gone;
        self.unanswerable += unanswerable;
        self.expired += expired;
        self.cancelled += cancelled;
        self.joined += joined;
        self.remembered += remembered;
        self.computed += computed;
        self.given_back += given_back;
    }
}

impl Tally {
    /// Where requests that are settled so are counted.
    pub(crate) fn counter(&mut self, settled: Settled) -> &mut u64 {
        match settled {
            Settled::Served => &mut self.served,
            Settled::Faulted(_) => &mut self.faulted,
            Settled::CallerGone => &mut self.callers_gone,
            Settled::Unanswerable => &mut self.unanswerable,
            Settled::Expired => &mut self.expired,
            Settled::Cancelled => &mut self.cancelled,
            Settled::GivenBack => &mut self.given_back,
        }
    }
}
