//! What holds for every frame and every byte stream.

use proptest::{collection::vec, prelude::*, sample::Index};
use warren_stomp::{Command, Frame, Limits};

use crate::support::{decode, encoded};

proptest! {
    #[test]
    fn a_frame_is_read_as_it_was_written(frame in frames(escaped_command())) {
        let outcome = decode(Limits::default(), [encoded(&frame)]);
        prop_assert_eq!(outcome.error, None);
        prop_assert_eq!(outcome.frames, [with_content_length(frame)]);
    }

    #[test]
    fn no_header_starts_a_line_of_its_own(frame in frames(any_command())) {
        let frame = with_content_length(frame);
        let outcome = decode(Limits::default(), [encoded(&frame)]);
        prop_assert_eq!(outcome.error, None);
        prop_assert_eq!(outcome.pings, 0);
        prop_assert_eq!(outcome.frames.len(), 1);
        prop_assert_eq!(outcome.frames[0].headers.len(), frame.headers.len());
        prop_assert_eq!(&outcome.frames[0].body, &frame.body);
    }

    #[test]
    fn any_chunking_gives_the_same_frames(
        frames in vec(frames(escaped_command()), 1..4),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(encoded).collect();
        let outcome = decode(Limits::default(), split(&bytes, &cuts));
        let expected: Vec<_> = frames.into_iter().map(with_content_length).collect();
        prop_assert_eq!(outcome.frames, expected);
    }

    #[test]
    fn any_bytes_give_the_same_outcome_in_any_chunking(
        bytes in nearly_stomp(),
        cuts in vec(any::<Index>(), 0..8),
    ) {
        let limits = Limits { headers: 4, header_bytes: 64, body_bytes: 16 };
        let whole = decode(limits, [&bytes]);
        prop_assert_eq!(&decode(limits, split(&bytes, &cuts)), &whole);
        prop_assert_eq!(&decode(limits, bytes.chunks(1)), &whole);
    }
}

fn frames(command: impl Strategy<Value = Command>) -> impl Strategy<Value = Frame> {
    let name = prop_oneof![4 => header_text(), 1 => Just("content-length".to_owned())];
    let headers = vec((name, header_text()), 0..6);
    (command, headers, vec(any::<u8>(), 0..64)).prop_map(|(command, headers, body)| Frame {
        command,
        headers: headers.into_iter().collect(),
        body,
    })
}

/// Texts full of what must be escaped.
fn header_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c:\\\\\r\n\0é ]{0,8}", any::<String>()]
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Connect),
        Just(Command::Connected),
        escaped_command()
    ]
}

/// The commands whose headers have escapes both ways.
fn escaped_command() -> impl Strategy<Value = Command> {
    const WORDS: &[&str] = &[
        "STOMP",
        "SEND",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "ACK",
        "NACK",
        "BEGIN",
        "COMMIT",
        "ABORT",
        "DISCONNECT",
        "MESSAGE",
        "RECEIPT",
        "ERROR",
        "a word: \\unknown",
    ];
    prop::sample::select(WORDS).prop_map(Command::from)
}

/// The frame as it is read back: with its true `content-length`, if there must be one.
fn with_content_length(mut frame: Frame) -> Frame {
    let length = frame.body.len().to_string();
    if frame.header("content-length").is_some() {
        let mut told = false;
        let headers = frame.headers.iter().map(|(name, value)| {
            let tells = name == "content-length" && !told;
            told |= tells;
            (name, if tells { length.as_str() } else { value })
        });
        frame.headers = headers.collect();
    } else if !frame.body.is_empty() {
        frame.headers.push("content-length", &length);
    }
    frame
}

/// Bytes that are STOMP often enough to reach every state of the decoder.
fn nearly_stomp() -> impl Strategy<Value = Vec<u8>> {
    const FRAGMENTS: &[&[u8]] = &[
        b"MESSAGE\n",
        b"CONNECTED\r\n",
        b"a:b\n",
        b"a:\\c\\\\\n",
        b"content-length:3\n",
        b"content-length:17\n",
        b"\n",
        b"\r\n",
        b"\0",
        b"\r",
        b"\\",
        b":",
        b"abc",
        b"\n\nabc\0",
    ];
    let fragment = prop_oneof![
        8 => prop::sample::select(FRAGMENTS).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..8),
    ];
    vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

fn split<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut start = 0;
    for place in places {
        chunks.push(&bytes[start..place]);
        start = place;
    }
    chunks.push(&bytes[start..]);
    chunks
}
