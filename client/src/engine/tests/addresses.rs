//! A broker with several addresses.

use std::collections::{HashMap, HashSet};

use super::*;
use crate::{Disconnect, Urls, ids::random_uuid};

const ADDRESSES: [&str; 3] = ["ws://a/ws", "ws://b/ws", "ws://c/ws"];

/// A client like any other, whose choices are its own.
fn world() -> World {
    let config = Config {
        urls: Urls::new(ADDRESSES).expect("there are some"),
        ..Config::default()
    };
    World::with_random(config, Box::new(random_uuid))
}

impl World {
    /// Where the engine opens, or opened last.
    fn address(&self) -> String {
        self.opened.last().expect("it has opened").1.clone()
    }

    /// Lets this try fail, waits for the next one, and returns how long that took.
    fn fail(&mut self) -> Duration {
        self.closed(1006, "Connection refused");
        let (_, retry_in) = self.offline();
        self.pass(retry_in);
        assert!(self.socket, "it is tried again");
        retry_in
    }
}

#[test]
fn each_address_is_tried_before_any_is_tried_again() {
    for _ in 0..100 {
        let mut world = world();
        for _ in 0..20 {
            world.fail();
        }
        let tried: Vec<_> = world.opened.iter().map(|(_, url)| url.as_str()).collect();
        for window in tried.windows(3) {
            let different: HashSet<_> = window.iter().collect();
            assert_eq!(different.len(), 3, "{tried:?}");
        }
    }
}

#[test]
fn each_client_has_an_order_of_its_own() {
    let mut orders: HashMap<Vec<String>, u32> = HashMap::new();
    for _ in 0..6_000 {
        let mut world = world();
        world.fail();
        world.fail();
        let order = world.opened.into_iter().map(|(_, url)| url).collect();
        *orders.entry(order).or_default() += 1;
    }
    assert_eq!(orders.len(), 6, "{orders:?}");
    // The standard deviation is 29; fewer than one run in a million is this far off.
    let even = |count: &u32| count.abs_diff(1_000) < 150;
    assert!(orders.values().all(even), "{orders:?}");
}

#[test]
fn waits_grow_only_once_all_addresses_have_failed() {
    let longest = |failures: usize| {
        let waits = (0..500).map(|_| {
            let mut world = world();
            (0..failures).map(|_| world.fail()).last()
        });
        waits.max().flatten().expect("there were some")
    };
    // Of 500 waits, the longest is nearly as long as any can be.
    for (failures, ceiling) in [(1, 250), (2, 250), (3, 250), (4, 500), (6, 500), (7, 1_000)] {
        let longest = longest(failures);
        assert!(longest <= ms(ceiling), "wait {failures}: {longest:?}");
        assert!(
            longest > ms(ceiling * 4 / 5),
            "wait {failures}: {longest:?}"
        );
    }
}

#[test]
fn a_thousand_clients_of_a_dead_node_spread_over_the_others_and_over_time() {
    let mut arrivals: HashMap<String, Vec<Duration>> = HashMap::new();
    for _ in 0..1_000 {
        let mut world = world();
        while world.address() != ADDRESSES[0] {
            world.fail();
        }
        world.come_online();
        world.pass(ms(10_000));
        let lost_at = world.now;
        world.closed(1006, "");
        world.pass(ms(1_000));
        let (at, url) = world.opened.last().expect("it has opened");
        let arrivals = arrivals.entry(url.clone()).or_default();
        arrivals.push(at.saturating_sub(lost_at));
    }
    assert!(!arrivals.contains_key(ADDRESSES[0]), "that one is dead");
    assert_eq!(arrivals.len(), 2);
    for (url, arrivals) in &arrivals {
        // Half of them, give or take six standard deviations.
        assert!(
            arrivals.len().abs_diff(500) < 95,
            "{url}: {}",
            arrivals.len()
        );
        // Of the quarter of a second, each twenty-fifth gets its share: some 20, and never 60.
        let mut busy = [0; 25];
        for at in arrivals {
            let slot = usize::try_from(at.as_millis() / 10).expect("it is small");
            busy[slot.min(24)] += 1;
        }
        assert!(busy.iter().all(|&count| count < 60), "{url}: {busy:?}");
    }
}

#[test]
fn a_lost_connection_is_followed_by_one_to_the_next_address() {
    let mut world = world();
    world.come_online();
    let call = world.call(request());
    let first = world.address();
    assert_eq!(world.requests(), [call]);
    let state = world.states.last().and_then(ConnectionState::url);
    assert_eq!(state, Some(&*first));

    world.lost();
    let (reason, _) = world.offline();
    assert_eq!(reason.url(), first);
    assert!(reason.to_string().contains(&first), "{reason}");
    world.come_back();
    let second = world.address();
    assert_ne!(second, first);
    assert_eq!(world.requests(), [call]);
    let state = world.states.last().and_then(ConnectionState::url);
    assert_eq!(state, Some(&*second));
}

#[test]
fn waking_goes_on_to_the_next_address_at_once() {
    let mut world = world();
    let first = world.address();
    world.closed(1006, "Connection refused");
    world.engine.handle_wake(world.now);
    world.drain();
    assert_ne!(world.address(), first);
}

#[test]
fn a_client_may_be_closed_between_two_addresses() {
    let mut world = world();
    world.closed(1006, "Connection refused");
    world.engine.close(world.now);
    world.drain();
    world.pass(ms(60_000));
    assert_eq!(world.states.last(), Some(&ConnectionState::Closed));
    assert_eq!(world.opened.len(), 1);
}

/// All nodes of a cluster know the same users.
#[test]
fn a_login_that_one_address_refuses_is_not_tried_at_the_others_at_once() {
    let mut world = world();
    let call = world.call(request());
    world.opened();
    world.receive(&error_frame(
        "Bad CONNECT",
        "Access refused for user 'web'\n",
    ));
    let error = world.error(call).to_string();
    assert!(error.contains(&world.address()), "{error}");
    let (_, retry_in) = world.offline();
    assert!(retry_in >= ms(30_000), "{retry_in:?}");
    world.pass(retry_in);
    assert_eq!(world.opened.len(), 2);
}

/// Each node has a certificate of its own.
#[test]
fn calls_wait_until_no_address_can_be_trusted() {
    let mut world = world();
    let call = world.call(request());
    for _ in 0..2 {
        world.untrusted("the certificate expired");
        let (reason, retry_in) = world.offline();
        assert!(!reason.is_refusal() && retry_in <= ms(250), "{reason}");
        world.pass(retry_in);
    }
    assert_eq!(world.settled, []);
    world.untrusted("the certificate expired");
    let (reason, retry_in) = world.offline();
    assert!(matches!(reason, Disconnect::Untrusted { .. }), "{reason}");
    assert!(retry_in >= ms(30_000), "{retry_in:?}");
    assert!(matches!(world.error(call), CallError::Refused(_)));
}

#[test]
fn an_address_that_is_merely_away_may_be_trusted_once_it_is_back() {
    let mut world = world();
    for number in 0..12 {
        if number % 3 == 1 {
            world.fail();
        } else {
            world.untrusted("the certificate expired");
            let (reason, retry_in) = world.offline();
            assert!(!reason.is_refusal(), "{reason}");
            world.pass(retry_in);
        }
    }
}
