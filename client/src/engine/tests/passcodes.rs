//! Passcodes that are asked for, and run out.

use super::*;
use crate::{Disconnect, PasscodeSource, Token, ids::random_uuid};

/// How long a token is good here.
const LIFE: Duration = Duration::from_secs(300);

/// A client whose passcodes come from the test.
fn world() -> World {
    // The engine asks by an action; what the source would do is the driver's business.
    let source = PasscodeSource::new(|| async { Err::<Token, _>("not in virtual time") });
    let config = Config {
        passcode: source.into(),
        ..Config::default()
    };
    World::with_random(config, Box::new(random_uuid))
}

/// A client that is online, with a token of this life.
fn online_for(life: Duration) -> World {
    let mut world = world();
    world.give("first", Some(life));
    world.come_online();
    world
}

/// A call that is in flight for longer than a token is good.
fn long() -> Request {
    Request {
        deadline: Some(Duration::from_hours(1)),
        ..patient()
    }
}

/// The same, if serving it twice did harm.
fn precious() -> Request {
    Request {
        idempotent: false,
        ..long()
    }
}

impl World {
    fn give(&mut self, passcode: &str, lifetime: Option<Duration>) {
        let passcode = passcode.to_owned();
        let token = Token { passcode, lifetime };
        self.engine.handle_passcode(self.now, Ok(token));
        self.drain();
    }

    fn give_none(&mut self) {
        let why = "the token server is away".to_owned();
        self.engine.handle_passcode(self.now, Err(why));
        self.drain();
    }

    /// Lets time pass until a passcode is asked for, and returns since when it has passed.
    fn until_asked(&mut self) -> Duration {
        let (begin, asked) = (self.now, self.asked.len());
        for _ in 0..100_000 {
            if self.asked.len() > asked {
                return self.now - begin;
            }
            let due = self
                .engine
                .poll_timeout()
                .expect("there is something to do");
            self.pass(due.saturating_sub(self.now));
        }
        panic!("nothing is asked for");
    }

    /// The passcode with which this connection, which is opening, logs in.
    fn passcode(&mut self) -> String {
        self.sent.clear();
        self.opened();
        let connect = self.sent.pop().expect("CONNECT");
        connect.header("passcode").expect("it has one").to_owned()
    }

    /// The rest of [`World::come_online`].
    fn greeted(&mut self) {
        self.receive(&connected("0,0"));
        self.sent.clear();
        self.receive(&subscribed());
        let ping = self.ping();
        self.answer(ping, "hare");
    }

    fn reply(&mut self, id: Uuid) {
        self.receive(&result(id, "1"));
        assert!(self.outcome(id).is_ok());
    }
}

#[test]
fn a_passcode_is_asked_for_before_a_connection_is_opened() {
    let mut world = world();
    assert_eq!((world.asked.len(), world.opened.len()), (1, 0));
    world.give("token", Some(LIFE));
    assert_eq!(world.opened.len(), 1);
    assert_eq!(world.passcode(), "token");
    let shown = format!("{:?}", world.engine);
    assert!(!shown.contains("token\""), "{shown}");
}

#[test]
fn a_passcode_that_is_good_for_some_time_yet_serves_the_next_connection() {
    let mut world = online_for(LIFE);
    for _ in 0..5 {
        world.lost();
        world.retry();
        assert_eq!(world.passcode(), "first");
        world.greeted();
    }
    assert_eq!(world.asked.len(), 1);
}

#[test]
fn a_passcode_of_unknown_life_serves_one_connection() {
    let mut world = world();
    world.give("first", None);
    world.come_online();
    world.pass(Duration::from_hours(24));
    assert_eq!((world.asked.len(), world.opened.len()), (1, 1));
    world.lost();
    world.retry();
    assert_eq!((world.asked.len(), world.opened.len()), (2, 1));
    world.give("second", None);
    assert_eq!(world.passcode(), "second");
}

#[test]
fn a_successor_is_asked_for_in_time_and_not_by_all_clients_together() {
    for (life, from, to) in [(300, 180, 240), (3600, 3480, 3540), (8, 4, 6)] {
        let asked: Vec<_> = (0..200)
            .map(|_| online_for(Duration::from_secs(life)).until_asked())
            .collect();
        let (first, last) = (asked.iter().min(), asked.iter().max());
        let (first, last) = (*first.expect("some"), *last.expect("some"));
        let (from, to) = (Duration::from_secs(from), Duration::from_secs(to));
        assert!(from <= first && last <= to, "{first:?} to {last:?}");
        assert!(last - first > (to - from) * 4 / 5, "{first:?} to {last:?}");
    }
}

