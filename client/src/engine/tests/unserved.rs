//! Calls for which there is no worker.

use warren_contract::Code;

use super::*;
use crate::{
    Mode,
    engine::{
        presence::{ANSWER_WITHIN, PING_EVERY},
        reactions::WORKERS_RETURN_WITHIN,
    },
};

const SERVICE: &str = "rpc_queue";

fn no_worker() -> CallError {
    let service = SERVICE.to_owned();
    CallError::NoWorker { service }
}

fn workers_left() -> CallError {
    let service = SERVICE.to_owned();
    CallError::WorkersLeft { service }
}

impl World {
    /// An online engine that has just heard that there is no worker.
    fn unserved() -> Self {
        let mut world = Self::new(Config::default());
        let ping = world.come_online_unanswered();
        world.bounce(ping);
        world
    }
}

#[test]
fn a_call_for_which_nobody_is_there_fails_at_once_and_is_never_sent() {
    let mut world = World::unserved();
    let id = world.call(request());
    let ping = world.ping();
    assert_eq!(world.settled, [], "a worker may have come meanwhile");
    world.bounce(ping);
    assert_eq!(world.error(id), &no_worker());
    assert_eq!(world.error(id).code(), Code::Unavailable);
    assert!(world.requests().is_empty());
}

#[test]
fn calls_that_wait_for_the_same_answer_share_one_ping() {
    let mut world = World::new(Config::default());
    let early = world.call(request());
    let ping = world.come_online_unanswered();
    let late = world.call(request());
    assert!(world.pings().is_empty());
    world.bounce(ping);
    assert_eq!([world.error(early), world.error(late)], [&no_worker(); 2]);
}

#[test]
fn a_call_is_sent_as_soon_as_one_worker_answers() {
    let mut world = World::unserved();
    let calls = [world.call(request()), world.call(not_idempotent())];
    let ping = world.ping();
    assert!(world.requests().is_empty());
    world.answer(ping, "hare");
    assert_eq!(world.requests(), calls);
}

#[test]
fn workers_that_are_too_slow_to_answer_get_the_request_all_the_same() {
    let mut world = World::new(Config::default());
    world.come_online_unanswered();
    let id = world.call(request());
    world.pass(ANSWER_WITHIN - ms(1));
    assert!(world.requests().is_empty());
    world.pass(ms(1));
    assert_eq!(world.requests(), [id]);

    let next = world.call(request());
    assert_eq!(world.requests(), [next], "it is known by now");
}

#[test]
fn calls_fail_soon_after_the_last_worker_left() {
    let mut world = World::online();
    let id = world.call(request());
    assert_eq!(world.requests(), [id]);
    // The worker leaves right after it was heard.
    world.pass(PING_EVERY);
    let ping = world.ping();
    world.bounce(ping);
    assert_eq!(world.error(id), &workers_left());
    assert_eq!(world.error(id).code(), Code::Unavailable);
}

#[test]
fn who_waits_for_a_worker_is_sent_and_stays() {
    let mut world = World::unserved();
    let id = world.call(patient());
    assert_eq!(world.requests(), [id]);
    for _ in 0..5 {
        world.pass(PING_EVERY);
        let ping = world.ping();
        world.bounce(ping);
    }
    assert_eq!(world.settled, []);
    world.pass(ms(30_000));
    let deadline = ms(30_000);
    assert_eq!(world.error(id), &CallError::DeadlineExceeded { deadline });
}

#[test]
fn replies_are_signs_of_life_so_that_a_busy_client_pings_nobody() {
    let mut world = World::online();
    for _ in 0..20 {
        let id = world.call(request());
        assert_eq!(world.requests(), [id]);
        world.pass(ms(500));
        world.receive(&result(id, "1"));
    }
    assert!(world.pings().is_empty());
}

#[test]
fn progress_is_a_sign_of_life_too() {
    let mut world = World::online();
    let id = world.call(Request {
        progress: Some(ms(100)),
        ..request()
    });
    for _ in 0..20 {
        world.pass(ms(500));
        world.receive(&reply(id).with_header("type", "started"));
    }
    assert!(world.pings().is_empty());
}

