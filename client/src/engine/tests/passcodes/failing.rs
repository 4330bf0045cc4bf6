//! Sources that fail, and passcodes that the broker refuses.

use super::*;

#[test]
fn a_source_that_fails_is_told_and_asked_again_with_growing_waits() {
    let mut world = world();
    let call = world.call(within(ms(1_000)));
    let mut waits = Vec::new();
    for number in 1..40 {
        assert_eq!(world.asked.len(), number);
        world.give_none();
        let (reason, retry_in) = world.offline();
        assert!(matches!(reason, Disconnect::NoPasscode { .. }), "{reason}");
        assert!(reason.to_string().contains("the token server is away"));
        waits.push(retry_in);
        world.pass(retry_in);
    }
    assert_eq!(world.opened, []);
    assert!(waits[0] <= ms(250) && waits.iter().all(|wait| *wait <= ms(15_000)));
    assert!(
        waits[20..].iter().sum::<Duration>() > ms(60_000),
        "{waits:?}"
    );
    let error = world.error(call);
    assert!(matches!(error, CallError::NotConnected { .. }), "{error}");
    assert!(
        error.to_string().contains("the token server is away"),
        "{error}"
    );
    world.give("token", Some(LIFE));
    world.come_online();
}

#[test]
fn a_source_that_does_not_answer_has_failed() {
    let mut world = world();
    world.pass(ms(9_999));
    assert_eq!(world.states, []);
    world.pass(ms(1));
    let (reason, _) = world.offline();
    assert!(
        reason.to_string().contains("did not come within 10s"),
        "{reason}"
    );
    // What comes too late was not asked for.
    world.give("late", Some(LIFE));
    assert_eq!(world.opened, []);
    world.retry();
    assert_eq!(world.asked.len(), 2);
}

#[test]
fn a_passcode_that_is_good_for_no_time_is_none() {
    let mut world = world();
    world.give("token", Some(ms(1_999)));
    let (reason, _) = world.offline();
    assert!(reason.to_string().contains("1.999s, where 2s"), "{reason}");
}

#[test]
fn a_source_that_fails_disturbs_no_connection_and_is_asked_again() {
    let mut world = online_for(LIFE);
    world.until_asked();
    let waits = (0..5).map(|_| {
        world.give_none();
        world.until_asked()
    });
    assert!(waits.sum::<Duration>() > ms(500), "its server is let alone");
    assert_eq!(world.states.last(), Some(&online()));
    assert_eq!(world.opened.len(), 1);
    world.give("second", Some(LIFE));
    assert_eq!(world.passcode(), "second");
}

#[test]
fn a_source_that_fails_keeps_nobody_from_connecting_with_a_passcode_that_is_good_yet() {
    let mut world = online_for(LIFE);
    world.until_asked();
    world.give_none();
    world.lost();
    world.retry();
    // A better one is asked for, unless the source failed just now.
    if world.opened.len() == 1 {
        world.give_none();
    }
    assert_eq!(world.passcode(), "first");
    world.greeted();
    world.until_asked();

    // Ten seconds before its end it is good no more.
    let until = LIFE - ms(10_000);
    world.pass(until - world.now);
    world.lost();
    world.retry();
    world.give_none();
    let (reason, _) = world.offline();
    assert!(matches!(reason, Disconnect::NoPasscode { .. }), "{reason}");
    assert_eq!(world.opened.len(), 2);
}

#[test]
fn a_passcode_that_the_broker_refuses_is_not_shown_to_it_again() {
    let mut world = world();
    world.give("forged", Some(LIFE));
    world.opened();
    world.receive(&error_frame(
        "Bad CONNECT",
        "Access refused for user 'web'\n",
    ));
    let call = world.call(request());
    assert_eq!(
        world.error(call).code(),
        warren_contract::Code::Unauthenticated
    );
    let (_, retry_in) = world.offline();
    assert!(retry_in >= ms(30_000), "no storm");
    world.pass(retry_in);
    assert_eq!((world.asked.len(), world.opened.len()), (2, 1));
    world.give("genuine", Some(LIFE));
    assert_eq!(world.passcode(), "genuine");
}

#[test]
fn a_passcode_that_was_good_once_and_ran_out_unnoticed_is_replaced_at_once() {
    let mut world = online_for(LIFE);
    world.lost();
    world.retry();
    world.opened();
    world.receive(&error_frame("Bad CONNECT", "Access refused for user 'web'"));
    let call = world.call(long());
    let (reason, retry_in) = world.offline();
    assert!(matches!(reason, Disconnect::Lost { .. }), "{reason:?}");
    assert!(retry_in < ms(1_000), "{retry_in:?}");
    world.retry();
    world.give("second", Some(LIFE));
    world.come_online();
    assert_eq!(world.requests(), [call]);
}
