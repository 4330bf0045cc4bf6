//! Calls that wait, travel, get lost, and are given up.

use warren_contract::{Code, MAX_REQUEST_BYTES};

use super::*;
use crate::{Counters, Mode, engine::calls::MAX_LOSSES};

#[test]
fn a_request_says_all_that_a_worker_needs() {
    let mut world = World::online();
    let id = world.call(within(ms(5_000)));
    let frame = world.sent.pop().expect("SEND");
    let client = world.engine.connection.client_id();
    let expected = [
        ("destination", format!("/exchange/rpc_queue/{client}")),
        ("reply-to", "/temp-queue/rpc".to_owned()),
        ("correlation-id", id.to_string()),
        ("content-type", "application/json".to_owned()),
        ("expiration", "5000".to_owned()),
        ("type", "fibonacci".to_owned()),
    ];
    for (name, value) in expected {
        assert_eq!(frame.header(name), Some(&*value), "{name}");
    }
    assert_eq!(frame.body, b"30");
}

#[test]
fn an_expiration_is_rounded_up() {
    let mut world = World::online();
    world.call(within(Duration::from_nanos(1_000_001)));
    let expiration = world.sent[0].header("expiration");
    assert_eq!(expiration, Some("2"));
}

#[test]
fn a_call_takes_the_clients_deadline_unless_it_says_another() {
    let deadline = ms(70);
    let mut world = World::new(Config {
        deadline,
        queue: "a/b".to_owned(),
        ..Config::default()
    });
    world.come_online();
    let id = world.call(request());
    let destination = world.sent[0].header("destination").expect("one");
    assert!(destination.starts_with("/exchange/a%2Fb/"), "{destination}");
    world.pass(deadline);
    assert_eq!(world.error(id), &CallError::DeadlineExceeded { deadline });
}

#[test]
fn the_tutorial_mode_sends_straight_to_the_queue() {
    let mut world = World::new(Config {
        mode: Mode::Tutorial,
        queue: "a/b".to_owned(),
        ..Config::default()
    });
    world.opened();
    world.receive(&connected("0,0"));
    world.call(request());
    let frame = world.sent.pop().expect("SEND");
    assert_eq!(frame.header("destination"), Some("/amq/queue/a%2Fb"));
}

#[test]
fn calls_made_too_early_wait_and_leave_in_their_order() {
    let mut world = World::new(Config::default());
    let calls: Vec<_> = (0..20).map(|_| world.call(not_idempotent())).collect();
    world.pass(ms(1_500));
    world.come_online();
    let expiration = world
        .sent
        .last()
        .and_then(|frame| frame.header("expiration"));
    assert_eq!(expiration, Some("28500"), "what is left of 30 s");
    assert_eq!(world.requests(), calls);
}

#[test]
fn a_deadline_ends_a_call_that_was_sent() {
    let mut world = World::online();
    let id = world.call(within(ms(700)));
    world.pass(ms(699));
    assert_eq!(world.settled, []);
    world.pass(ms(1));
    let deadline = ms(700);
    assert_eq!(world.error(id), &CallError::DeadlineExceeded { deadline });

    world.receive(&result(id, "832040"));
    world.outcome(id);
    assert_eq!(world.engine.counters().unmatched, 1, "the late reply");
}

#[test]
fn a_deadline_ends_a_call_that_could_not_be_sent() {
    let mut world = World::new(Config::default());
    let id = world.call(within(ms(700)));
    world.closed(1006, "Connection refused");
    world.pass(ms(700));
    let CallError::NotConnected { because, .. } = world.error(id) else {
        panic!("another error: {:?}", world.settled);
    };
    let why = because.as_ref().expect("a reason").to_string();
    assert!(why.contains("Connection refused"), "{why}");
}

#[test]
fn a_lost_connection_sends_idempotent_calls_again() {
    let mut world = World::online();
    let calls = [world.call(request()), world.call(request())];
    world.lost();
    assert_eq!(world.settled, []);

    world.come_back();
    assert_eq!(world.requests(), calls, "under the same ids, in order");
    assert_eq!(world.engine.counters().resent, 2);

    world.receive(&result(calls[0], "1"));
    assert!(world.outcome(calls[0]).is_ok());
}

