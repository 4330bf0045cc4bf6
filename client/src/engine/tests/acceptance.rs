//! A broker that drops what is published to a queue without a leader.

use super::*;
use crate::{Urls, engine::acceptance::REQUEST_RECEIPT};

/// A world whose broker has several nodes, and drops requests.
fn leaderless() -> World {
    let mut world = World::new(Config {
        urls: Urls::new(["ws://one/ws", "ws://two/ws"]).expect("there are two"),
        ..Config::default()
    });
    world.come_online();
    world.drops_requests = true;
    world
}

#[test]
fn at_one_node_receipts_are_asked_for_once_a_connection_was_lost() {
    let mut world = World::online();
    let asks = |world: &World| {
        let asking = world
            .sent
            .iter()
            .filter(|frame| frame.header("receipt").is_some());
        asking.count()
    };
    world.call(request());
    world.pass(ms(10_000));
    assert_eq!(asks(&world), 0);
    assert_eq!(world.requests().len(), 1);

    world.lost();
    world.come_back();
    assert_eq!(asks(&world), 1);
    assert_eq!(world.requests().len(), 1);
}

#[test]
fn where_nothing_is_asked_for_nothing_is_doubted() {
    let mut world = World::online();
    let [waiting, answered] = [(); 2].map(|()| world.call(request()));
    assert_eq!(world.requests(), [waiting, answered]);
    world.receive(&result(answered, "832040"));
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
}

#[test]
fn one_request_goes_ahead_and_the_others_once_it_is_taken() {
    let mut world = leaderless();
    let calls = [(); 3].map(|()| world.call(request()));
    assert_eq!(world.requests(), calls[..1]);
    world.drops_requests = false;
    world.pass(ms(500));
    assert_eq!(world.requests(), calls);
    let later = world.call(request());
    let asks = |frame: &Frame| frame.header("receipt").is_some();
    assert!(!world.sent.iter().any(asks));
    assert_eq!(world.requests(), [later]);
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
    assert_eq!(world.engine.counters().resent, 1);
    assert_eq!(world.engine.calls.in_flight(), (4, 0));
}

#[test]
fn a_request_that_is_dropped_is_sent_again_until_it_is_taken() {
    let mut world = leaderless();
    let call = world.call(request());
    assert_eq!(world.requests(), [call]);
    for wait in [500, 1_000, 2_000] {
        world.pass(ms(wait - 1));
        assert!(world.requests().is_empty());
        world.pass(ms(1));
        assert_eq!(world.requests(), [call]);
    }
    world.receive(&result(call, "832040"));
    assert!(world.outcome(call).is_ok());
}

#[test]
fn what_must_not_be_done_twice_is_not_what_goes_ahead() {
    let mut world = leaderless();
    // It goes ahead where there is no other.
    let dropped = world.call(not_idempotent());
    assert_eq!(world.requests(), [dropped]);
    let precious = world.call(not_idempotent());
    let call = world.call(request());
    assert!(world.requests().is_empty());
    world.pass(ms(500));
    assert_eq!(world.requests(), [call]);
    world.drops_requests = false;
    world.pass(ms(1_000));
    assert_eq!(world.requests(), [call, precious]);
}

#[test]
fn what_waits_for_another_to_be_taken_has_its_deadline_and_is_no_loss() {
    let mut world = leaderless();
    let first = world.call(patient());
    let short = world.call(within(ms(400)));
    let precious = world.call(Request {
        policy: Policy::WaitForWorker,
        ..not_idempotent()
    });
    world.pass(ms(400));
    assert!(matches!(
        world.error(short),
        CallError::DeadlineExceeded { .. }
    ));
    assert_eq!(world.requests(), [first]);
    world.lost();
    world.drops_requests = false;
    world.come_back();
    assert_eq!(world.requests(), [first, precious]);
}

#[test]
fn a_reply_tells_as_much_as_a_receipt() {
    let mut world = leaderless();
    let calls = [(); 2].map(|()| world.call(request()));
    assert_eq!(world.requests(), calls[..1]);
    world.receive(&result(calls[0], "832040"));
    assert_eq!(world.requests(), calls[1..]);
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
}

#[test]
fn one_that_goes_ahead_and_is_cancelled_leaves_its_place_to_another() {
    let mut world = leaderless();
    let [cancelled, next] = [(); 2].map(|()| world.call(request()));
    assert_eq!(world.requests(), [cancelled]);
    world.cancel(cancelled);
    assert_eq!(world.requests(), [next]);
}

#[test]
fn a_large_request_does_not_go_ahead_of_small_ones() {
    let large = || Request {
        body: vec![b'1'; 1024 * 1024],
        ..patient()
    };
    let mut world = leaderless();
    world.lost();
    let [large, small] = [world.call(large()), world.call(patient())];
    world.come_back();
    assert_eq!(world.requests(), [small]);
    world.drops_requests = false;
    world.pass(ms(500));
    assert_eq!(world.requests(), [small, large]);
}

/// The reply was on its way while the request was sent again.
#[test]
fn a_late_reply_to_the_first_of_two_tries_is_taken() {
    let mut world = leaderless();
    let calls = [(); 2].map(|()| world.call(request()));
    world.pass(ms(600));
    assert_eq!(world.requests(), [calls[0]; 2]);
    world.receive(&result(calls[0], "832040"));
    assert!(world.outcome(calls[0]).is_ok());
    assert_eq!(world.requests(), calls[1..]);
}

