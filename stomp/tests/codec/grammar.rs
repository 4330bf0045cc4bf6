//! What the vectors leave open of the grammar.

use warren_stomp::{Command, DecodeError, Decoder, Frame, Limits, Part};

use crate::support::{Outcome, decode, encoded};

/// Decodes a byte stream, and checks that the chunking makes no difference.
fn check(input: &[u8]) -> Outcome {
    let outcome = decode(Limits::default(), [input]);
    assert_eq!(outcome, decode(Limits::default(), input.chunks(1)));
    outcome
}

#[test]
fn content_length_is_honoured_on_every_command_and_must_end_in_nul() {
    let outcome = check(b"RECEIPT\ncontent-length:3\n\na\0b\0");
    assert_eq!(outcome.frames[0].body, b"a\0b");
    assert_eq!(
        check(b"RECEIPT\ncontent-length:3\n\nabcd\0").error,
        Some(DecodeError::MissingNul {
            length: 3,
            found: b'd'
        })
    );
}

#[test]
fn a_content_length_is_digits_and_nothing_else() {
    for value in ["", " 3", "3 ", "+3", "0x3", "3.0", "٣"] {
        let input = format!("MESSAGE\ncontent-length:{value}\n\nabc\0");
        assert_eq!(
            check(input.as_bytes()).error,
            Some(DecodeError::InvalidContentLength {
                value: value.into()
            })
        );
    }
}

#[test]
fn names_and_values_are_not_trimmed_and_may_have_bare_colons() {
    let outcome = check(b"MESSAGE\n a : b:c \n:\n\n\0");
    assert_eq!(
        outcome.frames,
        [Frame::new(Command::Message)
            .with_header(" a ", " b:c ")
            .with_header("", "")]
    );
}

#[test]
fn connected_and_connect_are_read_without_escapes() {
    for command in [Command::Connected, Command::Connect] {
        let input = format!("{command}\na:\\c\\t\n\n\0");
        assert_eq!(
            check(input.as_bytes()).frames,
            [Frame::new(command).with_header("a", "\\c\\t")]
        );
    }
}

#[test]
fn lines_that_are_no_headers_or_no_text_are_refused() {
    assert_eq!(
        check(b"MESSAGE\nno colon\n\n\0").error,
        Some(DecodeError::MissingColon {
            line: "no colon".into()
        })
    );
    assert!(matches!(
        check(b"MESSAGE\na:\xff\n\n\0").error,
        Some(DecodeError::NotUtf8 { .. })
    ));
    assert_eq!(
        check(b"MESSAGE\na\rb:c\n\n\0").error,
        Some(DecodeError::StrayCarriageReturn {
            within: Part::Header
        })
    );
    assert_eq!(
        check(b"MESSAGE\na:b\\\n\n\0").error,
        Some(DecodeError::InvalidEscape { escape: None })
    );
}

#[test]
fn an_error_is_for_good() {
    let mut decoder = Decoder::new(Limits::default());
    let error = decoder
        .decode(&mut &b"MESSAGE\n?\n"[..])
        .expect_err("no colon");
    let mut sound = &b"\nMESSAGE\n\n\0"[..];
    assert_eq!(decoder.decode(&mut sound), Err(error));
    assert_eq!(sound.len(), 11, "nothing more is taken");
}

#[test]
fn a_wrong_content_length_is_corrected_when_written() {
    for (claimed, body) in [("3", "12345"), ("9", "12345"), ("5", "")] {
        let frame = Frame::new(Command::Send)
            .with_header("content-length", claimed)
            .with_header("id", "7")
            .with_body(body);
        let length = body.len();
        assert_eq!(
            encoded(&frame),
            format!("SEND\ncontent-length:{length}\nid:7\n\n{body}\0").as_bytes()
        );
    }
}

#[test]
fn a_colon_in_a_name_is_escaped_also_where_values_keep_theirs() {
    let frame = Frame::new(Command::Connect).with_header("a:b", "c:d");
    assert_eq!(encoded(&frame), b"CONNECT\na\\cb:c:d\n\n\0");
}
