//! How many calls of this page are where.

use super::{CallRecord, Origin, RowState};

/// How many calls of this page are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Those without an outcome.
    pub(crate) pending: usize,
    /// Those that wait in the queue.
    pub(crate) waiting: usize,
    /// Those of which a worker told that it computes them.
    pub(crate) running: usize,
}

impl Load {
    /// Counts the calls. Those of a batch do not tell where they are; of them, the workers may
    /// have as many as they compute beside the others, which is `busy` in all, and the rest waits.
    pub(crate) fn of<'a>(calls: impl Iterator<Item = &'a CallRecord>, busy: usize) -> Self {
        let (mut unsent, mut queued, mut running, mut silent) = (0, 0, 0, 0);
        for call in calls {
            match call.state() {
                RowState::Waiting | RowState::Queued if call.origin == Origin::Batch => silent += 1,
                RowState::Waiting => unsent += 1,
                RowState::Queued => queued += 1,
                RowState::Running => running += 1,
                RowState::Done | RowState::Failed | RowState::Cancelled => {}
            }
        }
        Self {
            pending: unsent + queued + running + silent,
            waiting: queued + silent.saturating_sub(busy.saturating_sub(running)),
            running,
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
        state::{Outcome, Timestamp},
    };

    fn call(origin: Origin, stage: Stage, is_settled: bool) -> CallRecord {
        CallRecord {
            id: Uuid::nil(),
            request: CallRequest {
                n: 30,
                deadline: Duration::from_secs(30),
                policy: Policy::FailFast,
            },
            origin,
            made: Timestamp(0),
            stage,
            settled: is_settled.then_some((Timestamp(1), Outcome::Cancelled)),
        }
    }

    #[test]
    fn what_no_worker_has_waits() {
        let running = || Stage::Running {
            worker: None,
            progress: None,
        };
        let form = |stage| call(Origin::Form, stage, false);
        let batch = || call(Origin::Batch, Stage::Queued, false);
        let unsent = || call(Origin::Batch, Stage::Waiting, false);
        let cases = [
            (vec![], 3, [0, 0, 0]),
            (vec![form(Stage::Waiting)], 0, [1, 0, 0]),
            (vec![form(Stage::Queued)], 1, [1, 1, 0]),
            (vec![form(running())], 0, [1, 0, 1]),
            (vec![call(Origin::Form, running(), true)], 1, [0, 0, 0]),
            (vec![batch(), batch(), batch()], 2, [3, 1, 0]),
            (vec![batch(), batch(), form(running())], 2, [3, 1, 1]),
            (vec![batch()], 2, [1, 0, 0]),
            (vec![unsent(), batch(), batch()], 2, [3, 1, 0]),
        ];
        for (calls, busy, [pending, waiting, running]) in cases {
            let load = Load::of(calls.iter(), busy);
            let expected = Load {
                pending,
                waiting,
                running,
            };
            assert_eq!(load, expected, "{busy} and {calls:?}");
        }
    }
}
