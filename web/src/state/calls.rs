//! The calls that were made, newest first.

use std::{collections::VecDeque, rc::Rc, time::Duration};

use uuid::Uuid;
use warren_client::{Stage, Times};
use warren_contract::Code;

use super::Timestamp;
use crate::input::CallRequest;

/// How many calls are remembered. Pending ones beyond that are kept until they settle, which
/// they do by their deadlines.
const REMEMBERED: usize = 10_000;

/// One call, pending or settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallRecord {
    /// Its correlation id.
    pub(crate) id: Uuid,
    /// What was asked for.
    pub(crate) request: CallRequest,
    /// Who asked.
    pub(crate) origin: Origin,
    /// When it was made.
    pub(crate) made: Timestamp,
    /// Where it is, or was when it settled.
    pub(crate) stage: Stage,
    /// What became of it, and when; `None` while it is pending.
    pub(crate) settled: Option<(Timestamp, Outcome)>,
}

/// Who made a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A person, by the form or by repeating a call.
    Form,
    /// A batch.
    Batch,
    /// This page before it was loaded again.
    History {
        /// Whether it was one of a batch then.
        batch: bool,
    },
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A worker replied.
    Done(Done),
    /// There is no reply, and there will be none.
    Failed {
        /// The kind of failure.
        code: Code,
        /// What happened, as a sentence.
        words: String,
        /// Whether it failed because no worker was there.
        unserved: bool,
    },
    /// The user gave it up.
    Cancelled,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// The Fibonacci number.
    pub(crate) value: u64,
    /// The worker's name, if it gave one.
    pub(crate) worker: Option<String>,
    /// How long the worker computed, if it said so.
    pub(crate) compute: Option<Duration>,
    /// From sending the request to receiving the reply.
    pub(crate) round_trip: Duration,
    /// What the round trip consists of, as far as that is known.
    pub(crate) times: Option<Times>,
}

/// A call's state as its row shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowState {
    /// It waits for the connection, or to hear that there is a worker.
    Waiting,
    /// It was sent. A server of the tutorials may compute it, as those do not tell.
    Queued,
    /// A worker computes it.
    Running,
    /// It has its reply.
    Done,
    /// It failed.
    Failed,
    /// The user gave it up.
    Cancelled,
}

impl CallRecord {
    /// The call's state.
    pub(crate) const fn state(&self) -> RowState {
        match (&self.settled, &self.stage) {
            (None, Stage::Waiting) => RowState::Waiting,
            (None, Stage::Queued) => RowState::Queued,
            (None, Stage::Running { .. }) => RowState::Running,
            (Some((_, Outcome::Done(_))), _) => RowState::Done,
            (Some((_, Outcome::Failed { .. })), _) => RowState::Failed,
            (Some((_, Outcome::Cancelled)), _) => RowState::Cancelled,
        }
    }

    /// Whether it is not settled yet.
    pub(crate) const fn is_pending(&self) -> bool {
        self.settled.is_none()
    }

    /// Whether a batch made it.
    pub(crate) const fn is_of_batch(&self) -> bool {
        matches!(self.origin, Origin::Batch | Origin::History { batch: true })
    }

    /// What became of it.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.settled.as_ref().map(|(_, outcome)| outcome)
    }

    /// The reply, if that is what became of it.
    pub(crate) fn reply(&self) -> Option<&Done> {
        match self.outcome() {
            Some(Outcome::Done(done)) => Some(done),
            _ => None,
        }
    }
}

impl RowState {
    /// The state's name, for styles, tests and files.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state in words.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "not sent yet",
            Self::Queued => "sent",
            Self::Running => "computing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The calls that are remembered, and which of them is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallLog {
    newest_first: VecDeque<Rc<CallRecord>>,
    selected: Option<Uuid>,
}

