//! From a frame to bytes.

use crate::{
    Frame,
    escape::{Escapes, escape},
};

/// Appends the frame to `out` as STOMP 1.2 has it on the wire, with LF as line end.
///
/// - A `content-length` is written whenever the body is not empty. If the frame brings one, it
///   stands where the frame has it, but always tells the body's true length: a wrong one would let
///   the body's bytes pass for frames.
/// - CR, LF, `:` and `\` are escaped, so that no header can start a line of its own. In CONNECT, `:`
///   is not, because the specification knows no escapes there, while `\` is, because RabbitMQ undoes
///   escapes there all the same. In CONNECTED, only line ends are.
pub fn encode(frame: &Frame, out: &mut Vec<u8>) {
    out.reserve(max_encoded_len(frame));
    escape(frame.command.as_str(), Escapes::COMMAND, out);
    out.push(b'\n');

    let length_told = frame.headers.get(CONTENT_LENGTH).is_some();
    match frame.headers.plain_lines() {
        Some(lines) if !length_told => out.extend_from_slice(lines.as_bytes()),
        _ => encode_headers(frame, out),
    }
    if !length_told && !frame.body.is_empty() {
        push_content_length(frame.body.len(), out);
    }

    out.push(b'\n');
    out.extend_from_slice(&frame.body);
    out.push(0);
}

/// Appends header after header, with its escapes, and the first `content-length` with the body's
/// true length.
fn encode_headers(frame: &Frame, out: &mut Vec<u8>) {
    let values = Escapes::of_values(&frame.command);
    let names = values.in_names();
    let mut length_told = false;
    for (name, value) in frame.headers.iter() {
        if name == CONTENT_LENGTH && !length_told {
            push_content_length(frame.body.len(), out);
            length_told = true;
            continue;
        }
        escape(name, names, out);
        out.push(b':');
        escape(value, values, out);
        out.push(b'\n');
    }
}

/// The header that tells the body's length in bytes.
pub(crate) const CONTENT_LENGTH: &str = "content-length";

/// No more bytes than this come out of [`encode`], if every character of every header is escaped.
pub(crate) fn max_encoded_len(frame: &Frame) -> usize {
    const CONTENT_LENGTH_LINE: usize = "content-length:18446744073709551615\n".len();
    const ENDS: usize = "\n\n\0".len();
    2 * frame.command.as_str().len()
        + 2 * frame.headers.text_len()
        + CONTENT_LENGTH_LINE
        + frame.body.len()
        + ENDS
}

fn push_content_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(CONTENT_LENGTH.as_bytes());
    out.push(b':');
    out.extend_from_slice(length.to_string().as_bytes());
    out.push(b'\n');
}
