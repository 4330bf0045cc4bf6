//! The tables of `tests/vectors/stomp.json` that concern the codec.

use serde_json::Value;
use warren_stomp::{Command, DecodeError, Decoder, Frame, Headers, Limits, Part};

use crate::support::{Outcome, decode, encoded, feed};

#[test]
fn every_byte_stream_gives_its_frames_in_any_chunking() {
    for vector in table("decode") {
        let chunks: Vec<_> = array(&vector["chunks_hex"]).iter().map(bytes).collect();
        let expected = Outcome {
            frames: array(&vector["frames"]).iter().map(frame).collect(),
            pings: vector["pings"].as_u64().expect("a number of pings"),
            error: None,
            head: None,
        };
        let whole = chunks.concat();
        let check = |chunking, chunks: Vec<&[u8]>| {
            let outcome = decode(Limits::default(), chunks);
            assert_eq!(outcome, expected, "{}, {chunking}", vector["id"]);
        };
        check("as given", chunks.iter().map(Vec::as_slice).collect());
        check("in one chunk", vec![&whole]);
        check("byte by byte", whole.chunks(1).collect());
    }
}

#[test]
fn a_frame_is_handed_out_only_after_its_nul() {
    let vector = find("decode", "binary-waits-for-nul");
    let chunks: Vec<_> = array(&vector["chunks_hex"]).iter().map(bytes).collect();
    let [body, nul] = chunks.as_slice() else {
        panic!("this vector has two chunks");
    };
    let mut decoder = Decoder::new(Limits::default());
    let mut frames = Vec::new();
    feed(&mut decoder, body, &mut frames).expect("the body is sound");
    assert_eq!(frames, []);
    feed(&mut decoder, nul, &mut frames).expect("the end is sound");
    assert_eq!(frames.len(), 1);
}

#[test]
fn the_first_of_repeated_headers_counts() {
    let vector = find("decode", "repeated-header-first-wins");
    let frame = frame(&vector["frames"][0]);
    assert_eq!(frame.header("foo"), Some("World"));
}

#[test]
fn what_is_no_stomp_is_rejected_for_its_reason_in_any_chunking() {
    for vector in table("reject") {
        let input = bytes(&vector["input_hex"]);
        let id = text(&vector["id"]);
        let expected = match id {
            "undefined-escape" => DecodeError::InvalidEscape { escape: Some('t') },
            "cr-mid-command" => stray_carriage_return(Part::Command),
            "cr-between-frames" => stray_carriage_return(Part::BetweenFrames),
            "cr-in-header-value" => stray_carriage_return(Part::Header),
            "content-length-negative" => DecodeError::InvalidContentLength { value: "-1".into() },
            _ => panic!("{id}: a vector without an expectation"),
        };
        for chunk_size in [input.len(), 1] {
            let outcome = decode(Limits::default(), input.chunks(chunk_size));
            assert_eq!(outcome.frames, [], "{id}");
            assert_eq!(outcome.error.as_ref(), Some(&expected), "{id}");
        }
    }
}

#[test]
fn every_frame_is_written_byte_for_byte() {
    for vector in table("encode") {
        assert_eq!(
            encoded(&frame(&vector)).escape_ascii().to_string(),
            bytes(&vector["out_hex"]).escape_ascii().to_string(),
            "{}",
            vector["id"]
        );
    }
}

#[test]
fn escapes_are_written_and_read_in_names_and_values() {
    for vector in table("escape") {
        let (raw, escaped) = (text(&vector["raw"]), text(&vector["escaped"]));
        let frame = Frame::new(Command::Message).with_header(raw, raw);
        let line = format!("MESSAGE\n{escaped}:{escaped}\n\n\0");
        assert_eq!(encoded(&frame), line.as_bytes(), "{raw:?} is written");
        let outcome = decode(Limits::default(), [line]);
        assert_eq!(outcome.frames, [frame], "{raw:?} is read");
    }
}

#[test]
fn content_length_counts_bytes_and_not_characters() {
    for vector in table("utf8_byte_len") {
        let body = text(&vector[0]);
        let frame = Frame::new(Command::Send).with_body(body);
        let line = match vector[1].as_u64().expect("a length") {
            0 => String::new(),
            length => format!("content-length:{length}\n"),
        };
        let expected = format!("SEND\n{line}\n{body}\0");
        assert_eq!(encoded(&frame), expected.as_bytes(), "{body:?}");
    }
}

fn stray_carriage_return(within: Part) -> DecodeError {
    DecodeError::StrayCarriageReturn { within }
}

fn find(name: &str, id: &str) -> Value {
    let mut vectors = table(name).into_iter();
    vectors
        .find(|vector| vector["id"] == id)
        .expect("the vector is there")
}

fn table(name: &str) -> Vec<Value> {
    let mut tables: Value =
        serde_json::from_str(include_str!("../vectors/stomp.json")).expect("the vectors are JSON");
    let table = array(&tables[name].take()).to_vec();
    assert!(!table.is_empty(), "{name} has vectors");
    table
}

/// A frame as the tables write it.
fn frame(value: &Value) -> Frame {
    Frame {
        command: Command::from(text(&value["command"])),
        headers: array(&value["headers"])
            .iter()
            .map(|header| (text(&header[0]), text(&header[1])))
            .collect::<Headers>(),
        body: bytes(&value["body_hex"]),
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn bytes(hex: &Value) -> Vec<u8> {
    let pairs = text(hex).as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = str::from_utf8(pair).expect("hexadecimal digits are ASCII");
            u8::from_str_radix(pair, 16).expect("hexadecimal digits")
        })
        .collect()
}