impl CallLog {
    /// All of them, newest first.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Rc<CallRecord>> + Clone {
        self.newest_first.iter()
    }

    /// The call that a person made last.
    pub(crate) fn newest(&self) -> Option<&Rc<CallRecord>> {
        self.iter().find(|call| call.origin == Origin::Form)
    }

    /// Of the pending calls, the one that a person made last.
    pub(crate) fn newest_pending(&self) -> Option<&Rc<CallRecord>> {
        self.iter()
            .find(|call| call.origin == Origin::Form && call.is_pending())
    }

    /// The call under this correlation id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&Rc<CallRecord>> {
        self.iter().find(|call| call.id == id)
    }

    /// The call that is looked at, here and in the other parts of the page.
    pub(crate) const fn selected(&self) -> Option<Uuid> {
        self.selected
    }

    /// Looks at a call, or at none.
    pub(crate) fn select(&mut self, id: Option<Uuid>) {
        self.selected = id;
    }

    /// A call was made.
    pub(crate) fn made(&mut self, call: CallRecord) {
        self.newest_first.push_front(Rc::new(call));
        self.forget_the_oldest();
    }

    /// A call that is pending came to another stage.
    pub(crate) fn staged(&mut self, id: Uuid, stage: Stage) {
        if let Some(call) = self.get_mut(id) {
            call.stage = stage;
        }
    }

    /// A call settled.
    pub(crate) fn settled(&mut self, id: Uuid, at: Timestamp, outcome: Outcome) {
        if let Some(call) = self.get_mut(id) {
            call.settled = Some((at, outcome));
        }
        self.forget_the_oldest();
    }

    /// Adds calls of earlier times, newest first, behind those that are there.
    pub(crate) fn restore(&mut self, calls: impl IntoIterator<Item = CallRecord>) {
        self.newest_first.extend(calls.into_iter().map(Rc::new));
        self.forget_the_oldest();
    }

    /// Forgets all settled calls.
    pub(crate) fn clear(&mut self) {
        self.newest_first.retain(|call| call.is_pending());
        self.selected = None;
    }

    fn get_mut(&mut self, id: Uuid) -> Option<&mut CallRecord> {
        let call = self.newest_first.iter_mut().find(|call| call.id == id)?;
        Some(Rc::make_mut(call))
    }

    /// Drops the oldest settled calls beyond the limit; those of batches first, which are many
    /// and alike.
    fn forget_the_oldest(&mut self) {
        while self.newest_first.len() > REMEMBERED {
            let oldest = |forgotten: fn(&CallRecord) -> bool| {
                let mut calls = self.newest_first.iter();
                calls.rposition(|call| !call.is_pending() && forgotten(call))
            };
            let Some(oldest) = oldest(CallRecord::is_of_batch).or_else(|| oldest(|_| true)) else {
                break;
            };
            self.newest_first.remove(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use warren_client::Policy;

    use super::*;

    fn id(number: u64) -> Uuid {
        Uuid::from_u128(number.into())
    }

    fn call(number: u64) -> CallRecord {
        CallRecord {
            id: id(number),
            request: CallRequest {
                n: number,
                deadline: Duration::from_secs(30),
                policy: Policy::FailFast,
            },
            origin: Origin::Form,
            made: Timestamp(number),
            stage: Stage::default(),
            settled: None,
        }
    }

    fn log(calls: impl IntoIterator<Item = u64>) -> CallLog {
        let mut log = CallLog::default();
        calls.into_iter().for_each(|number| log.made(call(number)));
        log
    }

    fn cancel(log: &mut CallLog, number: u64) {
        log.settled(id(number), Timestamp(0), Outcome::Cancelled);
    }

    fn numbers(log: &CallLog) -> Vec<u64> {
        log.iter().map(|call| call.request.n).collect()
    }

    #[test]
    fn the_newest_call_comes_first_and_an_older_one_can_be_the_newest_pending() {
        let mut log = log([1, 2, 3]);
        cancel(&mut log, 3);
        log.made(CallRecord {
            origin: Origin::Batch,
            ..call(4)
        });
        assert_eq!(numbers(&log), [4, 3, 2, 1]);
        assert_eq!(log.newest().map(|call| call.id), Some(id(3)));
        assert_eq!(log.newest_pending().map(|call| call.id), Some(id(2)));
    }

    #[test]
    fn the_oldest_settled_calls_are_forgotten_and_pending_ones_kept() {
        let limit = REMEMBERED as u64;
        let mut log = log(1..=limit + 2);
        assert_eq!(log.iter().len(), REMEMBERED + 2);

        for number in [2, 3, 4] {
            cancel(&mut log, number);
        }
        assert_eq!(log.iter().len(), REMEMBERED);
        let oldest: Vec<u64> = numbers(&log).into_iter().rev().take(3).collect();
        assert_eq!(oldest, [1, 4, 5]);
    }

    #[test]
    fn a_batch_makes_no_other_calls_forgotten() {
        let mut log = log([1, 2]);
        cancel(&mut log, 1);
        for number in 3..=REMEMBERED as u64 + 2 {
            log.made(CallRecord {
                origin: Origin::Batch,
                ..call(number)
            });
            cancel(&mut log, number);
        }
        assert_eq!(log.iter().len(), REMEMBERED);
        let oldest: Vec<u64> = numbers(&log).into_iter().rev().take(3).collect();
        assert_eq!(oldest, [1, 2, 5]);
    }

    #[test]
    fn what_is_restored_is_older_than_what_is_there() {
        let mut log = log([3]);
        log.restore([call(2), call(1)]);
        assert_eq!(numbers(&log), [3, 2, 1]);
    }

    #[test]
    fn clearing_keeps_what_is_pending() {
        let mut log = log([1, 2, 3]);
        log.select(Some(id(2)));
        cancel(&mut log, 2);
        log.clear();
        assert_eq!(numbers(&log), [3, 1]);
        assert_eq!(log.selected(), None);
    }

    #[test]
    fn a_row_follows_its_call_from_stage_to_stage() {
        let running = Stage::Running {
            worker: None,
            progress: None,
        };
        let mut log = log([1]);
        let state = |log: &CallLog| log.newest().map(|call| call.state());
        assert_eq!(state(&log), Some(RowState::Waiting));
        for (stage, expected) in [
            (Stage::Queued, RowState::Queued),
            (running, RowState::Running),
            (Stage::Waiting, RowState::Waiting),
        ] {
            log.staged(id(1), stage);
            assert_eq!(state(&log), Some(expected));
        }
        cancel(&mut log, 1);
        assert_eq!(state(&log), Some(RowState::Cancelled));
    }
}
