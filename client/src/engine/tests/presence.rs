//! Asking who serves the service.

use super::*;
use crate::{
    Mode,
    engine::presence::{ANSWER_WITHIN, PING_EVERY},
};

impl World {
    /// An online engine whose user wants to know the workers, and its first ping.
    fn watching() -> (Self, Uuid) {
        let mut world = Self::new(Config::default());
        world.watch(true);
        let ping = world.come_online_unanswered();
        (world, ping)
    }

    fn watch(&mut self, watched: bool) {
        self.engine.watch_workers(self.now, watched);
        self.drain();
    }

    /// The names of the workers that were told last, if they are known.
    fn names(&self) -> Option<Vec<&str>> {
        let workers = self.workers.last().expect("they were told").as_ref()?;
        Some(workers.iter().map(|pong| pong.name.as_str()).collect())
    }
}

#[test]
fn a_ping_goes_to_all_workers_and_says_where_to_answer() {
    let mut world = World::new(Config::default());
    world.opened();
    world.receive(&connected("0,0"));
    world.receive(&subscribed());
    let ping = world.sent.last().expect("SEND");
    let client = world.engine.connection.client_id();
    let destination = format!("/exchange/rpc_queue.control/{client}");
    assert_eq!(ping.header("destination"), Some(&*destination));
    assert_eq!(ping.header("reply-to"), Some("/temp-queue/rpc"));
}

#[test]
fn those_who_answer_in_time_are_there() {
    let (mut world, ping) = World::watching();
    world.answer(ping, "rabbit");
    world.answer(ping, "hare");
    assert_eq!(world.workers, [], "others may still answer");
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.names(), Some(vec!["hare", "rabbit"]));

    world.answer(ping, "late");
    assert_eq!(world.names(), Some(vec!["hare", "rabbit"]));
    world.answer(Uuid::from_u128(77), "stranger");
    assert_eq!(world.names(), Some(vec!["hare", "rabbit"]));
    assert_eq!(world.engine.counters().unmatched, 1, "nobody asked it");
}

#[test]
fn a_ping_that_comes_back_means_that_nobody_is_there() {
    let (mut world, ping) = World::watching();
    world.bounce(ping);
    assert_eq!(world.names(), Some(vec![]));
    world.bounce(ping);
    assert_eq!(world.engine.counters().unmatched, 1, "once is enough");
}

#[test]
fn a_ping_that_comes_back_late_says_so_unless_somebody_answered_since() {
    let (mut world, late) = World::watching();
    world.pass(PING_EVERY);
    assert_eq!(world.names(), None);
    world.bounce(late);
    assert_eq!(world.names(), Some(vec![]));

    let ping = world.ping();
    world.pass(PING_EVERY);
    let next = world.ping();
    world.answer(next, "hare");
    world.bounce(ping);
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.names(), Some(vec!["hare"]));
    assert_eq!(world.engine.counters().unmatched, 0);
}

#[test]
fn silence_does_not_mean_that_nobody_is_there() {
    let (mut world, ping) = World::watching();
    world.pass(PING_EVERY);
    assert_eq!(world.names(), None);
    world.answer(ping, "slow");
    let ping = world.ping();
    world.answer(ping, "slow");
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.names(), Some(vec!["slow"]));
}

#[test]
fn who_comes_is_seen_at_once_and_who_leaves_at_the_end_of_a_round() {
    let (mut world, first) = World::watching();
    world.answer(first, "hare");
    world.pass(PING_EVERY);
    assert_eq!(world.names(), Some(vec!["hare"]));

    let second = world.ping();
    world.answer(second, "rabbit");
    assert_eq!(world.names(), Some(vec!["hare", "rabbit"]));
    world.pass(ANSWER_WITHIN);
    assert_eq!(world.names(), Some(vec!["rabbit"]));
}

#[test]
fn workers_are_asked_once_a_second_while_somebody_wants_to_know() {
    let (mut world, _) = World::watching();
    world.pass(ms(10_500));
    assert_eq!(world.pings().len(), 10);

    world.watch(false);
    world.pass(ms(10_000));
    assert!(world.pings().is_empty());
}

#[test]
fn who_wants_to_know_the_workers_has_them_asked_however_busy_they_are() {
    let (mut world, _) = World::watching();
    for _ in 0..10 {
        world.pass(ms(500));
        let id = world.call(request());
        world.receive(&result(id, "1"));
    }
    assert_eq!(world.pings().len(), 5);
}

#[test]
fn nothing_is_known_without_a_connection() {
    let (mut world, ping) = World::watching();
    world.answer(ping, "hare");
    world.pass(ANSWER_WITHIN);
    world.lost();
    assert_eq!(world.names(), None);

    world.pass(ms(1_000));
    let ping = world.come_online_unanswered();
    world.bounce(ping);
    assert_eq!(world.names(), Some(vec![]), "it asks anew");
}

#[test]
fn a_closing_client_asks_nobody() {
    let (mut world, _) = World::watching();
    world.engine.close(world.now);
    world.pass(ms(10_000));
    assert!(world.pings().is_empty());
}

#[test]
fn tutorials_servers_are_not_asked() {
    let mut world = World::new(Config::default().in_mode(Mode::Tutorial));
    world.watch(true);
    world.opened();
    world.receive(&connected("0,0"));
    world.pass(ms(10_000));
    assert!(world.pings().is_empty());
    assert_eq!(world.workers, []);
}

#[test]
fn a_pong_that_cannot_be_read_is_counted() {
    let (mut world, ping) = World::watching();
    world.receive(&reply(ping).with_header("type", "pong").with_body("hello"));
    assert_eq!(world.engine.counters().malformed, 1);
}
