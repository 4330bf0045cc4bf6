//! The caller's place in a distributed trace.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The caller's place in a distributed trace, as the header `traceparent` of
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/#traceparent-header) writes it, in its
/// version 00: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
///
/// A worker that exports traces makes the call's span a child of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Traceparent([u8; Self::LENGTH]);

/// A text is no [`Traceparent`].
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "a traceparent is 00-<32 hexadecimal digits>-<16>-<2>, in lower case, and neither of the first \
     two is all zeros"
)]
pub struct InvalidTraceparent;

impl Traceparent {
    const LENGTH: usize = 55;

    /// Where the parts are: the version, the trace, the span and the flags.
    const PARTS: [std::ops::Range<usize>; 4] = [0..2, 3..35, 36..52, 53..55];

    /// The header's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("only ASCII is parsed")
    }
}

impl FromStr for Traceparent {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        let bytes: [u8; Self::LENGTH] =
            text.as_bytes().try_into().map_err(|_| InvalidTraceparent)?;
        let [version, trace, span, flags] = Self::PARTS.map(|part| &bytes[part]);
        let is_hex = |part: &[u8]| {
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            part.iter().all(is_digit)
        };
        let is_zero = |part: &[u8]| part.iter().all(|byte| *byte == b'0');
        let separated = [2, 35, 52].iter().all(|&index| bytes[index] == b'-');
        let well_formed =
            separated && version == b"00" && [trace, span, flags].into_iter().all(is_hex);
        if !well_formed || is_zero(trace) || is_zero(span) {
            return Err(InvalidTraceparent);
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traceparent").field(&self.as_str()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_standard_shows_is_read_and_its_counterexamples_are_not() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parsed = good.parse::<Traceparent>().expect("it is the standard's");
        assert_eq!(parsed.as_str(), good);
        let bad = [
            "".to_owned(),
            good.replace("00-4b", "01-4b"),
            good.replace("00-4b", "ff-4b"),
            good.to_uppercase(),
            good.replace("4bf9", "4bg9"),
            good.replace("-01", "_01"),
            format!("{good}-02"),
            good.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            good.replace("00f067aa0ba902b7", &"0".repeat(16)),
        ];
        for text in bad {
            assert_eq!(
                text.parse::<Traceparent>(),
                Err(InvalidTraceparent),
                "{text}"
            );
        }
    }
}
