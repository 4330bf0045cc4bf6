//! Brokers that have no exchange for pings, and those that only look so.

use warren_contract::Code;

use super::*;
use crate::{
    Disconnect,
    engine::{calls::MAX_LOSSES, presence::ANSWER_WITHIN},
};

impl World {
    /// Waits for the next try to connect, and lets it succeed, but for the worker.
    fn come_online_again_unanswered(&mut self) -> Uuid {
        while !self.socket {
            self.pass(ms(1));
        }
        self.come_online_unanswered()
    }
}

#[test]
fn a_broker_that_ends_every_connection_at_the_first_ping_lacks_the_exchange() {
    let mut world = World::new(Config::default());
    let impatient = world.call(request());
    let waiting = world.call(patient());
    for _ in 0..3 {
        assert!(world.settled.is_empty());
        while !world.socket {
            world.pass(ms(1));
        }
        world.come_online_unanswered();
        world.sent.clear();
        world.lost();
    }
    let error = world.error(impatient);
    let words = error.to_string();
    assert!(words.contains("exchange `rpc_queue.control`"), "{words}");
    assert!(words.contains("start a worker"), "{words}");
    assert_eq!(error.code(), Code::Unavailable);
    let next = world.call(request());
    assert_eq!(world.error(next).to_string(), words, "and so does the next");
    assert_eq!(world.settled.len(), 2);

    // Whoever waits for a worker is served when one comes, as it declares what is missing.
    world.come_back();
    assert_eq!(world.requests(), [waiting]);
    world.receive(&result(waiting, "1"));
    assert!(world.outcome(waiting).is_ok());
    let id = world.call(request());
    assert_eq!(world.requests(), [id]);
}

#[test]
fn who_waits_for_a_worker_outlives_all_connections_that_end_for_the_missing_exchange() {
    let mut world = World::new(Config::default());
    let calls = [true, false].map(|idempotent| {
        world.call(Request {
            idempotent,
            deadline: Some(ms(600_000)),
            ..patient()
        })
    });
    for _ in 0..2 * MAX_LOSSES {
        world.come_online_again_unanswered();
        assert!(world.requests().is_empty());
        world.lost();
    }
    assert_eq!(world.settled, []);
    world.come_back();
    assert_eq!(world.requests(), calls);

    // From then on the exchange is known to be there, and nothing waits for an answer.
    world.lost();
    let next = world.call(patient());
    world.come_online_again_unanswered();
    assert_eq!(world.requests(), [calls[0], next]);
}

#[test]
fn who_waits_for_a_worker_does_not_wait_for_one_that_is_too_slow_to_answer() {
    let mut world = World::new(Config::default());
    let id = world.call(patient());
    world.come_online_unanswered();
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.requests(), [id]);
}

#[test]
fn what_was_sent_may_have_been_served_even_if_the_exchange_is_missing_now() {
    let mut world = World::new(Config::default());
    for _ in 0..2 {
        world.come_online_again_unanswered();
        world.lost();
    }
    world.come_online_again_unanswered();
    let [sent, again] = [world.call(not_idempotent()), world.call(request())];
    world.pass(ANSWER_WITHIN);
    // What may be sent again goes ahead.
    assert_eq!(world.requests(), [again, sent]);
    world.lost();
    let error = world.error(sent);
    assert!(matches!(error, CallError::OutcomeUnknown(_)), "{error:?}");
    let error = world.error(again);
    assert!(matches!(error, CallError::Refused(_)), "{error:?}");
}

#[test]
fn the_ping_of_one_connection_says_nothing_of_the_end_of_the_next() {
    let mut world = World::new(Config::default());
    let id = world.call(request());
    for _ in 0..4 {
        world.come_online_again_unanswered();
        world.receive(&error_frame("Processing error", ""));
        while !world.socket {
            world.pass(ms(1));
        }
        world.opened();
        world.lost();
        assert_eq!(world.settled, []);
    }
    world.come_back();
    assert_eq!(world.requests(), [id]);
}

#[test]
fn an_exchange_that_was_there_may_be_missing_later() {
    let mut world = World::online();
    let id = world.call(patient());
    world.lost();
    world.come_online_again_unanswered();
    assert_eq!(world.requests(), [id], "nothing was wrong before");
    world.lost();
    for _ in 0..2 * MAX_LOSSES {
        world.come_online_again_unanswered();
        assert!(world.requests().is_empty());
        world.lost();
    }
    let next = world.call(request());
    assert!(matches!(world.error(next), CallError::Refused(_)));
}

#[test]
fn an_answered_ping_ends_the_row() {
    let mut world = World::new(Config::default());
    for _ in 0..2 {
        for _ in 0..2 {
            world.come_online_again_unanswered();
            world.lost();
        }
        world.come_back();
        world.lost();
    }
    for state in world.states {
        let ConnectionState::Offline { reason, .. } = state else {
            continue;
        };
        assert!(matches!(reason, Disconnect::Lost { .. }), "{reason}");
    }
}

#[test]
fn ends_that_are_not_in_a_row_say_nothing_of_the_exchange() {
    type End = fn(&mut World);
    let others: [End; 2] = [
        |world| world.closed(1006, ""),
        |world| world.receive(&error_frame("Processing error", "")),
    ];
    for other in others {
        let mut world = World::new(Config::default());
        let id = world.call(request());
        for _ in 0..3 {
            world.come_online_again_unanswered();
            world.lost();
            world.come_online_again_unanswered();
            other(&mut world);
            assert_eq!(world.settled, []);
        }
        world.come_back();
        assert_eq!(world.requests(), [id]);
    }
}

#[test]
fn connections_that_end_otherwise_say_nothing_of_the_exchange() {
    type End = fn(&mut World);
    let ends: [End; 2] = [
        |world| world.closed(1006, ""),
        |world| world.receive(&error_frame("Processing error", "")),
    ];
    for end in ends {
        let mut world = World::new(Config::default());
        let id = world.call(request());
        for _ in 0..5 {
            while !world.socket {
                world.pass(ms(1));
            }
            world.come_online_unanswered();
            end(&mut world);
        }
        assert_eq!(world.settled, []);
        world.come_back();
        assert_eq!(world.requests(), [id]);
    }
}
