//! What comes back, and what it means.

use warren_contract::{Code, Fault};

use super::*;
use crate::Reply;

/// A value, or the code of an error and some words of its message.
type Expected<'a> = Result<u64, (Code, &'a str)>;

#[test]
fn a_workers_result() {
    let mut world = World::online();
    world.pass(ms(1000));
    let id = world.call(request());
    world.pass(ms(7));
    world.receive(&result(id, "832040"));
    let reply = world.outcome(id).clone().and_then(RawReply::decode);
    let expected = Reply {
        value: 832_040_u64,
        worker: Some("hare".to_owned()),
        compute: Some(Duration::from_micros(5300)),
        round_trip: ms(7),
        times: None,
    };
    assert_eq!(reply, Ok(expected));
}

/// Sends a call, answers it, and compares the outcome.
fn check(answer: impl FnOnce(Uuid) -> Frame, expected: Expected<'_>) {
    let mut world = World::online();
    let id = world.call(request());
    let frame = answer(id);
    world.receive(&frame);
    let outcome = world.outcome(id).clone().and_then(RawReply::decode::<u64>);
    match (outcome, expected) {
        (Ok(reply), Ok(value)) => assert_eq!(reply.value, value),
        (Err(error), Err((code, words))) => {
            assert_eq!(error.code(), code, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        (outcome, expected) => panic!("{frame:?} gave {outcome:?} and not {expected:?}"),
    }
}

#[test]
fn replies_of_warren_workers() {
    let fault = Fault::new(Code::OutOfRange, "n is 51").to_json();
    let cases: [(&str, &str, Expected<'_>); 5] = [
        ("result", "832040", Ok(832_040)),
        ("result", "hello", Err((Code::Internal, "hello"))),
        ("result", "-1", Err((Code::Internal, "it was: -1"))),
        ("fault", &fault, Err((Code::OutOfRange, "n is 51"))),
        ("fault", "oh", Err((Code::Internal, "this is no fault"))),
    ];
    for (r#type, body, expected) in cases {
        let answer = |id| reply(id).with_header("type", r#type).with_body(body);
        check(answer, expected);
    }
}

#[test]
fn replies_of_the_tutorials_servers() {
    let cases: [(&str, Expected<'_>); 6] = [
        ("832040", Ok(832_040)),
        ("[832040]", Err((Code::Internal, "it was: [832040]"))),
        (r#"{"response":832040,"error":null}"#, Ok(832_040)),
        (r#"{"response":832040}"#, Ok(832_040)),
        (
            r#"{"response":null,"error":"n is too large"}"#,
            Err((Code::Internal, "n is too large")),
        ),
        ("Traceback", Err((Code::Internal, "it was: Traceback"))),
    ];
    for (body, expected) in cases {
        check(|id| reply(id).with_body(body), expected);
    }
}

#[test]
fn a_warren_worker_that_takes_us_for_a_tutorials_client() {
    let mut world = World::online();
    let id = world.call(request());
    world.receive(&reply(id).with_body("error: n is 51"));
    let fault = Fault::new(Code::Internal, "n is 51");
    assert_eq!(world.error(id), &CallError::Fault(fault));
}

#[test]
fn an_unreadable_reply_is_shown_in_part() {
    let long = "ä".repeat(100_000);
    check(
        |id| reply(id).with_body(long.as_str()),
        Err((Code::Internal, &format!("{}…", "ä".repeat(200)))),
    );
}

#[test]
fn a_request_that_bounces_settles_its_call() {
    let cases = [
        (None, Code::Unavailable, "no queue"),
        (Some("expired"), Code::DeadlineExceeded, "within 30s"),
        (Some("rejected"), Code::Internal, "rejected"),
        (Some("maxlen"), Code::ResourceExhausted, "full"),
        (Some("delivery_limit"), Code::Internal, "delivery_limit"),
    ];
    for (reason, code, words) in cases {
        let bounce = |id: Uuid| {
            let frame = message(BOUNCE_SUBSCRIPTION, &id.to_string());
            match reason {
                Some(reason) => frame.with_header("x-first-death-reason", reason),
                None => frame,
            }
        };
        check(bounce, Err((code, words)));
    }
}

#[test]
fn what_belongs_to_no_call_is_counted_and_dropped() {
    let mut world = World::online();
    let id = world.call(request());
    world.receive(&result(Uuid::from_u128(77), "1"));
    world.receive(&result(id, "832040"));
    world.receive(&result(id, "832041"));
    world.receive(&message(BOUNCE_SUBSCRIPTION, &id.to_string()));
    assert!(world.outcome(id).is_ok());
    assert_eq!(
        world.engine.counters().unmatched,
        3,
        "unknown, doubled, late"
    );

    let other = world.call(request());
    world.receive(&message("/temp-queue/rpc", "7"));
    world.receive(&message("another", &other.to_string()));
    world.receive(&reply(other).with_header("type", "unheard-of"));
    assert_eq!(world.engine.counters().malformed, 3);
    assert_eq!(world.settled.len(), 1);
}

#[test]
fn a_reply_over_the_limit_fails_its_call_and_no_other() {
    let mut world = World::new(Config {
        max_reply_bytes: 1000,
        ..Config::default()
    });
    world.come_online();
    let [largest, long, far_too_long, other] = [(); 4].map(|()| world.call(request()));
    world.receive(&result(largest, &"1".repeat(1000)));
    assert!(world.outcome(largest).is_ok());

    world.receive(&result(long, &"1".repeat(1001)));
    let error = world.error(long);
    assert!(matches!(error, CallError::ReplyTooLarge { .. }));
    let words = error.to_string();
    assert!(words.contains("1001") && words.contains("1000"), "{words}");
    assert!(world.socket);

    // What would take much memory is not read at all, and ends the connection.
    world.receive(&result(far_too_long, &"1".repeat(65_537)));
    let error = world.error(far_too_long);
    assert!(matches!(error, CallError::ReplyTooLarge { .. }));
    let words = error.to_string();
    assert!(
        words.contains("65537") && words.contains("65536"),
        "{words}"
    );
    assert!(!world.socket);

    world.come_back();
    world.receive(&result(other, "832040"));
    assert!(world.outcome(other).is_ok());
}
