//! Connecting, failing to, and connecting again.

use warren_contract::Code;

use super::*;
use crate::{Disconnect, Mode};

#[test]
fn it_connects_subscribes_to_its_bounces_and_is_online() {
    let mut world = World::new(Config {
        passcode: "secret".into(),
        ..Config::default()
    });
    assert!(world.socket);
    world.opened();
    let connect = world.sent.pop().expect("CONNECT");
    assert_eq!(connect.command, Command::Connect);
    assert_eq!(connect.header("login"), Some("web"));
    assert_eq!(connect.header("passcode"), Some("secret"));
    assert_eq!(connect.header("host"), Some("/"));
    assert_eq!(connect.header("heart-beat"), Some("0,10000"));

    world.receive(&connected("10000,10000"));
    let subscribe = world.sent.pop().expect("SUBSCRIBE");
    assert_eq!(subscribe.command, Command::Subscribe);
    let client = world.engine.connection.client_id();
    let destination = format!("/exchange/rpc.bounce/{client}");
    assert_eq!(subscribe.header("destination"), Some(&*destination));
    assert_eq!(subscribe.header("receipt"), Some(BOUNCE_SUBSCRIPTION));
    world.receive(&Frame::new(Command::Receipt).with_header("receipt-id", "another"));
    assert_eq!(world.states, []);

    world.receive(&subscribed());
    assert_eq!(world.states, [online()]);
}

#[test]
fn a_connection_that_ends_in_the_message_that_greets_is_tried_again() {
    let mut world = World::new(Config::default());
    world.opened();
    world.receive_all(&[connected("0,0"), connected("0,0")]);
    assert!(!world.socket);
    world.come_back();
}

#[test]
fn debug_output_holds_no_passcode() {
    let mut engine = World::new(Config {
        passcode: "secret".into(),
        ..Config::default()
    })
    .engine;
    engine.handle_opened(Duration::ZERO);
    let shown = format!("{engine:?}");
    let bytes = format!("{:?}", b"secret");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(!shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
}

#[test]
fn the_tutorial_mode_needs_no_subscription() {
    let mut world = World::new(Config {
        mode: Mode::Tutorial,
        ..Config::default()
    });
    world.opened();
    world.sent.clear();
    world.receive(&connected("0,0"));
    assert_eq!(world.states, [online()]);
    assert_eq!(world.sent, []);
}

#[test]
fn each_connection_has_its_own_client_id() {
    let mut world = World::online();
    let first = world.engine.connection.client_id();
    world.lost();
    world.come_back();
    assert_ne!(world.engine.connection.client_id(), first);
}

#[test]
fn a_broker_that_cannot_be_reached_is_tried_again_and_again() {
    let mut world = World::new(Config::default());
    for attempt in 2..20 {
        world.closed(1006, "Connection refused");
        let Some(ConnectionState::Offline { reason, retry_in }) = world.states.last().cloned()
        else {
            panic!("not offline: {:?}", world.states);
        };
        assert!(matches!(reason, Disconnect::Unreachable { .. }), "{reason}");
        assert!(!world.socket);

        world.pass(retry_in);
        assert!(world.socket, "try {attempt} is made");
        assert_eq!(world.states.last(), Some(&connecting(attempt)));
    }
}

#[test]
fn tries_are_counted_from_when_it_was_last_online() {
    let mut world = World::online();
    for _ in 0..3 {
        world.lost();
        world.states.clear();
        world.pass(ms(15_000));
        assert_eq!(world.states.first(), Some(&connecting(1)));
        world.come_back();
    }
}

#[test]
fn waits_grow_until_a_connection_holds() {
    let mut world = World::new(Config::default());
    let mut lose = |after| {
        world.come_back();
        world.pass(after);
        world.lost();
        match world.states.last() {
            Some(ConnectionState::Offline { retry_in, .. }) => *retry_in,
            other => panic!("not offline: {other:?}"),
        }
    };
    let waits: Vec<_> = (0..4).map(|_| lose(ms(4_999))).collect();
    assert!(waits.is_sorted_by(|a, b| a < b), "{waits:?}");
    assert_eq!(lose(ms(5_000)), waits[0]);
}

#[test]
fn every_step_of_connecting_has_an_end() {
    let steps: [fn(&mut World); 3] = [
        |_| {},
        |world| world.opened(),
        |world| {
            world.opened();
            world.receive(&connected("0,0"));
        },
    ];
    for (number, step) in steps.into_iter().enumerate() {
        let mut world = World::new(Config::default());
        step(&mut world);
        world.pass(ms(10_000));
        let state = world.states.first();
        assert!(
            matches!(state, Some(ConnectionState::Offline { .. })),
            "step {number}: {state:?}"
        );
    }
}

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
fn the_queue_of_bounces_has_a_name_that_nobody_else_can_have() {
    // From 4.4 on, the broker makes up no name here, and the client's own id is one.
    let cases = [
        (Some("RabbitMQ/3.10.8"), false),
        (Some("RabbitMQ/4.3.6"), false),
        (Some("RabbitMQ/4.4.0-alpha.1"), true),
        (Some("RabbitMQ/5.0.0"), true),
        (Some("another/4.4.0"), false),
        (None, false),
    ];
    for (server, named) in cases {
        let mut world = World::new(Config::default());
        world.opened();
        world.sent.clear();
        let mut greeting = connected("0,0");
        if let Some(server) = server {
            greeting = greeting.with_header("server", server);
        }
        world.receive(&greeting);
        let [subscription] = &world.sent[..] else {
            panic!("not one frame: {:?}", world.sent);
        };
        let client = world.engine.connection.client_id();
        let name = if named {
            format!("stomp.gen-{client}")
        } else {
            String::new()
        };
        let asked = subscription.headers.get("x-queue-name");
        assert_eq!(asked, Some(name.as_str()), "{server:?}");
    }
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

#[test]
fn a_client_may_be_closed_while_it_connects() {
    let steps: [fn(&mut World); 3] = [
        |_| {},
        |world| world.opened(),
        |world| world.closed(1006, "Connection refused"),
    ];
    for step in steps {
        let mut world = World::new(Config::default());
        step(&mut world);
        world.engine.close(world.now);
        world.drain();
        assert_eq!(world.states.last(), Some(&ConnectionState::Closed));
        assert!(!world.socket, "the socket is closed, too");
        assert_eq!(world.engine.poll_timeout(), None);
    }
}

#[test]
fn closing_takes_leave_and_is_the_last_that_happens() {
    let mut world = World::online();
    let pending = world.call(request());
    world.engine.close(world.now);
    world.drain();
    assert_eq!(world.error(pending), &CallError::Closed);
    let disconnect = world.sent.pop().expect("DISCONNECT");
    assert_eq!(disconnect.command, Command::Disconnect);

    world.lost();
    assert_eq!(world.states.last(), Some(&ConnectionState::Closed));
    world.pass(ms(100_000));
    assert!(!world.socket, "nothing is opened any more");
    let late = world.call(request());
    assert_eq!(world.error(late), &CallError::Closed);
}

#[test]
fn a_broker_that_does_not_answer_a_leave_is_left_all_the_same() {
    let mut world = World::online();
    world.engine.close(world.now);
    world.receive(&error_frame("Processing error", ""));
    assert_eq!(world.states, [online()], "it is still leaving");
    world.pass(ms(10_000));
    assert!(!world.socket);
    assert_eq!(world.states.last(), Some(&ConnectionState::Closed));
}
