//! Connecting, failing to, and connecting again.

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
