//! Why bytes are no frames.

use std::{error::Error, fmt};

/// Why the decoder gave up on the bytes that it was given.
///
/// Every one of these is fatal: where the next frame starts is no longer known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A CR that is not followed by LF.
    StrayCarriageReturn {
        /// Where it stood.
        within: Part,
    },
    /// A command or header line that is not UTF-8.
    NotUtf8 {
        /// Which of them.
        within: Part,
    },
    /// A header line without a colon.
    MissingColon {
        /// The line, without its line end.
        line: String,
    },
    /// A backslash that does not start one of `\r`, `\n`, `\c` and `\\`.
    InvalidEscape {
        /// What follows the backslash; `None` if the name or value ends there.
        escape: Option<char>,
    },
    /// More headers than [`Limits::headers`](crate::Limits::headers).
    TooManyHeaders {
        /// How many may come.
        allowed: usize,
    },
    /// Command and headers longer than [`Limits::header_bytes`](crate::Limits::header_bytes).
    HeadTooLong {
        /// How many bytes may come.
        allowed: usize,
    },
    /// A `content-length` that is not decimal digits alone.
    InvalidContentLength {
        /// What stood there.
        value: String,
    },
    /// A body longer than [`Limits::body_bytes`](crate::Limits::body_bytes). The frame's head is
    /// known by then: see [`Decoder::head`](crate::Decoder::head).
    BodyTooLarge {
        /// Its `content-length`, at most `u64::MAX`; `None` if there was none, and more bytes came
        /// than allowed.
        announced: Option<u64>,
        /// How many bytes may come.
        allowed: usize,
    },
    /// Something else than NUL after as many bytes of body as `content-length` told.
    MissingNul {
        /// The `content-length`.
        length: usize,
        /// The byte in the place of the NUL.
        found: u8,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StrayCarriageReturn { within } => {
                write!(f, "a CR without a LF after it, {within}")
            }
            Self::NotUtf8 { within } => write!(f, "bytes that are not UTF-8, {within}"),
            Self::MissingColon { line } => write!(f, "a header line without a colon: {line:?}"),
            Self::InvalidEscape {
                escape: Some(escape),
            } => write!(
                f,
                "the undefined escape \\{} in a header (allowed: \\r \\n \\c \\\\)",
                escape.escape_debug()
            ),
            Self::InvalidEscape { escape: None } => {
                f.write_str("a header's name or value that ends in a lone backslash")
            }
            Self::TooManyHeaders { allowed } => {
                write!(f, "more headers than the {allowed} that are allowed")
            }
            Self::HeadTooLong { allowed } => write!(
                f,
                "a command and headers longer than the {allowed} bytes that are allowed"
            ),
            Self::InvalidContentLength { value } => {
                write!(f, "a content-length that is no number of bytes: {value:?}")
            }
            Self::BodyTooLarge {
                announced: Some(announced),
                allowed,
            } => write!(
                f,
                "a body of {announced} bytes, where {allowed} are allowed"
            ),
            Self::BodyTooLarge {
                announced: None,
                allowed,
            } => write!(
                f,
                "a body of more than the {allowed} bytes that are allowed"
            ),
            Self::MissingNul { length, found } => write!(
                f,
                "the byte {found:#04x} instead of NUL after a body of {length} bytes"
            ),
        }
    }
}

impl Error for DecodeError {}

/// A part of the byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Before or after a frame.
    BetweenFrames,
    /// A frame's command line.
    Command,
    /// One of its header lines.
    Header,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BetweenFrames => "between frames",
            Self::Command => "in a command",
            Self::Header => "in a header",
        })
    }
}
