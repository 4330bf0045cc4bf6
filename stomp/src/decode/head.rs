//! A frame's command line and header lines.

use std::mem;

use crate::{Command, Headers, escape::unescape, headers::Ends};

use super::{
    DecodeError, Limits, Part,
    scan::{contains, find},
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

    /// Takes one line from the front of `input`, or as much of it as there is; whether it is whole.
    pub(super) fn read_line(
        &mut self,
        input: &mut &[u8],
        limits: &Limits,
    ) -> Result<bool, DecodeError> {
        let allowed = limits.header_bytes - self.taken;
        // One byte more than allowed is enough to see that the line is too long.
        let window = &input[..input.len().min(allowed.saturating_add(1))];
        let end = find(b'\n', window);
        let length = end.map_or(window.len(), |end| end + 1);
        if length > allowed {
            return Err(DecodeError::HeadTooLong {
                allowed: limits.header_bytes,
            });
        }
        self.lines.extend_from_slice(&window[..length]);
        self.taken += length;
        *input = &input[length..];
        Ok(end.is_some())
    }

    /// Takes the line that has just become whole as the command.
    pub(super) fn take_command(&mut self) -> Result<Command, DecodeError> {
        let within = Part::Command;
        let line = self.line();
        if contains(b'\r', line) {
            return Err(DecodeError::StrayCarriageReturn { within });
        }
        let word = str::from_utf8(line).map_err(|_| DecodeError::NotUtf8 { within })?;
        let command = Command::from(word);
        self.lines.clear();
        Ok(command)
    }

    /// Whether the line that has just become whole is the empty one after the headers.
    pub(super) fn ends_with_empty_line(&self) -> bool {
        self.line().is_empty()
    }

    /// Takes the line that has just become whole as a header.
    pub(super) fn add_header(&mut self, limits: &Limits) -> Result<(), DecodeError> {
        let line = self.line();
        let Some(colon) = find(b':', line) else {
            return Err(DecodeError::MissingColon {
                line: String::from_utf8_lossy(line).into_owned(),
            });
        };
        if self.ends.len() >= limits.headers {
            return Err(DecodeError::TooManyHeaders {
                allowed: limits.headers,
            });
        }
        self.ends.push(Ends {
            name: self.line_start + colon,
            value: self.lines.len() - 1,
        });
        self.line_start = self.lines.len();
        Ok(())
    }

    /// The headers, once the empty line has come.
    pub(super) fn take_headers(&mut self, escaped: bool) -> Result<Headers, DecodeError> {
        let within = Part::Header;
        self.lines.truncate(self.line_start);
        let lines = mem::take(&mut self.lines);
        let carriage_returns = contains(b'\r', &lines);
        let escapes = escaped && contains(b'\\', &lines);
        let text = String::from_utf8(lines).map_err(|_| DecodeError::NotUtf8 { within })?;
        let written = Headers::from_parts(text, mem::take(&mut self.ends));
        if !carriage_returns && !escapes {
            return Ok(written);
        }

        let mut headers = Headers::new();
        for (name, value) in written.iter() {
            let value = value.strip_suffix('\r').unwrap_or(value);
            if name.contains('\r') || value.contains('\r') {
                return Err(DecodeError::StrayCarriageReturn { within });
            }
            if escapes {
                headers.push(&unescape(name)?, &unescape(value)?);
            } else {
                headers.push(name, value);
            }
        }
        Ok(headers)
    }

    /// The line that has just become whole, without its line end.
    fn line(&self) -> &[u8] {
        let line = &self.lines[self.line_start..];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}
