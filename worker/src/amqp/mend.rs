//! What the AMQP library cannot read, replaced within a frame without changing any length.
//!
//! The standard wants short strings to be UTF-8 (AMQP 0-9-1, section 4.2.5.3), and the library
//! ends the connection over one that is not. RabbitMQ does not look: whoever may publish can put
//! any bytes there, and the broker would give such a message to one worker after the other. It
//! hands on tables nested thousands deep, too, on which the library, which reads them by
//! recursion, would run out of stack.

/// Replaces each byte that is not UTF-8: ASCII's SUBSTITUTE, which exists for this. Nobody means
/// it in an address or a name, so that it tells what was [`damaged`](is_damaged).
const SUBSTITUTE: u8 = 0x1a;

/// How deep tables and arrays may be nested within the headers' table. What is deeper is made a
/// byte array. Nothing of Warren's nests at all; dead-lettering nests two deep.
const DEEPEST: usize = 16;

/// The classes and methods that have short strings in them which are not this worker's own words.
const CONNECTION_CLOSE: [u8; 4] = [0, 10, 0, 50];
const CHANNEL_CLOSE: [u8; 4] = [0, 20, 0, 40];
const BASIC_RETURN: [u8; 4] = [0, 60, 0, 50];
const BASIC_DELIVER: [u8; 4] = [0, 60, 0, 60];

/// One field of a frame, as far as it matters here.
#[derive(Clone, Copy)]
enum Field {
    /// A length of one byte, and a text.
    ShortString,
    /// A length of four bytes, and pairs of a name and a value.
    Table,
    /// So many bytes that may be anything.
    Octets(usize),
}

use Field::{Octets, ShortString, Table};

/// The properties of a message, from the highest bit of its flags on.
const PROPERTIES: [Field; 14] = [
    ShortString, // content type
    ShortString, // content encoding
    Table,       // headers
    Octets(1),   // delivery mode
    Octets(1),   // priority
    ShortString, // correlation id
    ShortString, // reply to
    ShortString, // expiration
    ShortString, // message id
    Octets(8),   // timestamp
    ShortString, // type
    ShortString, // user id
    ShortString, // app id
    ShortString, // cluster id
];

/// Whether `text` is not what was sent, because that was not UTF-8.
pub(super) fn is_damaged(text: &str) -> bool {
    text.as_bytes().contains(&SUBSTITUTE)
}

/// Mends the payload of a method frame.
///
/// Besides what others publish, that concerns the words with which the broker refuses something:
/// it cuts them at 255 bytes, maybe within a character.
pub(super) fn mend_method(payload: &mut [u8]) {
    let Some((method, arguments)) = payload.split_first_chunk_mut() else {
        return;
    };
    let fields: &[Field] = match *method {
        CONNECTION_CLOSE | CHANNEL_CLOSE => &[Octets(2), ShortString],
        BASIC_RETURN => &[Octets(2), ShortString, ShortString, ShortString],
        BASIC_DELIVER => &[ShortString, Octets(9), ShortString, ShortString],
        _ => return,
    };
    mend_fields(arguments, fields.iter().copied());
}

/// Mends the payload of a content header frame: the properties of a message.
pub(super) fn mend_content_header(payload: &mut [u8]) {
    // The class, the weight and the size of the body come first.
    let Some((_, rest)) = payload.split_at_mut_checked(12) else {
        return;
    };
    let Some((flags, properties)) = rest.split_first_chunk_mut() else {
        return;
    };
    let flags = u16::from_be_bytes(*flags);
    let present = |&(index, _): &(usize, Field)| flags & (0x8000 >> index) != 0;
    let fields = PROPERTIES.into_iter().enumerate().filter(present);
    mend_fields(properties, fields.map(|(_, field)| field));
}

/// What cannot be followed is left as it is: it is for the library to say what is wrong with it.
fn mend_fields(bytes: &mut [u8], fields: impl IntoIterator<Item = Field>) {
    let mut rest = Some(bytes);
    for field in fields {
        rest = rest.and_then(|bytes| match field {
            ShortString => mend_short_string(bytes),
            Table => mend_table(bytes),
            Octets(count) => skip(bytes, count),
        });
    }
}

/// Each of these takes what stands at the front, and returns what comes after it.
fn skip(bytes: &mut [u8], count: usize) -> Option<&mut [u8]> {
    bytes.split_at_mut_checked(count).map(|(_, rest)| rest)
}

fn mend_short_string(bytes: &mut [u8]) -> Option<&mut [u8]> {
    let (length, rest) = bytes.split_first_mut()?;
    let (text, rest) = rest.split_at_mut_checked(usize::from(*length))?;
    mend_text(text);
    Some(rest)
}

fn mend_table(bytes: &mut [u8]) -> Option<&mut [u8]> {
    let (table, rest) = split_long(bytes)?;
    mend_entries(table, Entries::Named, DEEPEST);
    Some(rest)
}

/// What a table and an array consist of.
#[derive(Clone, Copy)]
enum Entries {
    /// A name before each value.
    Named,
    /// Values alone.
    Unnamed,
}

fn mend_entries(bytes: &mut [u8], entries: Entries, deeper: usize) -> Option<()> {
    let mut bytes = bytes;
    while !bytes.is_empty() {
        if let Entries::Named = entries {
            bytes = mend_short_string(bytes)?;
        }
        bytes = mend_value(bytes, deeper)?;
    }
    Some(())
}

/// The types are those of RabbitMQ, which are not quite those of the standard:
/// <https://www.rabbitmq.com/amqp-0-9-1-errata#section_3>.
fn mend_value(bytes: &mut [u8], deeper: usize) -> Option<&mut [u8]> {
    let (kind, rest) = bytes.split_first_mut()?;
    let entries = match *kind {
        b'F' => Entries::Named,
        b'A' => Entries::Unnamed,
        b'S' | b'x' => return split_long(rest).map(|(_, rest)| rest),
        b'V' => return Some(rest),
        b't' | b'b' | b'B' => return skip(rest, 1),
        b's' | b'U' | b'u' => return skip(rest, 2),
        b'I' | b'i' | b'f' => return skip(rest, 4),
        b'D' => return skip(rest, 5),
        b'L' | b'l' | b'd' | b'T' => return skip(rest, 8),
        _ => return None,
    };
    let (inner, rest) = split_long(rest)?;
    match deeper.checked_sub(1) {
        Some(deeper) => mend_entries(inner, entries, deeper)?,
        None => *kind = b'x',
    }
    Some(rest)
}

/// What has its length in the four bytes before it, and what comes after it.
fn split_long(bytes: &mut [u8]) -> Option<(&mut [u8], &mut [u8])> {
    let (length, rest) = bytes.split_first_chunk_mut()?;
    let length = u32::from_be_bytes(*length).try_into().ok()?;
    rest.split_at_mut_checked(length)
}

fn mend_text(text: &mut [u8]) {
    let mut checked = 0;
    while let Err(error) = str::from_utf8(&text[checked..]) {
        let start = checked + error.valid_up_to();
        // Without a length, the text ends within a character.
        let end = error
            .error_len()
            .map_or(text.len(), |length| start + length);
        text[start..end].fill(SUBSTITUTE);
        checked = end;
    }
}

#[cfg(test)]
mod tests;
