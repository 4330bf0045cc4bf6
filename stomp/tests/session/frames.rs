//! What goes back and forth once connected.

use proptest::{collection::vec, prelude::*};
use warren_stomp::{
    CHUNK_BYTES, Closed, Command, DecodeError, Event, Frame, HeartBeat, Limits, ProtocolError,
    ServerError, SessionConfig,
};

use crate::support::{Link, config, error_frame};

#[test]
fn subscriptions_are_asked_for_and_given_back() {
    let mut link = Link::connected("0,0");
    let subscribe = Frame::new(Command::Subscribe)
        .with_header("id", "bounce")
        .with_header("destination", "/exchange/rpc.bounce/me")
        .with_header("ack", "auto");
    let session = &mut link.session;
    session
        .subscribe(link.now, "bounce", "/exchange/rpc.bounce/me", Some("r1"))
        .expect("it is connected");
    session
        .subscribe(link.now, "bounce", "/exchange/rpc.bounce/me", None)
        .expect("it is connected");
    session
        .unsubscribe(link.now, "bounce")
        .expect("it is connected");
    assert_eq!(
        link.received(),
        [
            subscribe.clone().with_header("receipt", "r1"),
            subscribe,
            Frame::new(Command::Unsubscribe).with_header("id", "bounce"),
        ]
    );

    link.serve(Frame::new(Command::Receipt).with_header("receipt-id", "r1"));
    assert_eq!(link.events(), [Event::Receipt("r1".into())]);
}

#[test]
fn messages_come_also_for_subscriptions_that_were_never_asked_for() {
    let mut link = Link::connected("0,0");
    let message = Frame::new(Command::Message)
        .with_header("subscription", "/temp-queue/rpc")
        .with_header("correlation-id", "c:1\\x")
        .with_header("content-length", "6")
        .with_body("832040");
    link.serve(message.clone());
    assert_eq!(link.events(), [Event::Message(message)]);
}

#[test]
fn many_small_frames_share_a_chunk_and_a_large_one_has_its_own() {
    let mut link = Link::connected("0,0");
    let small = Frame::new(Command::Send).with_body(vec![b's'; 1_000]);
    let large = Frame::new(Command::Send).with_body(vec![0; CHUNK_BYTES + 1]);
    let mut sent = vec![small.clone(); 100];
    sent.push(large.clone());
    sent.push(small);
    for frame in &sent {
        link.session.send(link.now, frame).expect("it is connected");
    }

    let chunks: Vec<_> = std::iter::from_fn(|| link.session.poll_transmit()).collect();
    let sizes: Vec<_> = chunks.iter().map(Vec::len).collect();
    assert_eq!(
        sizes.len(),
        4,
        "two for the hundred, and two more: {sizes:?}"
    );
    for chunk in &chunks {
        assert_eq!(chunk.last(), Some(&0), "a chunk ends where a frame ends");
        assert!(chunk.len() <= CHUNK_BYTES || chunk.len() < large.body.len() + 100);
    }
    let mut decoder = warren_stomp::Decoder::new(Limits::default());
    let bytes = chunks.concat();
    let mut rest = bytes.as_slice();
    for frame in sent {
        let read = decoder.decode(&mut rest).expect("sound").expect("whole");
        assert_eq!(read.body, frame.body);
    }
}

#[test]
fn an_error_need_not_end_the_connection() {
    let mut link = Link::connected("0,0");
    link.serve(error_frame("Processing error", "reply-to\n"));
    link.serve(Frame::new(Command::Receipt).with_header("receipt-id", "s"));
    assert!(link.session.is_connected());
    assert_eq!(
        link.events(),
        [
            Event::Error(ServerError {
                message: "Processing error".into(),
                detail: "reply-to".into(),
            }),
            Event::Receipt("s".into()),
        ]
    );
}

