//! Running the decoder over a whole byte stream.

use warren_stomp::{DecodeError, Decoder, Frame, Limits, encode};

/// All that the decoder tells about a byte stream.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) frames: Vec<Frame>,
    pub(crate) pings: u64,
    pub(crate) error: Option<DecodeError>,
    pub(crate) head: Option<Frame>,
}

pub(crate) fn decode<C: AsRef<[u8]>>(
    limits: Limits,
    chunks: impl IntoIterator<Item = C>,
) -> Outcome {
    let mut decoder = Decoder::new(limits);
    let mut frames = Vec::new();
    let error = chunks
        .into_iter()
        .find_map(|chunk| feed(&mut decoder, chunk.as_ref(), &mut frames).err());
    Outcome {
        frames,
        pings: decoder.pings(),
        error,
        head: decoder.head().cloned(),
    }
}

pub(crate) fn feed(
    decoder: &mut Decoder,
    mut chunk: &[u8],
    frames: &mut Vec<Frame>,
) -> Result<(), DecodeError> {
    while let Some(frame) = decoder.decode(&mut chunk)? {
        frames.push(frame);
    }
    assert!(chunk.is_empty(), "asking for more leaves nothing");
    Ok(())
}

pub(crate) fn encoded(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes);
    bytes
}