#[test]
fn a_worker_that_is_heard_behind_the_news_of_its_absence_is_there() {
    let mut world = World::online();
    let calls = [world.call(request()), world.call(request())];
    assert_eq!(world.requests(), calls);
    world.pass(PING_EVERY);
    let absent = bounced_ping(world.ping());
    world.receive_all(&[absent.clone(), result(calls[0], "1")]);
    assert!(world.outcome(calls[0]).is_ok());
    assert_eq!(world.settled.len(), 1);
    // Not so the other way round.
    world.pass(PING_EVERY);
    let absent = bounced_ping(world.ping());
    let late = result(calls[0], "1");
    world.receive_all(&[late, absent]);
    assert_eq!(world.error(calls[1]), &workers_left());
}

#[test]
fn the_absence_of_workers_is_forgotten_with_the_connection_that_told_it() {
    let mut world = World::new(Config::default());
    let ping = world.come_online_unanswered();
    let id = world.call(request());
    let end = error_frame("Processing error", "");
    world.receive_all(&[bounced_ping(ping), end]);
    assert_eq!(world.settled, []);
    world.come_back();
    assert_eq!(world.requests(), [id]);
}

#[test]
fn an_answer_counts_from_when_it_came() {
    for (after, sent) in [(ms(1_699), true), (ms(1_700), false)] {
        let mut world = World::online();
        world.pass(after);
        let id = world.call(request());
        assert_eq!(world.requests() == [id], sent, "after {after:?}");
    }
}

#[test]
fn what_was_heard_long_ago_is_asked_again() {
    let mut world = World::online();
    world.pass(PING_EVERY + ANSWER_WITHIN - ms(1));
    let soon = world.call(request());
    assert_eq!(world.requests(), [soon]);
    world.receive(&result(soon, "1"));

    // It also sent a ping, and silence is no sign of absence either.
    let ping = world.ping();
    world.answer(ping, "hare");
    world.pass(ANSWER_WITHIN + PING_EVERY + ANSWER_WITHIN);
    let later = world.call(request());
    assert!(world.requests().is_empty());
    let ping = world.ping();
    world.answer(ping, "hare");
    assert_eq!(world.requests(), [later]);
}

#[test]
fn workers_that_are_about_to_stop_finish_what_they_have_and_get_no_more() {
    let mut world = World::online();
    let running = world.call(request());
    world.pass(PING_EVERY);
    let ping = world.ping();
    world.receive(&pong(ping, "hare", true));
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.settled, []);

    let late = world.call(request());
    let ping = world.ping();
    world.receive(&pong(ping, "hare", true));
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.error(late), &no_worker());

    world.receive(&result(running, "1"));
    assert!(world.outcome(running).is_ok());
}

#[test]
fn one_worker_that_does_not_stop_is_enough() {
    let mut world = World::unserved();
    let id = world.call(request());
    let ping = world.ping();
    world.answer(ping, "hare");
    world.receive(&pong(ping, "rabbit", true));
    assert_eq!(world.requests(), [id]);
    world.pass(ANSWER_WITHIN);
    let next = world.call(request());
    assert_eq!(world.requests(), [next]);
}

#[test]
fn a_call_made_after_the_ping_is_not_judged_by_its_answers() {
    let mut world = World::online();
    let running = world.call(request());
    assert_eq!(world.requests(), [running]);
    for _ in 0..2 {
        world.pass(PING_EVERY);
        let ping = world.ping();
        world.receive(&pong(ping, "hare", true));
    }
    // Another worker takes the place of the one that stops, and hears the next ping.
    world.pass(ms(1));
    let id = world.call(request());
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.settled, []);
    let ping = world.ping();
    world.receive(&pong(ping, "hare", true));
    world.answer(ping, "rabbit");
    assert_eq!(world.requests(), [id]);
}