#[test]
fn of_those_that_must_not_be_done_twice_one_alone_may_be_lost() {
    let precious = || Request {
        policy: Policy::WaitForWorker,
        deadline: Some(ms(60_000)),
        ..not_idempotent()
    };
    let mut world = leaderless();
    let calls = [(); 3].map(|()| world.call(precious()));
    world.pass(ms(4_999));
    assert_eq!(world.requests(), calls[..1]);
    world.pass(ms(1));
    assert!(!world.socket, "another connection may take the others");
    let error = world.error(calls[0]);
    assert!(matches!(error, CallError::OutcomeUnknown(_)), "{error:?}");
    world.drops_requests = false;
    world.come_back();
    assert_eq!(world.requests(), calls[1..]);
}

#[test]
fn a_connection_that_took_nothing_is_left_for_the_next_call() {
    let precious = || Request {
        policy: Policy::WaitForWorker,
        ..not_idempotent()
    };
    let mut world = leaderless();
    let lost = world.call(precious());
    world.pass(ms(30_000));
    let error = world.error(lost);
    assert!(
        matches!(error, CallError::DeadlineExceeded { .. }),
        "{error:?}"
    );
    world.requests();
    let next = world.call(precious());
    world.pass(ms(0));
    assert!(!world.socket && world.requests().is_empty());
    world.drops_requests = false;
    world.come_back();
    assert_eq!(world.requests(), [next]);
}

#[test]
fn a_late_receipt_counts() {
    let mut world = leaderless();
    let first = world.call(not_idempotent());
    world.pass(ms(4_000));
    let receipt = Frame::new(Command::Receipt).with_header("receipt-id", REQUEST_RECEIPT);
    world.receive(&receipt);
    let next = world.call(not_idempotent());
    assert_eq!(world.requests(), [first, next]);
}

#[test]
fn who_waits_for_a_request_to_be_taken_fails_if_no_worker_takes_more() {
    let mut world = leaderless();
    let [ahead, behind] = [world.call(patient()), world.call(request())];
    assert_eq!(world.requests(), [ahead]);
    world.pings();
    world.pass(ms(1_000));
    for ping in world.pings() {
        world.receive(&pong(ping, "hare", true));
    }
    world.pass(ms(2_000));
    let error = world.error(behind);
    assert!(matches!(error, CallError::NoWorker { .. }), "{error:?}");
}

#[test]
fn a_large_request_has_time_to_get_there() {
    let mut world = leaderless();
    let call = world.call(Request {
        body: vec![b'1'; 1024 * 1024],
        deadline: Some(Duration::from_mins(5)),
        ..request()
    });
    assert_eq!(world.requests(), [call]);
    world.pass(ms(32_000));
    assert!(world.requests().is_empty());
    world.pass(ms(500));
    assert_eq!(world.requests(), [call]);
}

#[test]
fn a_full_queue_gives_no_receipt_and_tells_as_much() {
    let mut world = leaderless();
    let [full, next] = [(); 2].map(|()| world.call(request()));
    assert_eq!(world.requests(), [full]);
    let bounce = message(BOUNCE_SUBSCRIPTION, &full.to_string());
    world.receive(&bounce.with_header("x-first-death-reason", "maxlen"));
    assert!(world.outcome(full).is_err());
    assert_eq!(world.requests(), [next]);
}

#[test]
fn one_that_must_not_be_done_twice_is_never_sent_again() {
    let mut world = leaderless();
    let call = world.call(not_idempotent());
    assert_eq!(world.requests(), [call]);
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
}

#[test]
fn a_connection_that_takes_nothing_is_left_and_is_no_fault_of_its_calls() {
    let mut world = leaderless();
    let call = world.call(Request {
        deadline: Some(ms(600_000)),
        ..patient()
    });
    for _ in 0..10 {
        // The fourth try is overdue after 5.5 s.
        world.pass(ms(5_499));
        assert_eq!(world.requests(), [call; 4]);
        assert!(world.socket);
        world.pass(ms(1));
        assert!(!world.socket);
        world.come_back();
    }
    world.drops_requests = false;
    world.pass(ms(500));
    assert_eq!(world.requests(), [call; 2]);
    world.receive(&result(call, "832040"));
    assert!(world.outcome(call).is_ok());
}

#[test]
fn connections_that_take_nothing_are_no_reason_to_come_back_as_fast() {
    let mut world = leaderless();
    world.call(Request {
        deadline: Some(ms(600_000)),
        ..patient()
    });
    let waits = [(); 5].map(|()| {
        world.pass(ms(5_500));
        let (_, wait) = world.offline();
        world.come_back();
        wait
    });
    // Two nodes, so that the wait doubles after every second one.
    assert!(waits.is_sorted() && waits[4] >= 4 * waits[0], "{waits:?}");
}

#[test]
fn each_connection_is_asked_anew() {
    let mut world = World::online();
    let call = world.call(request());
    assert_eq!(world.requests(), [call]);
    world.drops_requests = true;
    world.lost();
    world.come_back();
    assert_eq!(world.requests(), [call]);
    world.pass(ms(500));
    assert_eq!(world.requests(), [call]);
}
