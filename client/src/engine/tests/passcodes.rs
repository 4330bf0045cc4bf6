//! Passcodes that are asked for, and run out.

mod failing;

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
