//! A device, or a page, that comes back.

use super::*;
use crate::Disconnect;

impl World {
    fn wake(&mut self) {
        self.engine.handle_wake(self.now);
        self.drain();
    }
}

#[test]
fn waking_does_not_wait_for_the_next_try() {
    let mut world = World::new(Config::default());
    for _ in 0..10 {
        world.closed(1006, "Connection refused");
        assert!(!world.socket);
        world.wake();
        assert!(world.socket);
    }
    world.closed(1006, "Connection refused");
    let Some(ConnectionState::Offline { retry_in, .. }) = world.states.last() else {
        panic!("not offline: {:?}", world.states);
    };
    assert!(*retry_in <= ms(250), "waits begin anew: {retry_in:?}");
}

#[test]
fn a_broker_that_shows_no_sign_of_life_is_left() {
    let mut world = World::online();
    world.wake();
    world.pass(ms(4_999));
    assert!(world.socket);
    world.wake();
    world.pass(ms(1));
    let Some(ConnectionState::Offline { reason, .. }) = world.states.last() else {
        panic!("not offline: {:?}", world.states);
    };
    assert!(matches!(reason, Disconnect::Silent { .. }), "{reason}");
    assert!(!world.socket);
}

#[test]
fn a_page_that_stood_still_asks_before_it_gives_a_connection_up() {
    let mut world = World::new(Config::default());
    world.opened();
    world.receive(&connected("10000,20000"));
    world.receive(&subscribed());
    let ping = world.ping();
    world.answer(ping, "hare");
    let id = world.call(not_idempotent());
    // Neither timers nor messages come to a page that is frozen.
    world.now += ms(25_000);
    world.wake();
    world.pass(ms(0));
    world.receive(&result(id, "1"));
    assert!(world.outcome(id).is_ok(), "{:?}", world.outcome(id));

    // From then on, silence counts again.
    world.pass(ms(19_999));
    assert!(world.socket);
    world.pass(ms(1));
    assert!(!world.socket);
}

#[test]
fn any_sign_of_life_will_do() {
    let mut world = World::online();
    world.wake();
    let asked: Vec<_> = world.sent.drain(..).map(|frame| frame.command).collect();
    assert_eq!(asked, [Command::Begin, Command::Abort]);
    world.pass(ms(4_999));
    world.receive(&Frame::new(Command::Receipt).with_header("receipt-id", "alive"));
    world.pass(ms(60_000));
    assert_eq!(world.states.last(), Some(&online()));
}

#[test]
fn waking_disturbs_nothing_else() {
    let mut world = World::new(Config::default());
    world.wake();
    world.opened();
    world.wake();
    world.receive(&connected("0,0"));
    world.wake();
    world.sent.clear();
    world.receive(&subscribed());
    assert_eq!(world.states, [online()]);
    world.engine.close(world.now);
    world.drain();
    world.wake();
    assert!(world.states.len() == 1 && world.socket);
}