#[test]
fn a_call_that_loses_every_connection_is_given_up() {
    let mut world = World::online();
    let id = world.call(request());
    for _ in 1..MAX_LOSSES {
        world.lost();
        assert_eq!(world.settled, []);
        world.come_back();
    }
    world.lost();
    let error = world.error(id);
    assert!(
        matches!(
            error,
            CallError::LostEachTime {
                times: MAX_LOSSES,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_lost_connection_settles_other_calls_as_unknown() {
    let mut world = World::online();
    let sent = world.call(not_idempotent());
    world.lost();
    let error = world.error(sent);
    assert!(matches!(error, CallError::OutcomeUnknown(_)), "{error:?}");
    assert!(error.to_string().starts_with("outcome unknown"), "{error}");
    assert_eq!(error.code(), Code::Unavailable);

    let unsent = world.call(not_idempotent());
    world.come_back();
    assert_eq!(world.requests(), [unsent], "what never left is sent later");
}

#[test]
fn a_connection_that_ends_as_it_comes_online_sends_nothing() {
    let mut world = World::new(Config::default());
    let waiting = world.call(not_idempotent());
    world.opened();
    world.receive(&connected("0,0"));
    world.receive_all(&[subscribed(), error_frame("not_found", "")]);
    assert_eq!(world.settled, [], "it never left");
    world.come_back();
    assert_eq!(world.requests(), [waiting]);
}

#[test]
fn a_reply_to_a_call_that_waits_is_not_ours() {
    let mut world = World::online();
    let id = world.call(request());
    world.lost();
    while !world.socket {
        world.pass(ms(1));
    }
    world.opened();
    world.receive(&connected("0,0"));
    world.receive(&result(id, "1"));
    world.receive(&subscribed());
    world.receive(&result(id, "2"));
    assert_eq!(world.outcome(id).as_ref().map(|r| &*r.body), Ok(&b"2"[..]));
    assert_eq!(world.engine.counters().unmatched, 1);
}

#[test]
fn an_expiration_is_never_zero() {
    let mut world = World::new(Config::default());
    world.call(within(ms(5)));
    world.now += ms(5);
    world.come_online();
    assert_eq!(world.sent[0].header("expiration"), Some("1"));
}

#[test]
fn a_call_that_was_given_up_settles_no_more() {
    let mut world = World::online();
    let id = world.call(request());
    world.cancel(id);
    world.receive(&result(id, "832040"));
    world.pass(ms(60_000));
    assert_eq!(world.settled, []);
    assert_eq!(world.engine.counters().unmatched, 1);
}

#[test]
fn the_workers_are_told_of_a_call_that_was_given_up() {
    let mut world = World::online();
    let id = world.call(request());
    world.cancel(id);
    let cancel = world.sent.last().expect("SEND");
    let client = world.engine.connection.client_id();
    let destination = format!("/exchange/rpc_queue.control/{client}");
    assert_eq!(cancel.header("destination"), Some(&*destination));
    assert_eq!(world.cancels(), [id]);

    // With no worker to hear it, it comes back.
    let bounce = message(BOUNCE_SUBSCRIPTION, &id.to_string()).with_header("type", "cancel");
    world.receive(&bounce);
    assert_eq!(
        world.engine.counters(),
        Counters {
            connects: 1,
            ..Counters::default()
        }
    );
}

#[test]
fn the_workers_are_told_of_calls_that_nobody_waits_for_any_more() {
    let mut world = World::online();
    let late = world.call(within(ms(700)));
    let pending = world.call(request());
    world.pass(ms(700));
    assert_eq!(world.cancels(), [late]);
    world.engine.close(world.now);
    world.drain();
    assert_eq!(world.cancels(), [pending]);
}

#[test]
fn nobody_is_told_of_a_call_that_never_left() {
    let mut world = World::online();
    world.lost();
    let waiting = world.call(request());
    let other = world.call(request());
    world.cancel(waiting);
    world.come_back();
    assert_eq!(world.requests(), [other], "it is not sent later either");
    assert!(world.cancels().is_empty());
}

#[test]
fn a_tutorials_server_is_told_nothing() {
    let mut world = World::new(Config::default().in_mode(Mode::Tutorial));
    world.opened();
    world.receive(&connected("0,0"));
    let id = world.call(request());
    world.cancel(id);
    assert!(world.cancels().is_empty());
}

#[test]
fn a_traceparent_is_passed_on() {
    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    let mut world = World::online();
    world.call(request());
    assert_eq!(
        world.sent.last().and_then(|f| f.header("traceparent")),
        None
    );
    world.call(Request {
        traceparent: Some(TEXT.parse().expect("it is the standard's")),
        ..request()
    });
    let passed_on = world.sent.last().and_then(|f| f.header("traceparent"));
    assert_eq!(passed_on, Some(TEXT));
}

#[test]
fn requests_over_a_limit_are_not_sent() {
    let mut world = World::new(Config {
        max_pending: 2,
        ..Config::default()
    });
    world.come_online();

    let too_large = Request {
        body: vec![b' '; MAX_REQUEST_BYTES + 1],
        ..request()
    };
    let cases = [
        (within(ms(0)), "must be over 0 s"),
        (within(Config::MAX_DEADLINE + ms(1)), "at most 86400s"),
        (too_large, "1048577 bytes, where 1048576 are allowed"),
    ];
    for (request, words) in cases {
        let id = world.call(request);
        let error = world.error(id).to_string();
        assert!(error.contains(words), "{error}");
    }

    let largest = Request {
        body: vec![b' '; MAX_REQUEST_BYTES],
        ..within(Config::MAX_DEADLINE)
    };
    let taken = [world.call(largest), world.call(request())];
    let third = world.call(request());
    let allowed = 2;
    let error = world.error(third);
    assert_eq!(error, &CallError::TooManyPending { allowed });
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(world.requests(), taken);
}
