//! A broker that drops what is published to a queue without a leader.

use super::*;
use crate::Urls;

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
fn a_request_that_is_dropped_is_sent_again_until_it_is_taken() {
    let mut world = leaderless();
    let call = world.call(request());
    assert_eq!(world.requests(), [call]);
    world.pass(ms(2_999));
    assert!(world.requests().is_empty());

    world.drops_requests = false;
    world.pass(ms(1));
    assert_eq!(world.requests(), [call]);
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
    assert_eq!(world.engine.counters().resent, 1);
    assert_eq!(world.engine.calls.in_flight(), (1, 0));
    world.receive(&result(call, "832040"));
    assert_eq!(world.engine.calls.in_flight(), (0, 0));
}

#[test]
fn all_that_was_sent_before_the_first_that_is_taken_is_sent_again() {
    let mut world = leaderless();
    let calls = [(); 3].map(|()| world.call(request()));
    assert_eq!(world.requests(), calls);
    world.drops_requests = false;
    world.pass(ms(3_000));
    assert_eq!(world.requests(), calls);

    let later = world.call(request());
    let asks = |frame: &Frame| frame.header("receipt").is_some();
    assert!(!world.sent.iter().any(asks));
    assert_eq!(world.requests(), [later]);
}

#[test]
fn a_receipt_that_comes_late_tells_of_the_request_that_was_sent_first() {
    let mut world = leaderless();
    let calls = [(); 3].map(|()| world.call(request()));
    let asks = |frame: &Frame| frame.header("receipt").map(str::to_owned);
    let receipt = world.sent.iter().find_map(asks).expect("one asks");
    assert_eq!(world.requests(), calls);
    world.pass(ms(3_000));
    assert_eq!(world.requests(), calls[..1]);

    world.receive(&Frame::new(Command::Receipt).with_header("receipt-id", &receipt));
    world.pass(ms(10_000));
    assert!(world.requests().is_empty(), "all had been taken");
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
    world.pass(ms(3_000));
    assert_eq!(world.requests(), [call]);
}

#[test]
fn a_reply_tells_as_much_as_a_receipt() {
    let mut world = leaderless();
    let [dropped, taken, later] = [(); 3].map(|()| world.call(request()));
    assert_eq!(world.requests(), [dropped, taken, later]);
    world.receive(&result(taken, "832040"));
    world.pass(ms(249));
    assert!(world.requests().is_empty(), "a receipt may follow");
    world.pass(ms(1));
    assert_eq!(world.requests(), [dropped]);
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
}

#[test]
fn the_first_reply_of_several_tells() {
    let mut world = leaderless();
    let calls = [(); 4].map(|()| world.call(request()));
    assert_eq!(world.requests(), calls);
    world.receive(&result(calls[3], "832040"));
    world.receive(&result(calls[1], "832040"));
    world.pass(ms(10_000));
    assert_eq!(world.requests(), calls[..1]);
}

#[test]
fn a_reply_that_overtakes_the_receipt_has_nothing_sent_twice() {
    let mut world = leaderless();
    let calls = [(); 3].map(|()| world.call(request()));
    let asks = |frame: &Frame| frame.header("receipt").map(str::to_owned);
    let receipt = world.sent.iter().find_map(asks).expect("one asks");
    assert_eq!(world.requests(), calls);
    world.receive(&result(calls[2], "832040"));
    world.receive(&Frame::new(Command::Receipt).with_header("receipt-id", &receipt));
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
}

#[test]
fn a_full_queue_gives_no_receipt_and_tells_as_much() {
    let mut world = leaderless();
    let [full, taken] = [(); 2].map(|()| world.call(request()));
    assert_eq!(world.requests(), [full, taken]);
    let bounce = message(BOUNCE_SUBSCRIPTION, &full.to_string());
    world.receive(&bounce.with_header("x-first-death-reason", "maxlen"));
    assert!(world.outcome(full).is_err());
    world.pass(ms(10_000));
    assert!(world.requests().is_empty());
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
        assert_eq!(world.requests(), [call]);
        world.pass(ms(5_999));
        assert_eq!(world.requests(), [call]);
        assert!(world.socket);
        world.pass(ms(1));
        assert!(!world.socket);
        world.come_back();
    }
    world.drops_requests = false;
    world.pass(ms(3_000));
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
        world.pass(ms(6_000));
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
    world.pass(ms(3_000));
    assert_eq!(world.requests(), [call]);
}
