//! Who ended it, and why.

use std::time::Duration;

use warren_stomp::{
    Closed, Command, DISCONNECT_RECEIPT, DISCONNECT_TIMEOUT, Event, Frame, HeartBeat, NotConnected,
    ServerError,
};

use crate::support::{Link, config, error_frame};

#[test]
fn disconnect_ends_with_its_receipt() {
    let mut link = Link::connected("10000,10000");
    link.session.disconnect(link.now);
    assert!(!link.session.is_connected());
    assert_eq!(
        link.received(),
        [Frame::new(Command::Disconnect).with_header("receipt", DISCONNECT_RECEIPT)]
    );
    let late = Frame::new(Command::Send);
    assert_eq!(link.session.send(link.now, &late), Err(NotConnected));

    let message = Frame::new(Command::Message).with_header("subscription", "a");
    link.serve(message.clone());
    assert_eq!(
        link.events(),
        [Event::Message(message)],
        "what is on its way still comes"
    );
    link.serve(Frame::new(Command::Receipt).with_header("receipt-id", DISCONNECT_RECEIPT));
    assert_eq!(link.closed(), Closed::Disconnected);
}

#[test]
fn disconnect_ends_with_the_transport_whatever_its_code() {
    let mut link = Link::connected("0,0");
    link.session.disconnect(link.now);
    link.session
        .handle_transport_closed(link.now, Some(1000), "STOMP died");
    assert_eq!(link.closed(), Closed::Disconnected);
}

#[test]
fn disconnect_does_not_wait_for_ever() {
    let mut link = Link::connected("0,0");
    link.session.disconnect(link.now);
    let asked_at = link.now;
    // Asking again must not put the end off.
    link.session.disconnect(link.now + DISCONNECT_TIMEOUT / 2);
    link.wait_for_timeout();
    assert_eq!(link.now, asked_at + DISCONNECT_TIMEOUT);
    assert_eq!(link.closed(), Closed::Disconnected);
}

#[test]
fn disconnect_before_connected_ends_at_once() {
    let mut link = Link::open(config(HeartBeat::default()));
    link.session.disconnect(link.now);
    assert_eq!(link.closed(), Closed::Disconnected);
}

#[test]
fn a_transport_that_closes_with_code_1000_unasked_is_lost() {
    let mut link = Link::connected("0,0");
    link.session
        .handle_transport_closed(link.now, Some(1000), "STOMP died");
    assert_eq!(
        link.closed(),
        Closed::Lost {
            code: Some(1000),
            reason: "STOMP died".into(),
            error: None,
        }
    );
}

#[test]
fn a_transport_can_be_lost_before_connected() {
    let mut link = Link::open(config(HeartBeat::default()));
    link.session.handle_transport_closed(link.now, None, "");
    assert_eq!(
        link.closed(),
        Closed::Lost {
            code: None,
            reason: String::new(),
            error: None,
        }
    );
}

#[test]
fn an_error_shortly_before_is_named_as_the_cause() {
    assert_eq!(
        error_of_loss_after(Duration::from_millis(100)),
        Some(ServerError {
            message: "not_found".into(),
            detail: "no queue 'q'".into(),
        })
    );
}

#[test]
fn an_error_of_long_ago_is_not_the_cause() {
    assert_eq!(error_of_loss_after(Duration::from_secs(60)), None);
}

/// The ERROR that a loss is put down to when it comes this long after one. As RabbitMQ does it for
/// a failed SUBSCRIBE, a RECEIPT comes in between.
fn error_of_loss_after(delay: Duration) -> Option<ServerError> {
    let mut link = Link::connected("0,0");
    link.serve(error_frame("not_found", "no queue 'q'\n"));
    link.serve(Frame::new(Command::Receipt).with_header("receipt-id", "s"));
    link.events();
    link.now += delay;
    link.session
        .handle_transport_closed(link.now, Some(1000), "");
    match link.closed() {
        Closed::Lost { error, .. } => error,
        other => panic!("not lost: {other:?}"),
    }
}
