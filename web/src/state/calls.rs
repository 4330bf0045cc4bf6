//! The calls that were made, newest first.

use std::{collections::VecDeque, rc::Rc, time::Duration};

use warren_client::{CallError, Reply, Stage};
use web_time::Instant;
use yew::Reducible;

use crate::input::CallRequest;

/// How many calls are remembered. Pending ones beyond that are kept until they settle, which
/// they do by their deadlines.
const REMEMBERED: usize = 200;

/// A call's number on this page, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallId(pub(crate) u64);

/// One call, pending or settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallRecord {
    /// Its number.
    pub(crate) id: CallId,
    /// What was asked for.
    pub(crate) request: CallRequest,
    /// When it was made.
    pub(crate) made: Instant,
    /// Where it is, or was when it settled.
    pub(crate) stage: Stage,
    /// What became of it; `None` while it is pending.
    pub(crate) outcome: Option<Outcome>,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A worker replied.
    Done(Reply<u64>),
    /// There is no reply, and there will be none.
    Failed(CallError),
    /// The user gave it up.
    Cancelled {
        /// How long it had been pending.
        after: Duration,
    },
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
        match (&self.outcome, self.stage) {
            (None, Stage::Waiting) => RowState::Waiting,
            (None, Stage::Queued) => RowState::Queued,
            (None, Stage::Running { .. }) => RowState::Running,
            (Some(Outcome::Done(_)), _) => RowState::Done,
            (Some(Outcome::Failed(_)), _) => RowState::Failed,
            (Some(Outcome::Cancelled { .. }), _) => RowState::Cancelled,
        }
    }

    /// Whether it is not settled yet.
    pub(crate) const fn is_pending(&self) -> bool {
        self.outcome.is_none()
    }
}

impl RowState {
    /// The state's name, for styles and tests.
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

/// The calls that are remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    newest_first: VecDeque<Rc<CallRecord>>,
}

impl Calls {
    /// All of them, newest first.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Rc<CallRecord>> {
        self.newest_first.iter()
    }

    /// The call that was made last.
    pub(crate) fn newest(&self) -> Option<&Rc<CallRecord>> {
        self.newest_first.front()
    }

    /// Of the pending calls, the one that was made last.
    pub(crate) fn newest_pending(&self) -> Option<&Rc<CallRecord>> {
        self.iter().find(|call| call.is_pending())
    }

    fn get_mut(&mut self, id: CallId) -> Option<&mut CallRecord> {
        let call = self.newest_first.iter_mut().find(|call| call.id == id)?;
        Some(Rc::make_mut(call))
    }

    /// Drops the oldest settled calls beyond the limit.
    fn forget_the_oldest(&mut self) {
        let mut excess = self.newest_first.len().saturating_sub(REMEMBERED);
        while excess > 0
            && let Some(oldest_settled) = self
                .newest_first
                .iter()
                .rposition(|call| !call.is_pending())
        {
            self.newest_first.remove(oldest_settled);
            excess -= 1;
        }
    }
}

/// What happens to calls.
#[derive(Clone, Debug)]
pub(crate) enum CallsAction {
    /// A call was made.
    Made(CallRecord),
    /// A call that is pending came to another stage.
    Staged(CallId, Stage),
    /// A call settled.
    Settled(CallId, Outcome),
}

impl Reducible for Calls {
    type Action = CallsAction;

    fn reduce(mut self: Rc<Self>, action: CallsAction) -> Rc<Self> {
        let calls = Rc::make_mut(&mut self);
        match action {
            CallsAction::Made(call) => calls.newest_first.push_front(Rc::new(call)),
            CallsAction::Staged(id, stage) => {
                if let Some(call) = calls.get_mut(id) {
                    call.stage = stage;
                }
            }
            CallsAction::Settled(id, outcome) => {
                if let Some(call) = calls.get_mut(id) {
                    call.outcome = Some(outcome);
                }
            }
        }
        calls.forget_the_oldest();
        self
    }
}

#[cfg(test)]
mod tests {
    use warren_client::Policy;

    use super::*;

    const CANCELLED: Outcome = Outcome::Cancelled {
        after: Duration::ZERO,
    };

    fn made(id: u64) -> CallsAction {
        CallsAction::Made(CallRecord {
            id: CallId(id),
            request: CallRequest {
                n: id,
                deadline: Duration::from_secs(30),
                policy: Policy::FailFast,
            },
            made: Instant::now(),
            stage: Stage::default(),
            outcome: None,
        })
    }

    fn after(actions: impl IntoIterator<Item = CallsAction>) -> Rc<Calls> {
        actions
            .into_iter()
            .fold(Rc::new(Calls::default()), Calls::reduce)
    }

    fn ids(calls: &Calls) -> Vec<u64> {
        calls.iter().map(|call| call.id.0).collect()
    }

    #[test]
    fn the_newest_call_comes_first_and_an_older_one_can_be_the_newest_pending() {
        let calls = after([
            made(1),
            made(2),
            made(3),
            CallsAction::Settled(CallId(3), CANCELLED),
        ]);
        assert_eq!(ids(&calls), [3, 2, 1]);
        let newest = calls.newest().expect("three calls were made");
        assert_eq!(newest.outcome, Some(CANCELLED));
        let pending = calls.newest_pending().expect("two calls are pending");
        assert_eq!(pending.id, CallId(2));
    }

    #[test]
    fn the_oldest_settled_calls_are_forgotten_and_pending_ones_kept() {
        let limit = REMEMBERED as u64;
        let all_pending = (1..=limit + 2).map(made);
        let calls = after(all_pending.clone());
        assert_eq!(calls.iter().len(), REMEMBERED + 2);

        let settled = [2, 3, 4].map(|id| CallsAction::Settled(CallId(id), CANCELLED));
        let calls = after(all_pending.chain(settled));
        assert_eq!(calls.iter().len(), REMEMBERED);
        let oldest: Vec<u64> = ids(&calls).into_iter().rev().take(3).collect();
        assert_eq!(oldest, [1, 4, 5]);
    }

    #[test]
    fn a_row_follows_its_call_from_stage_to_stage() {
        let staged = |stage| CallsAction::Staged(CallId(1), stage);
        let running = Stage::Running { progress: None };
        let actions = [
            (made(1), RowState::Waiting),
            (staged(Stage::Queued), RowState::Queued),
            (staged(running), RowState::Running),
            (staged(Stage::Waiting), RowState::Waiting),
            (
                CallsAction::Settled(CallId(1), CANCELLED),
                RowState::Cancelled,
            ),
        ];
        let mut calls = Rc::new(Calls::default());
        for (action, expected) in actions {
            calls = calls.reduce(action);
            let call = calls.newest().expect("a call was made");
            assert_eq!(call.state(), expected);
        }
    }
}
