//! Calls are made, come to stages, settle, and are forgotten.

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

fn running(worker: &str) -> Stage {
    Stage::Running {
        worker: Some(worker.to_owned()),
        progress: None,
    }
}

fn states(log: &CallLog) -> Vec<RowState> {
    log.iter().map(|call| call.state()).collect()
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

#[test]
fn what_a_worker_computed_that_left_is_in_the_queue() {
    let mut log = log([1, 2, 3]);
    log.staged(id(1), running("hare"));
    log.staged(id(2), running("rabbit"));
    log.staged(id(3), running("hare"));
    cancel(&mut log, 3);
    log.left(&["hare".to_owned()]);
    let expected = [RowState::Cancelled, RowState::Running, RowState::Queued];
    assert_eq!(states(&log), expected);
}

#[test]
fn calls_of_a_batch_wait_while_there_is_no_connection() {
    let mut log = log([1]);
    log.staged(id(1), Stage::Queued);
    for number in [2, 3] {
        log.made(CallRecord {
            origin: Origin::Batch,
            stage: unheard_stage(true),
            ..call(number)
        });
    }
    cancel(&mut log, 3);
    let (cancelled, queued) = (RowState::Cancelled, RowState::Queued);
    log.connected(false);
    // The other one is told of by the client.
    assert_eq!(states(&log), [cancelled, RowState::Waiting, queued]);
    log.connected(true);
    assert_eq!(states(&log), [cancelled, queued, queued]);
}
