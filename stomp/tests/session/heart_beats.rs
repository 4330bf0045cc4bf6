//! Heart-beats both ways.

use std::time::Duration;

use warren_stomp::{
    Closed, Command, Event, Frame, HeartBeat, ProtocolError, SILENCE_TOLERANCE, SessionConfig,
};

use crate::support::{Link, config, millis, table};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_slower_of_both_wishes_is_agreed_in_each_direction() {
    for row in table("heartbeat") {
        let period = |name: &str| Duration::from_millis(row[name].as_u64().expect("a number"));
        let header = |name: &str| row[name].as_str().expect("a heart-beat header").to_owned();
        let mut link = Link::open(config(millis(&header("connect"))));
        assert_eq!(
            link.received()[0].header("heart-beat"),
            Some(header("connect").as_str())
        );
        link.serve(
            Frame::new(Command::Connected)
                .with_header("version", "1.2")
                .with_header("heart-beat", &header("connected_by_rabbitmq")),
        );
        let expected = HeartBeat {
            send: period("client_must_send_every_ms"),
            receive: period("server_sends_every_ms"),
        };
        let events = link.events();
        let [Event::Connected { heart_beat, .. }] = events.as_slice() else {
            panic!("{row}: {events:?}");
        };
        assert_eq!(*heart_beat, expected, "{row}");
        check_first_timeout(&mut link, expected);
    }
}

#[test]
fn a_server_that_wants_no_heart_beats_gets_none() {
    let connected = Frame::new(Command::Connected).with_header("version", "1.2");
    for answer in [
        connected.clone().with_header("heart-beat", "0,0"),
        connected,
    ] {
        let mut link = Link::open(config(millis("10000,10000")));
        link.serve(answer);
        check_first_timeout(&mut link, HeartBeat::default());
    }
}

#[test]
fn a_session_that_promises_no_heart_beats_can_keep_the_transport_alive() {
    let connected = Frame::new(Command::Connected).with_header("version", "1.2");
    let mut link = Link::open(SessionConfig {
        keep_alive: 10 * SECOND,
        ..config(millis("0,0"))
    });
    assert_eq!(link.received()[0].header("heart-beat"), Some("0,0"));
    link.serve(connected.with_header("heart-beat", "0,0"));
    let connected_at = link.now;
    for beats in 1..=2 {
        link.wait_for_timeout();
        assert_eq!(link.now, connected_at + beats * 10 * SECOND);
        assert_eq!(u64::from(beats), link.beats());
    }
}

/// Keeps still until something is due, which must be what was agreed.
fn check_first_timeout(link: &mut Link, agreed: HeartBeat) {
    let connected_at = link.now;
    if agreed == HeartBeat::default() {
        assert_eq!(link.session.poll_timeout(), None);
    } else if agreed.send.is_zero() {
        link.wait_for_timeout();
        assert_eq!(link.now, connected_at + agreed.receive * SILENCE_TOLERANCE);
        let closed = link.closed();
        assert!(
            matches!(closed, Closed::HeartBeatMissed { .. }),
            "{closed:?}"
        );
    } else {
        link.wait_for_timeout();
        assert_eq!(link.now, connected_at + agreed.send);
        assert_eq!(link.beats(), 1);
    }
}

#[test]
fn a_heart_beat_is_sent_when_nothing_else_was() {
    let mut link = Link::connected("10000,0");
    link.now += 6 * SECOND;
    let send = Frame::new(Command::Send).with_header("destination", "/queue/q");
    link.session.send(link.now, &send).expect("it is connected");
    assert_eq!(link.received(), [send]);

    let sent_at = link.now;
    link.now += 4 * SECOND;
    link.session.handle_timeout(link.now);
    assert_eq!(link.beats(), 0, "the frame took its place");
    link.wait_for_timeout();
    assert_eq!(link.now, sent_at + 10 * SECOND);
    assert_eq!(link.beats(), 1);
    link.wait_for_timeout();
    assert_eq!(link.now, sent_at + 20 * SECOND);
    assert_eq!(link.beats(), 2);
}

#[test]
fn any_byte_shows_that_the_server_is_alive() {
    let mut link = Link::connected("0,10000");
    for bytes in [&b"\n"[..], b"MESS", b"AGE\nsubscription:a\n\nhalf a bo"] {
        link.now += 19 * SECOND;
        link.session.handle_input(link.now, bytes);
        link.session.handle_timeout(link.now);
        assert!(link.session.is_connected());
    }
    let last = link.now;
    link.wait_for_timeout();
    assert_eq!(link.now, last + 20 * SECOND);
    assert_eq!(
        link.closed(),
        Closed::HeartBeatMissed {
            silent_for: 20 * SECOND,
            allowed: 20 * SECOND,
        }
    );
}

#[test]
fn an_empty_input_shows_nothing() {
    let mut link = Link::connected("0,10000");
    let due = link.session.poll_timeout();
    link.session.handle_input(link.now + SECOND, b"");
    assert_eq!(link.session.poll_timeout(), due);
}

#[test]
fn a_timer_that_fires_late_tells_the_true_silence() {
    let mut link = Link::connected("10000,10000");
    link.now += 90 * SECOND;
    link.session.handle_timeout(link.now);
    assert_eq!(
        link.closed(),
        Closed::HeartBeatMissed {
            silent_for: 90 * SECOND,
            allowed: 20 * SECOND,
        }
    );
}

#[test]
fn a_heart_beat_that_cannot_be_read_breaks_the_protocol() {
    for value in ["", "10000", "a,b", "1,2,3", "-1,0", "+1,0", " 1,0", "1,"] {
        let mut link = Link::open(config(HeartBeat::default()));
        link.serve(
            Frame::new(Command::Connected)
                .with_header("version", "1.2")
                .with_header("heart-beat", value),
        );
        assert_eq!(
            link.closed(),
            Closed::Protocol(ProtocolError::InvalidHeartBeat {
                value: value.into()
            })
        );
    }
}

#[test]
fn the_longest_heart_beats_do_not_overflow() {
    let longest = format!("{0},{0}", u64::MAX);
    let mut link = Link::connected(&longest);
    let due = link.session.poll_timeout().expect("heart-beats are agreed");
    assert!(due > Duration::from_millis(u64::MAX));
    link.session.handle_timeout(Duration::MAX);
    let closed = link.closed();
    assert!(
        matches!(closed, Closed::HeartBeatMissed { .. }),
        "{closed:?}"
    );
}
