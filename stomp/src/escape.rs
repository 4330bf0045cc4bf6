//! Header escapes (specification, section "Value Encoding").

use std::borrow::Cow;

use crate::{Command, DecodeError};

/// Which bytes are written as escapes, besides CR and LF, which always are: no name or value can
/// start a line of its own.
#[derive(Clone, Copy)]
pub(crate) struct Escapes {
    backslash: bool,
    colon: bool,
}

impl Escapes {
    /// The escapes in a command, which has none by the specification: line ends alone, so that a
    /// word unknown to STOMP cannot start a line of its own either.
    pub(crate) const COMMAND: Self = Self {
        backslash: false,
        colon: false,
    };

    /// The escapes in the values of a command's headers.
    pub(crate) fn of_values(command: &Command) -> Self {
        match command {
            // The specification knows no escapes here, but RabbitMQ undoes them in CONNECT too:
            // a lone backslash would be a bad escape to it, while a colon may stay as it is.
            Command::Connect => Self {
                backslash: true,
                colon: false,
            },
            Command::Connected => Self {
                backslash: false,
                colon: false,
            },
            _ => Self {
                backslash: true,
                colon: true,
            },
        }
    }

    /// The same for the names of those headers, where a bare colon would end the name.
    pub(crate) fn in_names(self) -> Self {
        Self {
            colon: true,
            ..self
        }
    }

    /// The letter that follows the backslash for this byte, if it is to be escaped.
    fn letter(self, byte: u8) -> Option<u8> {
        match byte {
            b'\n' => Some(b'n'),
            b'\r' => Some(b'r'),
            b'\\' if self.backslash => Some(b'\\'),
            b':' if self.colon => Some(b'c'),
            _ => None,
        }
    }
}

/// Appends `text` with its escapes.
pub(crate) fn escape(text: &str, escapes: Escapes, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match escapes.letter(byte) {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None => out.push(byte),
        }
    }
}

/// Undoes the escapes in a name or value.
///
/// # Errors
/// [`DecodeError::InvalidEscape`] for any escape but `\r`, `\n`, `\c` and `\\`: the specification
/// calls undefined ones fatal.
pub(crate) fn unescape(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    let Some(first) = text.find('\\') else {
        return Ok(Cow::Borrowed(text));
    };
    let mut plain = String::with_capacity(text.len());
    let (before, mut rest) = text.split_at(first);
    plain.push_str(before);
    while let Some(after) = rest.strip_prefix('\\') {
        let mut following = after.chars();
        plain.push(match following.next() {
            Some('r') => '\r',
            Some('n') => '\n',
            Some('c') => ':',
            Some('\\') => '\\',
            escape => return Err(DecodeError::InvalidEscape { escape }),
        });
        let after = following.as_str();
        let (before, after) = after.split_at(after.find('\\').unwrap_or(after.len()));
        plain.push_str(before);
        rest = after;
    }
    Ok(Cow::Owned(plain))
}
