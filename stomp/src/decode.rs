//! From bytes, in any chunks, to frames.

mod error;
mod head;
mod limits;
mod scan;

use std::mem;

use crate::{Command, Frame, encode::CONTENT_LENGTH};

use head::Head;
use scan::find;

pub use error::{DecodeError, Part};
pub use limits::Limits;

/// How much memory is taken at once, at most, for a body of which only the length has come.
const RESERVED_BYTES: usize = 16 * 1024 * 1024;

/// An incremental decoder of STOMP 1.2 frames.
///
/// It keeps no copy of its input: header lines go from the chunk into the buffer that becomes the
/// frame's headers, and the bytes of a body straight into the frame. Every byte is looked at a
/// constant number of times, however small the chunks are.
///
/// It is lenient where brokers are: a bare colon in a value, an empty header name, a command that
/// STOMP does not define and NULs between frames are accepted. Nothing is trimmed. A
/// `content-length` counts for every command; a frame without one ends at its first NUL.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    phase: Phase,
    /// The frame that is being read.
    frame: Frame,
    /// Its command and header lines, as far as they have come.
    head: Head,
    pings: u64,
    failure: Option<DecodeError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    BetweenFrames,
    /// Between frames, after a CR, which only a LF may follow.
    LineEnd,
    Command,
    Headers,
    /// A body that ends at its first NUL.
    OpenBody,
    /// A body with a `content-length`, of which so many bytes are left before the NUL.
    SizedBody {
        left: usize,
    },
}

impl Decoder {
    /// A decoder at the start of a byte stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            phase: Phase::BetweenFrames,
            frame: Frame::new(Command::Message),
            head: Head::default(),
            pings: 0,
            failure: None,
        }
    }

    /// Reads from the front of `input` up to the end of a frame, and leaves the rest in `input`.
    ///
    /// `None` means that all of `input` was taken and the next frame is not complete yet.
    ///
    /// # Errors
    /// The bytes are no STOMP, or exceed the limits. From then on the decoder only repeats that
    /// error, and takes nothing more from `input`.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, DecodeError> {
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        self.advance(input).inspect_err(|error| {
            self.frame.body = Vec::new();
            self.failure = Some(error.clone());
        })
    }

    /// How many line ends came between frames so far: heart-beats, and the LF that RabbitMQ appends
    /// to each frame.
    #[must_use]
    pub fn pings(&self) -> u64 {
        self.pings
    }

    /// The frame whose headers are complete and whose body is being read, or was refused.
    ///
    /// It tells whom a [`DecodeError::BodyTooLarge`] concerns. Its body is what came so far, and
    /// empty after an error.
    #[must_use]
    pub fn head(&self) -> Option<&Frame> {
        match self.phase {
            Phase::OpenBody | Phase::SizedBody { .. } => Some(&self.frame),
            Phase::BetweenFrames | Phase::LineEnd | Phase::Command | Phase::Headers => None,
        }
    }

    fn advance(&mut self, input: &mut &[u8]) -> Result<Option<Frame>, DecodeError> {
        while !input.is_empty() {
            match self.phase {
                Phase::BetweenFrames | Phase::LineEnd => self.read_between_frames(input)?,
                Phase::Command => self.read_command(input)?,
                Phase::Headers => self.read_headers(input)?,
                Phase::OpenBody => {
                    if self.read_open_body(input)? {
                        return Ok(Some(self.finish()));
                    }
                }
                Phase::SizedBody { left } => {
                    if self.read_sized_body(input, left)? {
                        return Ok(Some(self.finish()));
                    }
                }
            }
        }
        Ok(None)
    }

    fn read_between_frames(&mut self, input: &mut &[u8]) -> Result<(), DecodeError> {
        while let Some((&byte, rest)) = input.split_first() {
            match (self.phase, byte) {
                (_, b'\n') => {
                    self.pings += 1;
                    self.phase = Phase::BetweenFrames;
                }
                (Phase::LineEnd, _) => {
                    return Err(DecodeError::StrayCarriageReturn {
                        within: Part::BetweenFrames,
                    });
                }
                (_, b'\r') => self.phase = Phase::LineEnd,
                (_, 0) => {}
                _ => {
                    self.phase = Phase::Command;
                    return Ok(());
                }
            }
            *input = rest;
        }
        Ok(())
    }

    fn read_command(&mut self, input: &mut &[u8]) -> Result<(), DecodeError> {
        if let Some(command) = self.head.read_command(input, &self.limits)? {
            self.frame.command = command;
            self.phase = Phase::Headers;
        }
        Ok(())
    }

    fn read_headers(&mut self, input: &mut &[u8]) -> Result<(), DecodeError> {
        if self.head.read_headers(input, &self.limits)? {
            // The specification exempts these two, to stay compatible with STOMP 1.0.
            let exempt = matches!(self.frame.command, Command::Connect | Command::Connected);
            self.frame.headers = self.head.take_headers(!exempt)?;
            self.begin_body()?;
        }
        Ok(())
    }

    fn begin_body(&mut self) -> Result<(), DecodeError> {
        // The headers are complete: from here on `head` names the frame, also if it is refused.
        self.phase = Phase::OpenBody;
        let Some(value) = self.frame.headers.get(CONTENT_LENGTH) else {
            return Ok(());
        };
        let announced = content_length(value)?;
        let allowed = self.limits.body_bytes;
        let length = usize::try_from(announced)
            .ok()
            .filter(|&length| length <= allowed)
            .ok_or(DecodeError::BodyTooLarge {
                announced: Some(announced),
                allowed,
            })?;
        self.frame.body.reserve_exact(length.min(RESERVED_BYTES));
        self.phase = Phase::SizedBody { left: length };
        Ok(())
    }

    /// Whether the frame is complete.
    fn read_open_body(&mut self, input: &mut &[u8]) -> Result<bool, DecodeError> {
        let allowed = self.limits.body_bytes - self.frame.body.len();
        let window = &input[..input.len().min(allowed.saturating_add(1))];
        let end = find(0, window);
        let length = end.unwrap_or(window.len());
        if length > allowed {
            return Err(DecodeError::BodyTooLarge {
                announced: None,
                allowed: self.limits.body_bytes,
            });
        }
        self.frame.body.extend_from_slice(&window[..length]);
        *input = &input[end.map_or(length, |end| end + 1)..];
        Ok(end.is_some())
    }

    /// Whether the frame is complete.
    fn read_sized_body(&mut self, input: &mut &[u8], left: usize) -> Result<bool, DecodeError> {
        let (bytes, rest) = input.split_at(left.min(input.len()));
        self.frame.body.extend_from_slice(bytes);
        *input = rest;
        let left = left - bytes.len();
        self.phase = Phase::SizedBody { left };
        match rest.split_first() {
            None => Ok(false),
            Some((0, rest)) => {
                *input = rest;
                Ok(true)
            }
            Some((&found, _)) => Err(DecodeError::MissingNul {
                length: self.frame.body.len(),
                found,
            }),
        }
    }

    /// Hands out the complete frame and makes ready for the next.
    fn finish(&mut self) -> Frame {
        self.phase = Phase::BetweenFrames;
        let frame = mem::replace(&mut self.frame, Frame::new(Command::Message));
        self.head = Head::after(&frame.headers);
        frame
    }
}

/// Reads a `content-length`; one beyond `u64` counts as `u64::MAX`.
fn content_length(value: &str) -> Result<u64, DecodeError> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(DecodeError::InvalidContentLength {
            value: value.into(),
        });
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}
