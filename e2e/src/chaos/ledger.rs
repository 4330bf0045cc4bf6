//! What became of the calls.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use warren_contract::Code;

use super::{calls::Kind, lateness::Lateness};

/// How many wrong outcomes are kept in words.
const KEPT_WORDS: usize = 20;

/// What became of one call.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) kind: Kind,
    pub(super) settled: Settled,
    /// When its deadline was.
    pub(super) due: Instant,
    /// When its caller had its outcome.
    pub(super) at: Instant,
}

/// How one call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// With the right value.
    Done,
    /// As a call of its kind may fail.
    Failed(Code),
    /// Otherwise, in words.
    Wrong(String),
    /// Never.
    Hung,
}

/// The calls of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) made: u64,
    pub(super) done: u64,
    /// By code.
    pub(super) failed: BTreeMap<&'static str, u64>,
    pub(super) wrong: u64,
    pub(super) hung: u64,
}

impl Row {
    pub(super) fn enter(&mut self, settled: &Settled) {
        self.made += 1;
        match settled {
            Settled::Done => self.done += 1,
            Settled::Failed(code) => *self.failed.entry(code.as_str()).or_default() += 1,
            Settled::Wrong(_) => self.wrong += 1,
            Settled::Hung => self.hung += 1,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.made += other.made;
        self.done += other.done;
        for (code, count) in &other.failed {
            *self.failed.entry(code).or_default() += count;
        }
        self.wrong += other.wrong;
        self.hung += other.hung;
    }
}

/// The native calls, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) rows: BTreeMap<Kind, Row>,
    /// What was wrong, as far as it is kept.
    pub(super) words: Vec<String>,
    /// From when to when calls were past their deadlines.
    late: Vec<(Instant, Instant)>,
}

/// Where callers enter what became of their calls.
#[derive(Debug)]
pub(super) struct Ledger {
    lateness: Lateness,
    books: Mutex<Books>,
}

impl Ledger {
    pub(super) fn new(lateness: Lateness) -> Self {
        Self {
            lateness,
            books: Mutex::default(),
        }
    }

    pub(super) fn enter(&self, outcome: Outcome) {
        let Outcome {
            kind,
            settled,
            due,
            at,
        } = outcome;
        let mut books = self.books.lock().expect("counting does not panic");
        books.rows.entry(kind).or_default().enter(&settled);
        // One that never settles is no late one.
        if settled != Settled::Hung && at > due {
            books.late.push((due, at));
        }
        if let Settled::Wrong(words) = settled
            && books.words.len() < KEPT_WORDS
        {
            books.words.push(format!("{}: {words}", kind.name()));
        }
    }

    pub(super) fn books(&self) -> Books {
        self.books.lock().expect("counting does not panic").clone()
    }

    /// The longest that a call took past its deadline, less what its client had to wait for a
    /// processor meanwhile.
    pub(super) fn overrun(&self) -> Duration {
        let books = self.books();
        let overruns = books
            .late
            .iter()
            .map(|&(due, at)| (at - due).saturating_sub(self.lateness.between(due, at)));
        overruns.max().unwrap_or_default()
    }

    /// The longest that the client had to wait for a processor.
    pub(super) fn machine_late(&self) -> Duration {
        self.lateness.longest()
    }
}
