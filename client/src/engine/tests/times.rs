//! Where the time of a call went, as far as this side and the worker can tell.

use super::{
    progress::{progress, started, with_progress},
    *,
};
use crate::{Mode, Times};

impl World {
    /// An online engine whose first ping took so long.
    fn with_ping(took: Duration) -> Self {
        let mut world = Self::new(Config::default());
        world.come_online_with_ping(took);
        world
    }

    fn come_online_with_ping(&mut self, took: Duration) {
        let ping = self.come_online_unanswered();
        self.pass(took);
        self.answer(ping, "hare");
    }

    /// Lets time pass until a ping is sent, and not a moment more.
    fn next_ping(&mut self) -> Uuid {
        for _ in 0..10 {
            let due = self.engine.poll_timeout().expect("a ping is due");
            self.pass(due - self.now);
            if let [ping] = self.pings()[..] {
                return ping;
            }
        }
        panic!("no ping is sent");
    }

    /// The times of the call, which has its reply.
    fn times(&self, id: Uuid) -> Option<Times> {
        self.outcome(id).as_ref().expect("it has a reply").times
    }
}

/// The parts in milliseconds, with the 5.3 ms that [`result`] says it computed.
fn parts(way: u64, queued: u64, back: Duration) -> Option<Times> {
    Some(Times {
        way: ms(way),
        queued: ms(queued),
        computing: Duration::from_micros(5300),
        back,
    })
}

#[test]
fn a_call_tells_where_its_time_went() {
    let mut world = World::with_ping(ms(4));
    let id = world.call(with_progress());
    world.pass(ms(30));
    world.receive(&started(id));
    world.pass(ms(4));
    // It began before it could tell how far it is.
    world.receive(&progress(id, 4));
    world.pass(ms(4));
    world.receive(&result(id, "1"));
    let back = Duration::from_micros(38_000 - 2_000 - 26_000 - 5_300);
    assert_eq!(world.times(id), parts(2, 26, back));
}

#[test]
fn the_fastest_answer_to_a_ping_on_this_connection_counts() {
    let mut world = World::with_ping(ms(40));
    world.engine.watch_workers(world.now, true);
    for took in [ms(4), ms(20)] {
        let ping = world.next_ping();
        world.pass(took);
        world.answer(ping, "hare");
        world.pass(took);
        world.answer(ping, "slow");
    }
    let id = world.call(with_progress());
    world.pass(ms(30));
    world.receive(&started(id));
    world.pass(ms(8));
    world.receive(&result(id, "1"));
    assert_eq!(world.times(id).map(|times| times.way), Some(ms(2)));

    // Another connection may take another way.
    world.lost();
    world.pass(ms(5_000));
    world.come_online_with_ping(ms(10));
    let id = world.call(with_progress());
    world.pass(ms(30));
    world.receive(&started(id));
    world.receive(&result(id, "1"));
    assert_eq!(world.times(id).map(|times| times.way), Some(ms(5)));
}

#[test]
fn a_late_answer_to_a_ping_counts_too() {
    let mut world = World::with_ping(ms(900));
    let id = world.call(with_progress());
    world.pass(ms(1_000));
    world.receive(&started(id));
    world.receive(&result(id, "1"));
    assert_eq!(world.times(id).map(|times| times.way), Some(ms(450)));
}

#[test]
fn the_last_worker_that_began_is_the_one_that_replies() {
    let mut world = World::with_ping(ms(4));
    let id = world.call(with_progress());
    world.receive(&started(id));
    world.pass(ms(100));
    world.receive(&started(id));
    world.pass(ms(8));
    world.receive(&result(id, "1"));
    assert_eq!(world.times(id), parts(2, 96, Duration::from_micros(4_700)));
}

#[test]
fn a_start_on_a_connection_that_was_lost_does_not_count() {
    let mut world = World::with_ping(ms(4));
    let id = world.call(with_progress());
    world.receive(&started(id));
    world.lost();
    world.come_back();
    world.receive(&result(id, "1"));
    assert_eq!(world.times(id), None);
}

#[test]
fn nothing_is_told_where_something_is_not_known() {
    let mut world = World::with_ping(ms(4));
    let unasked = world.call(request());
    world.receive(&result(unasked, "1"));
    assert_eq!(world.times(unasked), None, "it did not tell when it began");

    let mute = world.call(with_progress());
    world.receive(&started(mute));
    world.receive(&reply(mute).with_header("type", "result").with_body("1"));
    assert_eq!(world.times(mute), None, "it did not tell how long it ran");

    let mut world = World::new(Config::default().in_mode(Mode::Tutorial));
    world.opened();
    world.receive(&connected("0,0"));
    let unpinged = world.call(with_progress());
    world.receive(&started(unpinged));
    world.receive(&result(unpinged, "1"));
    assert_eq!(world.times(unpinged), None, "there was no ping");
}
