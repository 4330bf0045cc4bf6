//! Any bytes through the decoder: it never panics, the chunking makes no difference, and what it
//! reads it reads again after writing it. Run with `cargo +nightly fuzz run decode` in `stomp/`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use warren_stomp::{Command, DecodeError, Decoder, Frame, Limits, encode};

/// Small enough for the fuzzer to reach them.
const LIMITS: Limits = Limits {
    headers: 8,
    header_bytes: 256,
    body_bytes: 256,
};

fuzz_target!(|input: (u8, &[u8])| {
    let (chunk_size, bytes) = input;
    let whole = decode(LIMITS, [bytes]);
    let chunks = bytes.chunks(usize::from(chunk_size).max(1));
    assert_eq!(decode(LIMITS, chunks), whole);
    for frame in &whole.frames {
        check_round_trip(frame);
    }
});

/// All that the decoder tells about a byte stream.
#[derive(Debug, PartialEq)]
struct Outcome {
    frames: Vec<Frame>,
    pings: u64,
    error: Option<DecodeError>,
    head: Option<Frame>,
}

fn decode<'a>(limits: Limits, chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut decoder = Decoder::new(limits);
    let mut frames = Vec::new();
    let error = chunks
        .into_iter()
        .find_map(|chunk| feed(&mut decoder, chunk, &mut frames).err());
    Outcome {
        frames,
        pings: decoder.pings(),
        error,
        head: decoder.head().cloned(),
    }
}

fn feed(
    decoder: &mut Decoder,
    mut chunk: &[u8],
    frames: &mut Vec<Frame>,
) -> Result<(), DecodeError> {
    while let Some(frame) = decoder.decode(&mut chunk)? {
        frames.push(frame);
    }
    assert!(chunk.is_empty());
    Ok(())
}

fn check_round_trip(frame: &Frame) {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes);
    let read = decode(Limits::default(), [bytes.as_slice()]);
    assert_eq!(read.error, None);
    assert_eq!(read.pings, 0);
    let [read] = read.frames.as_slice() else {
        panic!("one frame was written, {} were read", read.frames.len());
    };
    assert_eq!(read.command, frame.command);
    assert_eq!(read.body, frame.body);
    // CONNECT is written in RabbitMQ's dialect, which differs from what is read.
    if frame.command != Command::Connect {
        assert_eq!(without_length(read), without_length(frame));
    }
}

/// The headers but for the first `content-length`, which is added or spelled anew when written.
fn without_length(frame: &Frame) -> Vec<(&str, &str)> {
    let mut headers: Vec<_> = frame.headers.iter().collect();
    if let Some(first) = headers
        .iter()
        .position(|(name, _)| *name == "content-length")
    {
        headers.remove(first);
    }
    headers
}