#[test]
fn a_ping_that_comes_back_late_says_nothing_of_calls_made_after_it() {
    let mut world = World::new(Config::default());
    let before = world.call(request());
    let late = world.come_online_unanswered();
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.requests(), [before]);
    let after = world.call(request());
    assert_eq!(world.requests(), [after]);
    world.bounce(late);
    assert_eq!(world.error(before), &workers_left());
    assert_eq!(world.settled.len(), 1);
    // A worker has come since, as the next ping shows.
    world.pass(PING_EVERY - ANSWER_WITHIN);
    let ping = world.ping();
    world.answer(ping, "hare");
    world.receive(&result(after, "1"));
    assert!(world.outcome(after).is_ok());
}

#[test]
fn calls_whose_connection_was_lost_give_the_workers_time_to_come_back() {
    let mut world = World::online();
    let sent = world.call(request());
    world.requests();
    world.lost();
    let made_meanwhile = world.call(request());
    while !world.socket {
        world.pass(ms(1));
    }
    let ping = world.come_online_unanswered();
    assert_eq!(world.requests(), [sent, made_meanwhile]);
    world.bounce(ping);
    let mut passed = PING_EVERY;
    while passed < WORKERS_RETURN_WITHIN {
        world.pass(PING_EVERY);
        assert_eq!(world.settled, [], "after {passed:?}");
        let ping = world.ping();
        world.bounce(ping);
        passed += PING_EVERY;
    }
    world.pass(PING_EVERY);
    let ping = world.ping();
    world.bounce(ping);
    assert_eq!(
        [world.error(sent), world.error(made_meanwhile)],
        [&workers_left(); 2]
    );
}

#[test]
fn a_call_made_after_the_connection_is_back_fails_at_once() {
    let mut world = World::online();
    world.lost();
    while !world.socket {
        world.pass(ms(1));
    }
    let ping = world.come_online_unanswered();
    let id = world.call(request());
    world.bounce(ping);
    assert_eq!(world.error(id), &no_worker());
}

#[test]
fn no_call_waits_for_workers_that_were_gone_before_the_connection_was() {
    let mut world = World::online();
    let left = world.call(request());
    world.pass(PING_EVERY);
    let ping = world.ping();
    world.bounce(ping);
    assert_eq!(world.error(left), &workers_left());
    world.lost();
    let id = world.call(request());
    while !world.socket {
        world.pass(ms(1));
    }
    let ping = world.come_online_unanswered();
    assert!(world.requests().is_empty());
    world.bounce(ping);
    assert_eq!(world.error(id), &no_worker());
}

#[test]
fn who_waits_for_a_worker_waits_longer_than_for_one_to_come_back() {
    let mut world = World::online();
    let id = world.call(patient());
    world.lost();
    world.come_back();
    world.pass(WORKERS_RETURN_WITHIN);
    for ping in world.pings() {
        world.bounce(ping);
    }
    world.pass(PING_EVERY);
    assert_eq!(world.settled, []);
    world.receive(&result(id, "1"));
    assert!(world.outcome(id).is_ok());
}

#[test]
fn a_held_call_has_a_deadline_and_can_be_given_up() {
    let mut world = World::new(Config::default());
    world.come_online_unanswered();
    let deadline = ms(100);
    let late = world.call(within(deadline));
    let given_up = world.call(request());
    world.pass(deadline);
    assert_eq!(world.error(late), &CallError::DeadlineExceeded { deadline });
    world.cancel(given_up);
    world.pass(ANSWER_WITHIN);
    assert!(world.requests().is_empty() && world.cancels().is_empty());
    assert_eq!(world.engine.calls.len(), 0);
}

#[test]
fn the_tutorial_mode_asks_nobody() {
    let mut world = World::new(Config::default().in_mode(Mode::Tutorial));
    world.opened();
    world.receive(&connected("0,0"));
    let id = world.call(request());
    assert_eq!(world.requests(), [id]);
    assert!(world.pings().is_empty());
}
