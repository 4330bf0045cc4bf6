//! Why a connection ends, and what that means for the calls.

use warren_contract::Code;

use super::*;

#[test]
fn a_refusal_is_said_in_words_and_brings_no_storm_of_retries() {
    let cases = [
        (
            "Access refused for user 'web'\n",
            "wrong login or passcode",
            Code::Unauthenticated,
        ),
        (
            "Virtual host '/' access denied",
            "wrong virtual host",
            Code::PermissionDenied,
        ),
    ];
    for (detail, words, code) in cases {
        let mut world = World::new(Config::default());
        let waiting = world.call(request());
        world.opened();
        world.receive(&error_frame("Bad CONNECT", detail));

        let error = world.error(waiting);
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.to_string().contains(detail.trim()), "{error}");
        assert!(!world.socket);

        let refused = world.call(request());
        assert_eq!(world.error(refused).code(), code, "it does not wait");
        let Some(ConnectionState::Offline { retry_in, .. }) = world.states.last() else {
            panic!("not offline: {:?}", world.states);
        };
        assert!(*retry_in >= ms(44_000), "half of the jitter: {retry_in:?}");
        world.pass(ms(29_999));
        assert!(!world.socket, "no try within half a minute");
        world.pass(ms(30_001));
        assert!(world.socket, "but one within a minute");
        world.come_online();
        assert_eq!(world.engine.counters().connects, 1);
        let sent = world.call(request());
        assert_eq!(world.requests(), [sent]);
    }
}

#[test]
fn calls_do_not_wait_for_a_certificate_to_be_mended() {
    let mut world = World::new(Config::default());
    let waiting = world.call(patient());
    world.untrusted("the certificate expired");
    let error = world.error(waiting);
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.to_string().contains("the certificate expired"));
    world.pass(ms(29_999));
    assert!(!world.socket, "no try within half a minute");
    world.pass(ms(30_001));
    assert!(world.socket, "but one within a minute");
}

#[test]
fn an_error_that_is_no_refusal_lets_calls_wait() {
    let mut world = World::new(Config::default());
    let waiting = world.call(request());
    world.opened();
    world.receive(&error_frame("Processing error", "channel limit"));
    assert_eq!(world.settled, []);
    world.come_back();
    assert_eq!(world.requests(), [waiting]);
}

#[test]
fn a_missing_exchange_is_named() {
    // RabbitMQ 3.10.8 closes without a word; later versions send an ERROR first, and then even
    // the receipt.
    let endings: [fn(&mut World); 2] = [
        |world| world.lost(),
        |world| {
            let error = error_frame("not_found", "NOT_FOUND - no exchange 'rpc.bounce'");
            world.receive(&error);
            world.receive(&subscribed());
        },
    ];
    for ending in endings {
        let mut world = World::new(Config::default());
        world.opened();
        world.receive(&connected("0,0"));
        ending(&mut world);
        let Some(ConnectionState::Offline { reason, .. }) = world.states.last() else {
            panic!("not offline: {:?}", world.states);
        };
        assert!(matches!(reason, Disconnect::TopologyMissing { .. }));
        assert!(reason.to_string().contains("`rpc.bounce`"), "{reason}");
    }
}

#[test]
fn a_limit_of_the_broker_is_named_and_lets_calls_wait() {
    let limit = "PRECONDITION_FAILED - cannot declare queue 'amq.gen-x': queue limit in vhost '/' \
                 (6) is reached";
    // Web-STOMP needs a queue for what bounces, and one for replies.
    let steps: [fn(&mut World); 2] = [
        |world| {
            world.opened();
            world.receive(&connected("0,0"));
        },
        |world| world.come_online(),
    ];
    for step in steps {
        let mut world = World::new(Config::default());
        step(&mut world);
        let waiting = world.call(patient());
        world.receive(&error_frame("precondition_failed", limit));
        let Some(ConnectionState::Offline { reason, .. }) = world.states.last() else {
            panic!("not offline: {:?}", world.states);
        };
        assert!(
            matches!(reason, Disconnect::LimitReached { .. }),
            "{reason}"
        );
        assert!(reason.to_string().contains("(6) is reached"), "{reason}");
        assert_eq!(reason.code(), Code::ResourceExhausted);
        assert_eq!(world.settled, []);
        world.come_back();
        assert_eq!(world.requests().last(), Some(&waiting));
    }
}

#[test]
fn a_connection_that_is_lost_while_it_subscribes_says_nothing_of_the_exchange() {
    for (code, reason) in [(1006, ""), (1001, "going away")] {
        let mut world = World::new(Config::default());
        let id = world.call(request());
        world.opened();
        world.receive(&connected("0,0"));
        world.closed(code, reason);
        assert_eq!(world.settled, []);
        world.come_back();
        assert_eq!(world.requests(), [id]);
    }
}

#[test]
fn silence_ends_a_connection() {
    let mut world = World::new(Config::default());
    world.opened();
    world.receive(&connected("10000,20000"));
    world.receive(&subscribed());
    for _ in 0..10 {
        world.pass(ms(10_000));
        world.receive_bytes(b"\n");
    }
    assert_eq!(world.states, [online()], "heart-beats hold it");

    world.pass(ms(20_000));
    assert!(
        matches!(
            world.states.get(1),
            Some(ConnectionState::Offline {
                reason: Disconnect::Silent { .. },
                ..
            })
        ),
        "{:?}",
        world.states
    );
}

#[test]
fn an_error_while_online_ends_the_connection() {
    let mut world = World::online();
    world.receive(&error_frame("Processing error", "no such thing"));
    assert!(!world.socket);
    let Some(ConnectionState::Offline { reason, .. }) = world.states.last() else {
        panic!("not offline: {:?}", world.states);
    };
    assert!(matches!(reason, Disconnect::Lost { .. }));
    assert!(reason.to_string().contains("no such thing"), "{reason}");
}

#[test]
fn the_end_of_a_connection_is_told_in_the_brokers_words() {
    type Ending = fn(&mut World);
    let cases: [(Ending, &str); 3] = [
        (
            |world| world.lost(),
            "lost: closed with code 1000, STOMP died",
        ),
        (
            |world| world.closed(1001, ""),
            "lost: closed with code 1001",
        ),
        (
            |world| world.receive_bytes(b"MESSAGE\nno colon\n\n\0"),
            "cannot take",
        ),
    ];
    for (ending, words) in cases {
        let mut world = World::online();
        ending(&mut world);
        let Some(ConnectionState::Offline { reason, .. }) = world.states.last() else {
            panic!("not offline: {:?}", world.states);
        };
        assert!(reason.to_string().contains(words), "{reason}");
    }
}
