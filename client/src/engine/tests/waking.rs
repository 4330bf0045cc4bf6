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
fn any_sign_of_life_will_do() {
    let mut world = World::online();
    world.wake();
    let asked: Vec<_> = world.sent.drain(..).map(|frame| frame.command).collect();
    assert_eq!(asked, [Command::Begin, Command::Abort]);
    world.pass(ms(4_999));
    world.receive(&Frame::new(Command::Receipt).with_header("receipt-id", "alive"));
    world.pass(ms(60_000));
    assert_eq!(world.states.last(), Some(&ConnectionState::Online));
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
    assert_eq!(world.states, [ConnectionState::Online]);
    world.engine.close(world.now);
    world.drain();
    world.wake();
    assert!(world.states.len() == 1 && world.socket);
}
