use std::{thread, time::Duration};

use tokio::sync::broadcast::error::RecvError;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::{Client, Config, Mode, socket::server};

type Told = broadcast::Receiver<Arc<WireFrame>>;

fn tap() -> (Tap, Told) {
    let (told, frames) = broadcast::channel(WAITING_FRAMES);
    (Tap::new(told), frames)
}

/// What was told, as direction, kind, bytes, and body.
fn lines(told: &mut Told) -> Vec<String> {
    std::iter::from_fn(|| told.try_recv().ok())
        .map(|frame| {
            let kind = match &frame.kind {
                WireKind::Frame(command) => command.to_string(),
                WireKind::HeartBeat => "beat".to_owned(),
                WireKind::Unreadable(why) => why.clone(),
            };
            let body = frame.body.escape_ascii();
            format!("{:?} {kind} {} [{body}]", frame.direction, frame.bytes)
        })
        .collect()
}

#[test]
fn frames_and_heart_beats_are_told_apart_and_measured() {
    let (mut tap, mut told) = tap();
    tap.send(b"SEND\ndestination:/queue/a\n\n30\0SEND\n\n\0\n");
    tap.receive(b"RECEIPT\nreceipt-id:1\n\n\0\n");
    tap.receive(b"\n");
    tap.receive(b"MESSAGE\n\nhi\0\nMESSAGE\n\n\0\n\n");
    let expected = [
        "Sent SEND 30 [30]",
        "Sent SEND 7 []",
        "Sent beat 1 []",
        "Received RECEIPT 24 []",
        "Received beat 1 []",
        "Received MESSAGE 13 [hi]",
        "Received MESSAGE 11 []",
        "Received beat 1 []",
    ];
    assert_eq!(lines(&mut told), expected);
}

#[test]
fn a_frame_in_several_messages_is_one() {
    let (mut tap, mut told) = tap();
    for part in [&b"MESS"[..], b"AGE\n", b"\nh", b"\ni", b"\0\n"] {
        tap.receive(part);
    }
    assert_eq!(lines(&mut told), [r"Received MESSAGE 14 [h\ni]"]);
}

#[test]
fn what_is_no_stomp_is_shown_and_hides_nothing_behind_it() {
    let (mut tap, mut told) = tap();
    tap.receive(b"MESSAGE\n\n\0HTTP\rno\n");
    tap.receive(b"RECEIPT\n\n\0");
    tap.receive(b"MESS");
    tap.reset();
    tap.receive(b"CONNECTED\n\n\0");
    let expected = [
        "Received MESSAGE 10 []",
        r"Received a CR without a LF after it, in a command 8 [HTTP\rno\n]",
        "Received RECEIPT 10 []",
        "Received CONNECTED 12 []",
    ];
    assert_eq!(lines(&mut told), expected);
}

#[test]
fn a_long_body_is_cut() {
    let (mut tap, mut told) = tap();
    let long = "1".repeat(SHOWN_BODY_BYTES + 1);
    tap.receive(format!("MESSAGE\n\n{long}\0").as_bytes());
    tap.receive(format!("{long}\r{long}\n").as_bytes());
    for body_bytes in [long.len(), 2 * long.len() + 2] {
        let frame = told.try_recv().expect("it is told");
        assert_eq!(frame.body.len(), SHOWN_BODY_BYTES);
        assert_eq!(frame.body_bytes, body_bytes);
    }
}

#[test]
fn whoever_begins_to_look_sees_whole_frames() {
    let (mut tap, told) = tap();
    tap.receive(b"MESSAGE\n\nbe");
    drop(told);
    tap.receive(b"gun\0");
    let mut told = tap.told.subscribe();
    tap.receive(b"RECEIPT\n\n\0");
    assert_eq!(lines(&mut told), ["Received RECEIPT 10 []"]);
}

