//! How far the newest call came on its way from the page to a worker and back.

use warren_client::ConnectionState;

use super::{CallRecord, RowState};

/// What the picture of the way shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathStage {
    /// The page cannot reach the broker now; a call that is pending waits in the page.
    Cut,
    /// Nothing is on its way.
    Idle,
    /// The newest call was sent.
    Sent,
    /// A worker computes the newest call.
    Running,
    /// The newest call came back.
    Returned,
    /// The newest call did not come back.
    Lost,
}

impl PathStage {
    /// The stage that follows from the connection and the newest call.
    pub(crate) fn of(connection: &ConnectionState, newest: Option<&CallRecord>) -> Self {
        if !connection.is_online() {
            return Self::Cut;
        }
        let Some(call) = newest else {
            return Self::Idle;
        };
        match call.state() {
            RowState::Waiting => Self::Idle,
            RowState::Queued => Self::Sent,
            RowState::Running => Self::Running,
            RowState::Done => Self::Returned,
            RowState::Failed | RowState::Cancelled => Self::Lost,
        }
    }

    /// The stage's name, for styles.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Idle => "idle",
            Self::Sent => "sent",
            Self::Running => "running",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }

    /// The stage in words.
    pub(crate) const fn caption(self) -> &'static str {
        match self {
            Self::Cut => "The way to the broker is closed. Calls wait here until it opens.",
            Self::Idle => {
                "A call goes into the queue, the next free worker takes it, and the reply comes back through a queue of this page’s own."
            }
            Self::Sent => "The call is in the queue, and the next free worker takes it.",
            Self::Running => "A worker computes the call.",
            Self::Returned => "The reply came back through this page’s own queue.",
            Self::Lost => "The last call has no reply.",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;
    use warren_client::{Policy, Stage};

    use super::*;
    use crate::{
        input::CallRequest,
        state::{Done, Origin, Outcome, Timestamp},
    };

    #[test]
    fn the_stage_follows_the_newest_call_while_the_page_is_online() {
        let call = |stage, outcome: Option<Outcome>| CallRecord {
            id: Uuid::nil(),
            request: CallRequest {
                n: 30,
                deadline: Duration::from_secs(30),
                policy: Policy::FailFast,
            },
            origin: Origin::Form,
            made: Timestamp(0),
            stage,
            settled: outcome.map(|outcome| (Timestamp(1), outcome)),
        };
        let done = Outcome::Done(Done {
            value: 832_040,
            worker: None,
            compute: None,
            round_trip: Duration::from_millis(1),
            times: None,
        });
        let running = || Stage::Running {
            worker: None,
            progress: None,
        };
        let cancelled = Some(Outcome::Cancelled);
        let cases = [
            (None, PathStage::Idle),
            (Some(call(Stage::Waiting, None)), PathStage::Idle),
            (Some(call(Stage::Queued, None)), PathStage::Sent),
            (Some(call(running(), None)), PathStage::Running),
            (Some(call(Stage::Queued, Some(done))), PathStage::Returned),
            (Some(call(running(), cancelled)), PathStage::Lost),
        ];
        for (newest, expected) in cases {
            let newest = newest.as_ref();
            let url = String::new();
            let online = ConnectionState::Online { url: url.clone() };
            assert_eq!(PathStage::of(&online, newest), expected);
            let connecting = ConnectionState::Connecting { url, attempt: 1 };
            assert_eq!(PathStage::of(&connecting, newest), PathStage::Cut);
        }
    }
}