#[test]
fn an_error_that_is_no_text_is_told_as_far_as_it_is() {
    let mut link = Link::connected("0,0");
    link.serve(Frame::new(Command::Error).with_body(*b"a\xff"));
    assert_eq!(
        link.events(),
        [Event::Error(ServerError {
            message: String::new(),
            detail: "a\u{fffd}".into(),
        })]
    );
}

#[test]
fn frames_that_no_server_sends_break_the_protocol() {
    for command in [Command::Connected, Command::Send, Command::from("HELLO")] {
        let mut link = Link::connected("0,0");
        link.serve(Frame::new(command.clone()));
        assert_eq!(
            link.closed(),
            Closed::Protocol(ProtocolError::UnexpectedFrame {
                command,
                connected: true,
            })
        );
    }
}

#[test]
fn a_receipt_for_nothing_breaks_the_protocol() {
    let mut link = Link::connected("0,0");
    link.serve(Frame::new(Command::Receipt));
    assert_eq!(
        link.closed(),
        Closed::Protocol(ProtocolError::MissingHeader {
            command: Command::Receipt,
            name: "receipt-id",
        })
    );
}

#[test]
fn a_message_that_is_too_large_says_whom_it_was_for() {
    let limits = Limits {
        body_bytes: 1_000,
        ..Limits::default()
    };
    let mut link = Link::open(SessionConfig {
        limits,
        ..config(HeartBeat::default())
    });
    link.serve(Frame::new(Command::Connected).with_header("version", "1.2"));
    link.events();
    let message = Frame::new(Command::Message)
        .with_header("correlation-id", "c1")
        .with_header("content-length", "1001");
    link.serve(message.clone().with_body(vec![b'x'; 1_001]));
    assert_eq!(
        link.closed(),
        Closed::Protocol(ProtocolError::Decode {
            error: DecodeError::BodyTooLarge {
                announced: Some(1_001),
                allowed: 1_000,
            },
            head: Some(Box::new(message)),
        })
    );
}

#[test]
fn what_came_before_bad_bytes_is_still_told() {
    let mut link = Link::connected("0,0");
    link.session.handle_input(
        link.now,
        b"RECEIPT\nreceipt-id:1\n\n\0RECEIPT\n?\n\nRECEIPT",
    );
    let events = link.events();
    assert!(
        matches!(
            events.as_slice(),
            [
                Event::Receipt(_),
                Event::Closed(Closed::Protocol(ProtocolError::Decode {
                    error: DecodeError::MissingColon { .. },
                    head: None,
                }))
            ]
        ),
        "{events:?}"
    );
    link.session
        .handle_input(link.now, b"RECEIPT\nreceipt-id:2\n\n\0");
    assert_eq!(link.events(), [], "closed is the last event");
}

proptest! {
    #[test]
    fn any_bytes_close_a_session_at_most_once_and_last(
        connected in any::<bool>(),
        fragments in vec(fragment(), 0..16),
    ) {
        let mut link = if connected {
            Link::connected("10000,10000")
        } else {
            Link::open(config(HeartBeat::default()))
        };
        for bytes in fragments {
            link.session.handle_input(link.now, &bytes);
            link.session.handle_timeout(link.now);
        }
        link.session.handle_transport_closed(link.now, None, "");
        let events = link.events();
        let closes = events.iter().filter(|event| matches!(event, Event::Closed(_)));
        prop_assert_eq!(closes.count(), 1);
        prop_assert!(matches!(events.last(), Some(Event::Closed(_))));
    }
}

fn fragment() -> impl Strategy<Value = Vec<u8>> {
    const FRAMES: &[&[u8]] = &[
        b"CONNECTED\nversion:1.2\n\n\0\n",
        b"MESSAGE\nsubscription:a\n\nbody\0\n",
        b"RECEIPT\nreceipt-id:1\n\n\0\n",
        b"ERROR\nmessage:m\n\nd\0\n",
        b"\n",
    ];
    prop_oneof![
        6 => prop::sample::select(FRAMES).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..12),
    ]
}
