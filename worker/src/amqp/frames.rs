//! The bytes from the broker, cut into frames, of which the library gets only what it can read.

use std::io::{Error, ErrorKind};

use super::mend::{mend_content_header, mend_method};

/// The types of frames that may have to be mended (AMQP 0-9-1, section 4.2.3).
const METHOD: u8 = 1;
const CONTENT_HEADER: u8 = 2;

/// Before a frame's payload: its type, its channel and the payload's length.
const HEAD: usize = 7;

/// After a frame's payload: one byte that says so.
const END: usize = 1;

/// The longest payload of a method or a content header, in bytes; a body's may be longer. RabbitMQ
/// sends at most 128 KiB unless it is set up otherwise.
const LONGEST: usize = 16 << 20;

/// The bytes that came from the broker and have not been handed on.
///
/// Methods and content headers are handed on whole, since only then can they be mended. All else
/// is handed on as it comes.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// How much of the buffer has been handed on.
    taken: usize,
    /// How much of the buffer can be handed on, and has been.
    ready: usize,
    /// How many bytes of the frame after that are handed on as they come.
    passing: usize,
}

impl Frames {
    /// How many bytes are to come next of which nothing needs to be known. They need not go
    /// through here; see [`passed`](Self::passed).
    pub(super) fn passing(&self) -> usize {
        if self.taken == self.buffer.len() {
            self.passing
        } else {
            0
        }
    }

    /// So many of the bytes that were [`passing`](Self::passing) did not come through here.
    pub(super) fn passed(&mut self, count: usize) {
        self.passing = self.passing.saturating_sub(count);
    }

    /// Takes what came.
    ///
    /// # Errors
    ///
    /// It is the beginning of a frame that is too long to be kept until it is whole.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.buffer.drain(..self.taken);
        self.ready -= self.taken;
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
        while self.ready < self.buffer.len() {
            let frame = &mut self.buffer[self.ready..];
            if self.passing > 0 {
                let passing = self.passing.min(frame.len());
                self.passing -= passing;
                self.ready += passing;
                continue;
            }
            let Some(&[kind, _, _, length @ ..]) = frame.first_chunk::<HEAD>() else {
                return Ok(());
            };
            let length = u32::from_be_bytes(length) as usize;
            let mend = match kind {
                METHOD => mend_method,
                CONTENT_HEADER => mend_content_header,
                _ => {
                    self.passing = length.saturating_add(HEAD + END);
                    continue;
                }
            };
            if length > LONGEST {
                let message =
                    format!("the broker sent a header of {length} bytes; at most {LONGEST}");
                return Err(Error::new(ErrorKind::InvalidData, message));
            }
            if frame.len() < HEAD + length + END {
                return Ok(());
            }
            mend(&mut frame[HEAD..HEAD + length]);
            self.ready += HEAD + length + END;
        }
        Ok(())
    }

    /// Hands on as much as there is, and as fits into `out`; returns how much.
    pub(super) fn take(&mut self, out: &mut [u8]) -> usize {
        let ready = &self.buffer[self.taken..self.ready];
        let count = ready.len().min(out.len());
        out[..count].copy_from_slice(&ready[..count]);
        self.taken += count;
        count
    }
}

#[cfg(test)]
mod tests;