#[test]
fn an_idle_connection_is_changed_as_soon_as_there_is_a_successor() {
    let mut world = online_for(LIFE);
    world.until_asked();
    assert_eq!(world.opened.len(), 1);
    world.states.clear();
    world.give("second", Some(LIFE));
    assert_eq!(world.states, [connecting(1)]);
    assert_eq!(world.passcode(), "second");
    world.greeted();
    assert_eq!(world.states.last(), Some(&online()));
    // And so on.
    world.until_asked();
    world.give("third", Some(LIFE));
    assert_eq!(world.passcode(), "third");
}

#[test]
fn a_connection_is_changed_once_no_call_is_in_flight() {
    let mut world = online_for(LIFE);
    world.until_asked();
    let call = world.call(precious());
    assert_eq!(world.requests(), [call]);
    world.give("second", Some(LIFE));
    assert_eq!(world.opened.len(), 1);
    let later = world.call(precious());
    assert_eq!(world.requests(), [later], "there is time yet");
    world.reply(call);
    assert_eq!(world.opened.len(), 1);
    world.reply(later);
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn late_calls_that_must_not_be_done_twice_wait_for_the_next_connection() {
    let mut world = online_for(LIFE);
    world.until_asked();
    let unique = world.call(precious());
    let idempotent = world.call(long());
    world.give("second", Some(LIFE));
    // Twenty seconds before the end.
    let until = LIFE - ms(20_000);
    world.pass(until - world.now);
    assert_eq!(world.requests(), [unique, idempotent]);

    let put_off = world.call(precious());
    let sent = world.call(long());
    assert_eq!(world.requests(), [sent]);
    assert_eq!(world.opened.len(), 1);
    // The last one that must not be done twice settles; the others may be sent again.
    world.reply(unique);
    assert_eq!(world.opened.len(), 2);
    world.come_online();
    assert_eq!(world.requests(), [idempotent, put_off, sent]);
    assert_eq!(world.engine.counters().resent, 2);
    for id in [idempotent, put_off, sent] {
        world.reply(id);
    }
}

#[test]
fn a_connection_is_changed_in_time_whatever_is_in_flight() {
    let mut world = online_for(LIFE);
    world.until_asked();
    let unique = world.call(precious());
    let idempotent = world.call(long());
    world.give("second", Some(LIFE));
    let until = LIFE - ms(10_001);
    world.pass(until - world.now);
    let put_off = world.call(precious());
    assert_eq!(world.opened.len(), 1);
    world.pass(ms(1));
    assert_eq!(world.opened.len(), 2);
    assert!(matches!(
        world.error(unique),
        CallError::OutcomeUnknown(Disconnect::PasscodeEnds { .. })
    ));
    world.sent.clear();
    world.come_online();
    assert_eq!(world.requests(), [idempotent, put_off]);
}

/// A call may be in flight for many lives of a token.
#[test]
fn changing_is_no_loss() {
    let mut world = online_for(Duration::from_secs(10));
    let call = world.call(long());
    for _ in 0..20 {
        world.until_asked();
        world.give("next", Some(Duration::from_secs(10)));
        world.pass(ms(6_000));
        world.sent.clear();
        world.come_online();
        assert_eq!(world.requests(), [call]);
    }
    world.reply(call);
}

#[test]
fn a_call_that_is_put_off_has_its_deadline_all_the_same() {
    let mut world = online_for(LIFE);
    world.until_asked();
    world.call(precious());
    world.give("second", Some(LIFE));
    let until = LIFE - ms(20_000);
    world.pass(until - world.now);
    let put_off = world.call(Request {
        deadline: Some(ms(1_000)),
        ..precious()
    });
    world.pass(ms(1_000));
    assert!(matches!(
        world.error(put_off),
        CallError::DeadlineExceeded { .. }
    ));
    let (entries, expected) = world.engine.calls.entries();
    assert_eq!(entries, expected);
}

#[test]
fn a_source_that_fails_is_told_and_asked_again_with_growing_waits() {
    let mut world = world();
    let call = world.call(within(ms(1_000)));
    let mut waits = Vec::new();
    for number in 1..40 {
        assert_eq!(world.asked.len(), number);
        world.give_none();
        let (reason, retry_in) = world.offline();
        assert!(matches!(reason, Disconnect::NoPasscode { .. }), "{reason}");
        assert!(reason.to_string().contains("the token server is away"));
        waits.push(retry_in);
        world.pass(retry_in);
    }
    assert_eq!(world.opened, []);
    assert!(waits[0] <= ms(250) && waits.iter().all(|wait| *wait <= ms(15_000)));
    assert!(
        waits[20..].iter().sum::<Duration>() > ms(60_000),
        "{waits:?}"
    );
    let error = world.error(call);
    assert!(matches!(error, CallError::NotConnected { .. }), "{error}");
    assert!(
        error.to_string().contains("the token server is away"),
        "{error}"
    );
    world.give("token", Some(LIFE));
    world.come_online();
}

#[test]
fn a_source_that_does_not_answer_has_failed() {
    let mut world = world();
    world.pass(ms(9_999));
    assert_eq!(world.states, []);
    world.pass(ms(1));
    let (reason, _) = world.offline();
    assert!(
        reason.to_string().contains("did not come within 10s"),
        "{reason}"
    );
    // What comes too late was not asked for.
    world.give("late", Some(LIFE));
    assert_eq!(world.opened, []);
    world.retry();
    assert_eq!(world.asked.len(), 2);
}

#[test]
fn a_passcode_that_is_good_for_no_time_is_none() {
    let mut world = world();
    world.give("token", Some(ms(1_999)));
    let (reason, _) = world.offline();
    assert!(reason.to_string().contains("1.999s, where 2s"), "{reason}");
}

#[test]
fn a_source_that_fails_disturbs_no_connection_and_is_asked_again() {
    let mut world = online_for(LIFE);
    world.until_asked();
    let waits = (0..5).map(|_| {
        world.give_none();
        world.until_asked()
    });
    assert!(waits.sum::<Duration>() > ms(500), "its server is let alone");
    assert_eq!(world.states.last(), Some(&online()));
    assert_eq!(world.opened.len(), 1);
    world.give("second", Some(LIFE));
    assert_eq!(world.passcode(), "second");
}

#[test]
fn a_source_that_fails_keeps_nobody_from_connecting_with_a_passcode_that_is_good_yet() {
    let mut world = online_for(LIFE);
    world.until_asked();
    world.give_none();
    world.lost();
    world.retry();
    // A better one is asked for, unless the source failed just now.
    if world.opened.len() == 1 {
        world.give_none();
    }
    assert_eq!(world.passcode(), "first");
    world.greeted();
    world.until_asked();

    // Ten seconds before its end it is good no more.
    let until = LIFE - ms(10_000);
    world.pass(until - world.now);
    world.lost();
    world.retry();
    world.give_none();
    let (reason, _) = world.offline();
    assert!(matches!(reason, Disconnect::NoPasscode { .. }), "{reason}");
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn a_passcode_that_the_broker_refuses_is_not_shown_to_it_again() {
    let mut world = world();
    world.give("forged", Some(LIFE));
    world.opened();
    world.receive(&error_frame(
        "Bad CONNECT",
        "Access refused for user 'web'\n",
    ));
    let call = world.call(request());
    assert_eq!(
        world.error(call).code(),
        warren_contract::Code::Unauthenticated
    );
    let (_, retry_in) = world.offline();
    assert!(retry_in >= ms(30_000), "no storm");
    world.pass(retry_in);
    assert_eq!((world.asked.len(), world.opened.len()), (2, 1));
    world.give("genuine", Some(LIFE));
    assert_eq!(world.passcode(), "genuine");
}

#[test]
fn a_passcode_that_was_good_once_and_ran_out_unnoticed_is_replaced_at_once() {
    let mut world = online_for(LIFE);
    world.lost();
    world.retry();
    world.opened();
    world.receive(&error_frame("Bad CONNECT", "Access refused for user 'web'"));
    let call = world.call(long());
    let (reason, retry_in) = world.offline();
    assert!(matches!(reason, Disconnect::Lost { .. }), "{reason:?}");
    assert!(retry_in < ms(1_000), "{retry_in:?}");
    world.retry();
    world.give("second", Some(LIFE));
    world.come_online();
    assert_eq!(world.requests(), [call]);
}

#[test]
fn a_passcode_may_be_good_for_ever() {
    let mut world = online_for(Duration::MAX);
    world.pass(Duration::from_hours(1_000));
    assert_eq!(world.asked.len(), 1);
}

#[test]
fn a_client_may_be_closed_while_it_asks() {
    let mut world = world();
    world.engine.close(world.now);
    world.drain();
    assert_eq!(world.states, [ConnectionState::Closed]);
    assert_eq!(world.engine.poll_timeout(), None);
    world.give("late", Some(LIFE));
    assert_eq!(world.opened, []);
}