#[tokio::test]
async fn who_lags_is_told_how_much_was_missed() {
    let (mut tap, mut told) = tap();
    for _ in 0..WAITING_FRAMES + 3 {
        tap.receive(b"\n");
    }
    let missed = told.recv().await.expect_err("the first are gone");
    assert_eq!(missed, RecvError::Lagged(3));
    assert!(told.recv().await.is_ok());
}

#[test]
fn nobody_looking_has_nothing_decoded() {
    let (mut tap, told) = tap();
    drop(told);
    tap.receive(b"MESSAGE\n\nbe");
    assert_eq!(tap.received.begun, 0);
    assert!(tap.received.decoder.head().is_none());
}

#[test]
fn a_passcode_is_hidden_wherever_it_stands() {
    let (mut tap, mut told) = tap();
    tap.send(b"CONNECT\npasscode:s3cret\nlogin:web\npasscode:s3cret\n\n\0");
    tap.send(b"CONNECT\npasscode:s3cret\r\r\n\n\0");
    let frame = told.try_recv().expect("it is told");
    let headers: Vec<_> = frame.headers.iter().collect();
    let expected = [("passcode", HIDDEN), ("login", "web"), ("passcode", HIDDEN)];
    assert_eq!(headers, expected);
    let unreadable = told.try_recv().expect("it is told");
    for frame in [frame, unreadable] {
        let mut shown = format!("{frame:?}");
        for (name, value) in frame.headers.iter() {
            shown += name;
            shown += value;
        }
        shown += &String::from_utf8_lossy(&frame.body);
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shows_its_wire_from_the_first_frame_on() {
    let (server, address) = server::listen();
    let client = Client::connect(Config {
        urls: format!("ws://{address}/ws").into(),
        passcode: "s3cret".into(),
        ..Config::default().in_mode(Mode::Tutorial)
    });
    // Nobody has accepted the connection yet.
    let mut wire = client.wire();
    let server = thread::spawn(move || {
        let mut socket = server::accept(&server);
        let connect = socket.read().expect("CONNECT");
        assert!(connect.to_string().contains("s3cret"), "{connect}");
        let greeting = Message::text("CONNECTED\nversion:1.2\n\n\0\n");
        socket.send(greeting).expect("it is taken");
    });
    let mut next = async || {
        let frame = tokio::time::timeout(Duration::from_secs(10), wire.recv());
        frame.await.expect("it is in time").expect("a frame")
    };
    let connect = next().await;
    assert_eq!(connect.direction, Direction::Sent);
    assert_eq!(connect.kind, WireKind::Frame(Command::Connect));
    assert_eq!(connect.headers.get("login"), Some("guest"));
    assert_eq!(connect.headers.get("passcode"), Some(HIDDEN));
    let connected = next().await;
    assert_eq!(connected.direction, Direction::Received);
    assert_eq!(connected.kind, WireKind::Frame(Command::Connected));
    assert!(connected.at >= connect.at);
    server.join().expect("the server does not panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_a_lost_connection_began_spoils_none_of_the_next() {
    let (server, address) = server::listen();
    let client = Client::connect(Config {
        urls: format!("ws://{address}/ws").into(),
        ..Config::default().in_mode(Mode::Tutorial)
    });
    let mut wire = client.wire();
    let server = thread::spawn(move || {
        for last in ["MESS", "\n"] {
            let mut socket = server::accept(&server);
            socket.read().expect("CONNECT");
            for message in ["CONNECTED\nversion:1.2\n\n\0\n", last] {
                socket.send(Message::text(message)).expect("it is taken");
            }
        }
    });
    let mut greetings = 0;
    while greetings < 2 {
        let frame = tokio::time::timeout(Duration::from_secs(30), wire.recv());
        let frame = frame.await.expect("it is in time").expect("a frame");
        if frame.direction == Direction::Received {
            assert_eq!(frame.kind, WireKind::Frame(Command::Connected));
            greetings += 1;
        }
    }
    server.join().expect("the server does not panic");
}
