//! A frame's command line and header lines.

use std::mem;

use crate::{Command, Headers, escape::unescape, headers::Ends};

use super::{
    DecodeError, Limits, Part,
    scan::{contains_any, find, line_ends_and_colons},
};

/// The command line of a frame and then its header lines, as far as they have come.
///
/// Header lines stay in one buffer until all are there. It is then checked as a whole and becomes
/// the [`Headers`]; only line ends with CR and escapes make a copy necessary.
#[derive(Debug, Default)]
pub(super) struct Head {
    lines: Vec<u8>,
    /// Where the last line starts in it.
    line_start: usize,
    /// Where the first colon of the last line stands in it, if that has come.
    colon: Option<usize>,
    ends: Vec<Ends>,
    /// How many bytes have come, the command line included.
    taken: usize,
}

impl Head {
    /// Ready for the frame after one with these headers: those of a connection are much alike.
    pub(super) fn after(headers: &Headers) -> Self {
        Self {
            lines: Vec::with_capacity(headers.text_len() + "\r\n".len()),
            ends: Vec::with_capacity(headers.len()),
            ..Self::default()
        }
    }

    /// Reads the command line from the front of `input`; `None` if it is not whole yet.
    pub(super) fn read_command(
        &mut self,
        input: &mut &[u8],
        limits: &Limits,
    ) -> Result<Option<Command>, DecodeError> {
        let within = Part::Command;
        let window = self.window(input, limits);
        let end = find(b'\n', window);
        self.take(input, end.map_or(window.len(), |end| end + 1), limits)?;
        if end.is_none() {
            return Ok(None);
        }
        let line = self.last_line();
        if contains_any([b'\r'], line) {
            return Err(DecodeError::StrayCarriageReturn { within });
        }
        let word = str::from_utf8(line).map_err(|_| DecodeError::NotUtf8 { within })?;
        let command = Command::from(word);
        self.lines.clear();
        Ok(Some(command))
    }

    /// Reads header lines from the front of `input`, and the empty line after them; whether that
    /// has come.
    pub(super) fn read_headers(
        &mut self,
        input: &mut &[u8],
        limits: &Limits,
    ) -> Result<bool, DecodeError> {
        let window = self.window(input, limits);
        let begin = self.lines.len();
        for at in line_ends_and_colons(window) {
            if window[at] == b':' {
                self.colon.get_or_insert(begin + at);
            } else if let Some(name) = self.colon.take() {
                if self.ends.len() >= limits.headers {
                    self.take(input, at + 1, limits)?;
                    return Err(DecodeError::TooManyHeaders {
                        allowed: limits.headers,
                    });
                }
                let value = begin + at;
                self.ends.push(Ends { name, value });
                self.line_start = value + 1;
            } else {
                self.take(input, at + 1, limits)?;
                let line = self.last_line();
                return if line.is_empty() {
                    Ok(true)
                } else {
                    Err(DecodeError::MissingColon {
                        line: String::from_utf8_lossy(line).into_owned(),
                    })
                };
            }
        }
        self.take(input, window.len(), limits)?;
        Ok(false)
    }

    /// As much of `input` as may belong to the head, and one byte more, if there is one: it tells
    /// that the head is too long.
    fn window<'a>(&self, input: &&'a [u8], limits: &Limits) -> &'a [u8] {
        let allowed = limits.header_bytes - self.taken;
        &input[..input.len().min(allowed.saturating_add(1))]
    }

    /// Moves so many bytes from the front of `input` to the lines.
    fn take(
        &mut self,
        input: &mut &[u8],
        length: usize,
        limits: &Limits,
    ) -> Result<(), DecodeError> {
        if length > limits.header_bytes - self.taken {
            return Err(DecodeError::HeadTooLong {
                allowed: limits.header_bytes,
            });
        }
        self.lines.extend_from_slice(&input[..length]);
        self.taken += length;
        *input = &input[length..];
        Ok(())
    }

    /// The headers, once the empty line has come.
    pub(super) fn take_headers(&mut self, escaped: bool) -> Result<Headers, DecodeError> {
        let within = Part::Header;
        self.lines.truncate(self.line_start);
        let lines = mem::take(&mut self.lines);
        let plain = !contains_any([b'\r', b'\\'], &lines);
        let text = String::from_utf8(lines).map_err(|_| DecodeError::NotUtf8 { within })?;
        let written = Headers::from_parts(text, mem::take(&mut self.ends));
        if plain {
            return Ok(written);
        }

        let mut headers = Headers::new();
        for (name, value) in written.iter() {
            let value = value.strip_suffix('\r').unwrap_or(value);
            if name.contains('\r') || value.contains('\r') {
                return Err(DecodeError::StrayCarriageReturn { within });
            }
            if escaped {
                headers.push(&unescape(name)?, &unescape(value)?);
            } else {
                headers.push(name, value);
            }
        }
        Ok(headers)
    }

    /// The line that has just become whole, without its line end.
    fn last_line(&self) -> &[u8] {
        let line = &self.lines[self.line_start..];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}
