//! How far the newest call came on its way from the page to a worker and back.

use std::rc::Rc;

use warren_client::ConnectionState;

use super::{CallLog, CallRecord, Origin, RowState};

/// What the picture of the way shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathStage {
    /// The page cannot reach the broker now; a call that is pending waits in the page.
    Cut,
    /// Nothing is on its way.
    Idle,
    /// The newest call waits to hear that there is a worker, and that the queue takes calls.
    Waiting,
    /// The newest call was sent.
    Sent,
    /// A worker computes the newest call.
    Running,
    /// The calls of a batch are on their way, and do not tell where.
    Batch,
    /// The newest call came back.
    Returned,
    /// The newest call failed.
    Failed,
    /// The newest call was given up.
    Cancelled,
}

impl PathStage {
    /// The stage that follows from the connection and the calls, of which the newest counts.
    pub(crate) fn of(connection: &ConnectionState, calls: &CallLog) -> Self {
        if !connection.is_online() {
            return Self::Cut;
        }
        let Some(call) = calls.latest() else {
            return Self::Idle;
        };
        let is_under_way =
            |call: &Rc<CallRecord>| call.origin == Origin::Batch && call.is_pending();
        if call.origin == Origin::Batch && calls.iter().any(is_under_way) {
            return Self::Batch;
        }
        match call.state() {
            RowState::Waiting => Self::Waiting,
            RowState::Queued => Self::Sent,
            RowState::Running => Self::Running,
            RowState::Done => Self::Returned,
            RowState::Failed => Self::Failed,
            RowState::Cancelled => Self::Cancelled,
        }
    }

    /// The stage's name, for styles.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Idle | Self::Waiting => "idle",
            Self::Sent => "sent",
            Self::Running => "running",
            Self::Batch => "batch",
            Self::Returned => "returned",
            Self::Failed | Self::Cancelled => "lost",
        }
    }

    /// The stage in words.
    pub(crate) const fn caption(self) -> &'static str {
        match self {
            Self::Cut => "The way to the broker is closed. Calls wait here until it opens.",
            Self::Idle => {
                "A call goes into the queue, the next free worker takes it, and the reply comes back through a queue of this page’s own."
            }
            Self::Waiting => {
                "The call waits here until it is known that there is a worker, and a queue that takes it."
            }
            Self::Sent => "The call is in the queue, and the next free worker takes it.",
            Self::Running => "A worker computes the call.",
            Self::Batch => {
                "The calls of a batch are on their way: each waits in the queue for the next free worker."
            }
            Self::Returned => "The last reply came back through this page’s own queue.",
            Self::Failed => "The last call failed.",
            Self::Cancelled => "The last call was given up.",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;
    use warren_client::{Policy, Stage};
    use warren_contract::Code;

    use super::*;
    use crate::{
        input::CallRequest,
        state::{Done, Outcome, Timestamp},
    };

    fn call(origin: Origin, stage: Stage, outcome: Option<Outcome>) -> CallRecord {
        CallRecord {
            id: Uuid::new_v4(),
            request: CallRequest {
                n: 30,
                deadline: Duration::from_secs(30),
                policy: Policy::FailFast,
            },
            origin,
            made: Timestamp(0),
            stage,
            settled: outcome.map(|outcome| (Timestamp(1), outcome)),
        }
    }

    fn done() -> Option<Outcome> {
        Some(Outcome::Done(Done {
            value: 832_040,
            worker: None,
            compute: None,
            round_trip: Duration::from_millis(1),
            times: None,
        }))
    }

    /// Checks the stage where these calls were made, the newest last.
    fn check(calls: Vec<CallRecord>, expected: PathStage) {
        let mut log = CallLog::default();
        calls.into_iter().for_each(|call| log.made(call));
        let url = String::new();
        let online = ConnectionState::Online { url: url.clone() };
        assert_eq!(PathStage::of(&online, &log), expected, "{log:?}");
        let connecting = ConnectionState::Connecting { url, attempt: 1 };
        assert_eq!(PathStage::of(&connecting, &log), PathStage::Cut);
    }

    #[test]
    fn the_stage_follows_the_newest_call_while_the_page_is_online() {
        let call = |stage, outcome| call(Origin::Form, stage, outcome);
        let running = || Stage::Running {
            worker: None,
            progress: None,
        };
        let failed = Some(Outcome::Failed {
            code: Code::OutOfRange,
            words: String::new(),
            unserved: false,
        });
        let cancelled = Some(Outcome::Cancelled);
        check(vec![], PathStage::Idle);
        for (newest, expected) in [
            (call(Stage::Waiting, None), PathStage::Waiting),
            (call(Stage::Queued, None), PathStage::Sent),
            (call(running(), None), PathStage::Running),
            (call(Stage::Queued, done()), PathStage::Returned),
            (call(running(), failed), PathStage::Failed),
            (call(running(), cancelled), PathStage::Cancelled),
        ] {
            check(vec![call(Stage::Queued, done()), newest], expected);
        }
    }

    #[test]
    fn a_batch_that_came_later_than_a_failure_is_what_is_told() {
        let failed = || call(Origin::Form, Stage::Queued, Some(Outcome::Cancelled));
        let batch = |outcome| call(Origin::Batch, Stage::Queued, outcome);
        // The newest one may have its reply before others.
        let under_way = vec![failed(), batch(None), batch(done())];
        check(under_way, PathStage::Batch);
        check(vec![failed(), batch(done())], PathStage::Returned);
        check(vec![batch(done()), failed()], PathStage::Cancelled);
        let history = call(Origin::History { batch: false }, Stage::Queued, done());
        check(vec![history], PathStage::Idle);
    }
}
