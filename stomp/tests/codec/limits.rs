//! Limits, and how memory is taken.

use warren_stomp::{Command, DecodeError, Decoder, Frame, Limits};

use crate::support::{Outcome, decode, encoded, feed};

const SMALL: Limits = Limits {
    headers: 2,
    header_bytes: 32,
    body_bytes: 8,
};

/// Decodes under the small limits, and checks that the chunking makes no difference.
fn check(input: &[u8]) -> Outcome {
    let outcome = decode(SMALL, [input]);
    assert_eq!(outcome, decode(SMALL, input.chunks(1)));
    outcome
}

#[test]
fn as_many_headers_as_allowed_are_read_and_no_more() {
    assert_eq!(check(b"MESSAGE\na:1\nb:2\n\n\0").error, None);
    assert_eq!(
        check(b"MESSAGE\na:1\nb:2\nc:3\n\n\0").error,
        Some(DecodeError::TooManyHeaders { allowed: 2 })
    );
}

#[test]
fn a_head_may_be_as_long_as_allowed_and_no_longer() {
    let fits = b"MESSAGE\na:345678901234567890123\n\n\0";
    assert_eq!(fits.len(), SMALL.header_bytes + "\n\0".len());
    assert_eq!(
        check(fits).error,
        Some(DecodeError::HeadTooLong { allowed: 32 }),
        "the empty line belongs to the head"
    );
    assert_eq!(
        check(b"MESSAGE\na:34567890123456789012\n\n\0").error,
        None,
        "32 bytes"
    );
    assert_eq!(
        check(&[b'M'; 40]).error,
        Some(DecodeError::HeadTooLong { allowed: 32 })
    );
}

#[test]
fn each_frame_has_the_whole_head_for_itself() {
    let frame = b"MESSAGE\na:34567890123456789012\n\n\0";
    let outcome = check(&frame.repeat(3));
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.frames.len(), 3);
}

#[test]
fn an_announced_body_that_is_too_large_is_refused_before_memory_is_taken() {
    let mut decoder = Decoder::new(SMALL);
    let mut head: &[u8] = b"MESSAGE\ncontent-length:9\nid:7\n\n";
    assert_eq!(
        decoder.decode(&mut head),
        Err(DecodeError::BodyTooLarge {
            announced: Some(9),
            allowed: 8
        })
    );
    let refused = decoder.head().expect("the head tells whom it concerned");
    assert_eq!(refused.header("id"), Some("7"));
    assert_eq!(refused.body.capacity(), 0);
}

#[test]
fn a_content_length_beyond_every_integer_is_too_large() {
    assert_eq!(
        check(b"E\ncontent-length:99999999999999999999\n\n").error,
        Some(DecodeError::HeadTooLong { allowed: 32 }),
        "it takes more room than the small limits give"
    );
    let input = b"MESSAGE\ncontent-length:99999999999999999999\n\n";
    assert_eq!(
        decode(Limits::default(), [input]).error,
        Some(DecodeError::BodyTooLarge {
            announced: Some(u64::MAX),
            allowed: Limits::DEFAULT_BODY_BYTES
        })
    );
}

#[test]
fn a_body_may_be_as_large_as_allowed() {
    for head in ["MESSAGE\ncontent-length:8\n\n", "MESSAGE\n\n"] {
        let outcome = check(format!("{head}12345678\0").as_bytes());
        assert_eq!(outcome.error, None);
        assert_eq!(outcome.frames[0].body, b"12345678");
    }
}

#[test]
fn a_length_alone_does_not_take_all_the_memory_that_a_limit_allows() {
    const PLAUSIBLE: usize = 16 * 1024 * 1024;
    let mut decoder = Decoder::new(Limits {
        body_bytes: usize::MAX,
        ..Limits::default()
    });
    let mut head = &b"MESSAGE\ncontent-length:99999999999999999999\n\n"[..];
    assert_eq!(decoder.decode(&mut head), Ok(None));
    let capacity = decoder.head().map(|head| head.body.capacity());
    assert_eq!(capacity, Some(PLAUSIBLE));
}

#[test]
fn a_body_without_length_is_cut_off_at_the_limit() {
    let outcome = check(b"MESSAGE\nid:7\n\n12345678\0MESSAGE\nid:8\n\n123456789\0");
    assert_eq!(outcome.frames.len(), 1);
    assert_eq!(
        outcome.error,
        Some(DecodeError::BodyTooLarge {
            announced: None,
            allowed: 8
        })
    );
    let head = outcome.head.expect("the head tells whom it concerned");
    assert_eq!(head.header("id"), Some("8"));
}

#[test]
fn a_body_stays_where_its_first_byte_was_put() {
    const LENGTH: usize = 1 << 20;
    let body: Vec<u8> = (0..=u8::MAX).cycle().take(LENGTH).collect();
    let frame = Frame::new(Command::Message).with_body(body);
    let bytes = encoded(&frame);
    let mut decoder = Decoder::new(Limits::default());
    let mut frames = Vec::new();

    let (first, rest) = bytes.split_at(100);
    feed(&mut decoder, first, &mut frames).expect("a sound beginning");
    let place = decoder.head().expect("the head has come").body.as_ptr();
    for chunk in rest.chunks(1_400) {
        feed(&mut decoder, chunk, &mut frames).expect("a sound body");
    }
    assert_eq!(frames[0].body, frame.body);
    assert_eq!(frames[0].body.as_ptr(), place, "the body was copied once");
    assert_eq!(frames[0].body.capacity(), LENGTH, "and took its own size");
}

#[test]
fn single_bytes_cost_no_more_than_their_number() {
    // Were the bytes before each one looked at again, this would take minutes.
    let value = "v".repeat(60_000);
    let mut bytes = format!("MESSAGE\na:{value}\n\n").into_bytes();
    bytes.resize(bytes.len() + (1 << 20), b'x');
    bytes.push(0);
    let outcome = decode(Limits::default(), bytes.chunks(1));
    assert_eq!(outcome.frames[0].header("a"), Some(value.as_str()));
    assert_eq!(outcome.frames[0].body.len(), 1 << 20);
}
