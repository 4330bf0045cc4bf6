//! From bytes, in any chunks, to frames.

mod error;
mod limits;

use std::{io::BufRead, mem};

use crate::{Command, Frame, Headers, encode::CONTENT_LENGTH, escape::unescape};

pub use error::{DecodeError, Part};
pub use limits::Limits;

/// An incremental decoder of STOMP 1.2 frames.
///
/// It keeps no copy of its input: a line that straddles two chunks waits in a small buffer, and the
/// bytes of a body go straight from the chunk into the frame. Every byte is looked at a constant
/// number of times, however small the chunks are.
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
    /// The beginning of a command or header line whose end has not come yet.
    line: Vec<u8>,
    /// How many bytes of the frame's command and header lines have come so far.
    head_bytes: usize,
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
            line: Vec::new(),
            head_bytes: 0,
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
                Phase::Command | Phase::Headers => self.read_line(input)?,
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
                    self.head_bytes = 0;
                    return Ok(());
                }
            }
            *input = rest;
        }
        Ok(())
    }

    /// Reads one command or header line, or as much of it as there is.
    fn read_line(&mut self, input: &mut &[u8]) -> Result<(), DecodeError> {
        let allowed = self.limits.header_bytes - self.head_bytes;
        // One byte more than allowed is enough to see that the line is too long.
        let window = &input[..input.len().min(allowed.saturating_add(1))];
        let end = find(b'\n', window);
        let taken = end.map_or(window.len(), |end| end + 1);
        if taken > allowed {
            return Err(DecodeError::HeadTooLong {
                allowed: self.limits.header_bytes,
            });
        }
        self.head_bytes += taken;
        let (bytes, rest) = input.split_at(taken);
        *input = rest;

        if end.is_none() {
            self.line.extend_from_slice(bytes);
            Ok(())
        } else if self.line.is_empty() {
            self.handle_line(&bytes[..bytes.len() - 1])
        } else {
            let mut line = mem::take(&mut self.line);
            line.extend_from_slice(&bytes[..bytes.len() - 1]);
            let handled = self.handle_line(&line);
            line.clear();
            self.line = line;
            handled
        }
    }

    /// Takes in a whole line, given without its LF.
    fn handle_line(&mut self, line: &[u8]) -> Result<(), DecodeError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.phase == Phase::Command {
            self.frame.command = Command::from(text(line, Part::Command)?);
            self.phase = Phase::Headers;
            Ok(())
        } else if line.is_empty() {
            self.begin_body()
        } else {
            self.handle_header(text(line, Part::Header)?)
        }
    }

    fn handle_header(&mut self, line: &str) -> Result<(), DecodeError> {
        let Some((name, value)) = line.split_once(':') else {
            return Err(DecodeError::MissingColon { line: line.into() });
        };
        if self.frame.headers.len() >= self.limits.headers {
            return Err(DecodeError::TooManyHeaders {
                allowed: self.limits.headers,
            });
        }
        match self.frame.command {
            // The specification exempts these two, to stay compatible with STOMP 1.0.
            Command::Connect | Command::Connected => self.frame.headers.push(name, value),
            _ => self.frame.headers.push(&unescape(name)?, &unescape(value)?),
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
        self.frame.body.reserve_exact(length);
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
        // Frames of one connection are much alike: what this one took, the next will need.
        let headers = &self.frame.headers;
        let next = Frame {
            headers: Headers::with_capacity(headers.len(), headers.text_len()),
            ..Frame::new(Command::Message)
        };
        mem::replace(&mut self.frame, next)
    }
}

/// Where `byte` first stands in `haystack`.
fn find(byte: u8, haystack: &[u8]) -> Option<usize> {
    // This is the safe way to the vectorised search of the standard library, which is an order of
    // magnitude faster than looking at byte after byte. Reading from a slice cannot fail.
    let mut rest = haystack;
    let taken = rest.skip_until(byte).ok()?;
    let last = taken.checked_sub(1)?;
    (haystack[last] == byte).then_some(last)
}

/// The text of a line that has lost its line end.
fn text(line: &[u8], within: Part) -> Result<&str, DecodeError> {
    if find(b'\r', line).is_some() {
        return Err(DecodeError::StrayCarriageReturn { within });
    }
    str::from_utf8(line).map_err(|_| DecodeError::NotUtf8 { within })
}

/// Reads a `content-length`; one beyond `u64` counts as `u64::MAX`, which no limit allows.
fn content_length(value: &str) -> Result<u64, DecodeError> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(DecodeError::InvalidContentLength {
            value: value.into(),
        });
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}
