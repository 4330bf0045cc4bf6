//! From CONNECT to CONNECTED, or not.

use warren_stomp::{
    Closed, Command, Event, Frame, HeartBeat, NotConnected, ProtocolError, ServerError, VERSION,
};

use crate::support::{CONNECT_TIMEOUT, Link, config, error_frame, millis, table};

#[test]
fn connect_says_who_we_are_and_what_we_want() {
    let mut link = Link::open(config(millis("10000,20000")));
    assert_eq!(
        link.received(),
        [Frame::new(Command::Connect)
            .with_header("accept-version", "1.2")
            .with_header("host", "/")
            .with_header("login", "web")
            .with_header("passcode", "secret")
            .with_header("heart-beat", "10000,20000")]
    );
    assert_eq!(link.events(), []);
}

#[test]
fn connected_tells_what_the_server_is() {
    let mut link = Link::open(config(HeartBeat::default()));
    assert!(!link.session.is_connected());
    link.serve(
        Frame::new(Command::Connected)
            .with_header("server", "RabbitMQ/3.10.8")
            .with_header("version", "1.2"),
    );
    assert!(link.session.is_connected());
    assert_eq!(
        link.events(),
        [Event::Connected {
            version: "1.2".into(),
            server: Some("RabbitMQ/3.10.8".into()),
            heart_beat: HeartBeat::default(),
        }]
    );
    assert_eq!(link.session.poll_timeout(), None, "nothing is waited for");
}

#[test]
fn only_the_version_that_was_offered_is_spoken() {
    for row in table("version_negotiation") {
        let mut link = Link::open(config(HeartBeat::default()));
        let Some(chosen) = row["result"].as_str() else {
            link.serve(error_frame(
                "Version mismatch",
                "Supported versions are …\n",
            ));
            let closed = link.closed();
            assert!(matches!(closed, Closed::Refused(_)), "{row}: {closed:?}");
            continue;
        };
        link.serve(Frame::new(Command::Connected).with_header("version", chosen));
        if chosen == VERSION {
            assert!(link.session.is_connected(), "{row}");
        } else {
            assert_eq!(
                link.closed(),
                Closed::Protocol(ProtocolError::UnsupportedVersion {
                    offered: VERSION,
                    chosen: Some(chosen.into()),
                }),
                "{row}"
            );
        }
    }
}

#[test]
fn a_server_of_stomp_1_0_names_no_version_and_is_not_spoken_to() {
    let mut link = Link::open(config(HeartBeat::default()));
    link.serve(Frame::new(Command::Connected));
    assert_eq!(
        link.closed(),
        Closed::Protocol(ProtocolError::UnsupportedVersion {
            offered: VERSION,
            chosen: None,
        })
    );
}

#[test]
fn a_refused_login_closes_with_what_the_server_said() {
    let mut link = Link::open(config(HeartBeat::default()));
    link.serve(error_frame(
        "Bad CONNECT",
        "Access refused for user 'web'\n",
    ));
    assert_eq!(
        link.closed(),
        Closed::Refused(ServerError {
            message: "Bad CONNECT".into(),
            detail: "Access refused for user 'web'".into(),
        })
    );
    link.session
        .handle_transport_closed(link.now, Some(1000), "");
    assert_eq!(link.events(), [], "it closes once");
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let mut link = Link::open(config(millis("10000,10000")));
    let opened = link.now;
    link.session.handle_timeout(link.now);
    assert_eq!(link.events(), [], "a timer that fires early does no harm");
    link.wait_for_timeout();
    assert_eq!(link.now, opened + CONNECT_TIMEOUT);
    assert_eq!(
        link.closed(),
        Closed::ConnectTimeout {
            after: CONNECT_TIMEOUT
        }
    );
}

#[test]
fn frames_are_refused_until_connected() {
    let mut link = Link::open(config(HeartBeat::default()));
    link.received();
    let now = link.now;
    let session = &mut link.session;
    let send = Frame::new(Command::Send).with_header("destination", "/queue/q");
    assert_eq!(session.send(now, &send), Err(NotConnected));
    assert_eq!(
        session.subscribe(now, "a", "/queue/q", None),
        Err(NotConnected)
    );
    assert_eq!(session.unsubscribe(now, "a"), Err(NotConnected));
    assert_eq!(link.received(), []);
}

#[test]
fn frames_before_connected_break_the_protocol() {
    for command in [Command::Message, Command::Receipt, Command::Send] {
        let mut link = Link::open(config(HeartBeat::default()));
        link.serve(Frame::new(command.clone()).with_header("receipt-id", "1"));
        assert_eq!(
            link.closed(),
            Closed::Protocol(ProtocolError::UnexpectedFrame {
                command,
                connected: false,
            })
        );
    }
}

#[test]
fn debug_output_hides_the_passcode() {
    let link = Link::open(config(HeartBeat::default()));
    let shown = format!("{:?} {:?}", config(HeartBeat::default()), link.session);
    assert!(shown.contains("web"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}
