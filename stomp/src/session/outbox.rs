//! Bytes that wait to be sent.

use std::{collections::VecDeque, fmt};

use crate::{
    Frame,
    encode::{encode, max_encoded_len},
};

/// How many bytes of several frames are put into one chunk, at most.
///
/// RabbitMQ takes several frames in a WebSocket message, which saves work on both sides, but
/// refuses messages that are too large: of more than 4 MiB once connected.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Encoded frames and heart-beats in order, packed into chunks that end where a frame ends.
#[derive(Default)]
pub(super) struct Outbox {
    chunks: VecDeque<Vec<u8>>,
}

impl Outbox {
    pub(super) fn push_frame(&mut self, frame: &Frame) {
        encode(frame, self.chunk_with_room(max_encoded_len(frame)));
    }

    pub(super) fn push_heart_beat(&mut self) {
        self.chunk_with_room(1).push(b'\n');
    }

    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.chunks.pop_front()
    }

    pub(super) fn clear(&mut self) {
        self.chunks.clear();
    }

    /// The last chunk if so many bytes more keep it within its size, or else a fresh one, which a
    /// single frame may exceed.
    fn chunk_with_room(&mut self, bytes: usize) -> &mut Vec<u8> {
        match self.chunks.back() {
            Some(chunk) if chunk.len() + bytes <= CHUNK_BYTES => {}
            _ => self.chunks.push_back(Vec::new()),
        }
        let last = self.chunks.len() - 1;
        &mut self.chunks[last]
    }
}

impl fmt::Debug for Outbox {
    /// Shows how much waits, but not what: CONNECT holds the passcode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = self.chunks.iter().map(Vec::len);
        f.debug_list().entries(sizes).finish()
    }
}
