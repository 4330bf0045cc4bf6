//! Decodes STOMP for other programs, to compare decoders or to look at captured traffic.
//!
//! Reads one JSON array of hexadecimal chunks a line, each line a byte stream of its own, and
//! writes one line of JSON for it: `{"frames":[{"command":…,"headers":[[name,value]…],
//! "body_hex":…}],"pings":n,"error":null or "…"}`. Frames that came before an error are included.

use std::{
    error::Error,
    io::{self, BufRead, Write},
};

use serde_json::{Value, json};
use warren_stomp::{DecodeError, Decoder, Frame, Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let chunks: Vec<String> = serde_json::from_str(&line?)?;
        let chunks = chunks
            .iter()
            .map(|chunk| from_hex(chunk).ok_or_else(|| format!("not hexadecimal: {chunk:?}")))
            .collect::<Result<Vec<_>, _>>()?;
        writeln!(output, "{}", decode(&chunks))?;
        // Whoever writes line by line waits for each answer.
        output.flush()?;
    }
    Ok(())
}

fn decode(chunks: &[Vec<u8>]) -> Value {
    let mut decoder = Decoder::new(Limits::default());
    let mut frames = Vec::new();
    let outcome = chunks
        .iter()
        .try_for_each(|chunk| decode_chunk(&mut decoder, chunk, &mut frames));
    json!({
        "frames": frames,
        "pings": decoder.pings(),
        "error": outcome.err().map(|error| error.to_string()),
    })
}

fn decode_chunk(
    decoder: &mut Decoder,
    mut chunk: &[u8],
    frames: &mut Vec<Value>,
) -> Result<(), DecodeError> {
    while let Some(frame) = decoder.decode(&mut chunk)? {
        frames.push(to_json(&frame));
    }
    Ok(())
}

fn to_json(frame: &Frame) -> Value {
    json!({
        "command": frame.command.as_str(),
        "headers": frame.headers.iter().collect::<Vec<_>>(),
        "body_hex": to_hex(&frame.body),
    })
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    rest.is_empty().then_some(())?;
    pairs
        .iter()
        .map(|&[high, low]| u8::try_from(digit(high)? << 4 | digit(low)?).ok())
        .collect()
}
