//! Decoding, as the client does it with what a WebSocket brings.

use js_sys::{ArrayBuffer, Uint8Array};
use warren_stomp::{Command, Decoder, Frame, Limits};
use wasm_bindgen::prelude::*;

/// A decoder, and what it found so far.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Decoding {
    decoder: Decoder,
    /// How many frames came.
    pub frames: u32,
    /// How many bytes of them were read.
    pub read: u32,
}

#[wasm_bindgen]
impl Decoding {
    /// At the start of a stream.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[allow(clippy::new_without_default, reason = "JavaScript knows no Default")]
    pub fn new() -> Self {
        Self {
            decoder: Decoder::new(Limits::default()),
            frames: 0,
            read: 0,
        }
    }

    /// Takes a chunk, and reads what the caller of a procedure reads of its frames.
    ///
    /// # Errors
    /// These are no frames.
    pub fn take(&mut self, chunk: &ArrayBuffer) -> Result<(), JsError> {
        let bytes = Uint8Array::new(chunk).to_vec();
        let mut bytes = bytes.as_slice();
        while let Some(frame) = self.decoder.decode(&mut bytes)? {
            self.frames += 1;
            self.read += read(&frame);
        }
        Ok(())
    }
}

fn read(frame: &Frame) -> u32 {
    if frame.command != Command::Message {
        return 0;
    }
    let header = |name| frame.header(name).map_or(0, str::len);
    let read = header("subscription") + header("correlation-id") + frame.body.len();
    read as u32
}
