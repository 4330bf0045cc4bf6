//! The calls that were made, newest first.

#[cfg(test)]
mod tests;

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
    /// It waits for the connection, or to hear that there is a worker and a queue that takes it.
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

/// Where a call is that does not tell.
pub(crate) const fn unheard_stage(is_online: bool) -> Stage {
    if is_online {
        Stage::Queued
    } else {
        Stage::Waiting
    }
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
            Self::Waiting => "waiting",
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

    /// The call that this page made last, be it of a person or of a batch.
    pub(crate) fn latest(&self) -> Option<&Rc<CallRecord>> {
        self.iter()
            .find(|call| matches!(call.origin, Origin::Form | Origin::Batch))
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

    /// Workers of these names went away. What they computed is in the queue again, until another
    /// tells that it begins.
    pub(crate) fn left(&mut self, workers: &[String]) {
        for call in self.pending_mut() {
            if let Stage::Running {
                worker: Some(worker),
                ..
            } = &call.stage
                && workers.contains(worker)
            {
                Rc::make_mut(call).stage = Stage::Queued;
            }
        }
    }

    /// The connection was lost, or is there again. Calls of batches do not tell where they are:
    /// they are sent where there is a connection, but for moments, and wait where there is none.
    pub(crate) fn connected(&mut self, is_online: bool) {
        for call in self.pending_mut() {
            if call.origin == Origin::Batch {
                Rc::make_mut(call).stage = unheard_stage(is_online);
            }
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

    fn pending_mut(&mut self) -> impl Iterator<Item = &mut Rc<CallRecord>> {
        let calls = self.newest_first.iter_mut();
        calls.filter(|call| call.is_pending())
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
