//! Looking for single bytes, fast.
//!
//! It looks at eight bytes at a time, as one word, with arithmetic that every target has.

use std::slice;

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Where `byte` first stands in `haystack`.
///
/// In a word XORed with eight times `byte`, the lowest zero byte is the lowest one that borrows
/// when 1 is subtracted from each.
pub(super) fn find(byte: u8, haystack: &[u8]) -> Option<usize> {
    let sought = u64::from_ne_bytes([byte; 8]);

    let (words, rest) = haystack.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let zero_where_equal = u64::from_le_bytes(*word) ^ sought;
        let borrows = zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & HIGH_BITS;
        if borrows != 0 {
            return Some(8 * at + borrows.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|&other| other == byte)?;
    Some(8 * words.len() + at)
}

/// Where each LF and each colon stands in `haystack`, in order.
pub(super) fn line_ends_and_colons(haystack: &[u8]) -> impl Iterator<Item = usize> {
    let (words, rest) = haystack.as_chunks::<8>();
    // What fills the last word up is neither.
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    Marks {
        words: words.iter(),
        last: Some(last),
        word_at: 0,
        marks: 0,
    }
}

struct Marks<'a> {
    words: slice::Iter<'a, [u8; 8]>,
    last: Option<[u8; 8]>,
    /// Where the word after the present one begins.
    word_at: usize,
    /// The high bit of each byte of the present word that is yet to be told.
    marks: u64,
}

impl Iterator for Marks<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.marks == 0 {
            let word = match self.words.next() {
                Some(word) => *word,
                None => self.last.take()?,
            };
            let word = u64::from_le_bytes(word);
            self.marks = equal_bytes(b'\n', word) | equal_bytes(b':', word);
            self.word_at += 8;
        }
        let at = self.word_at - 8 + self.marks.trailing_zeros() as usize / 8;
        self.marks &= self.marks - 1;
        Some(at)
    }
}

/// The high bit of each byte of `word` that is `byte`.
///
/// Where the two differ, XOR leaves a bit: either the high one, or one that 0x7F carries into it.
fn equal_bytes(byte: u8, word: u64) -> u64 {
    let difference = word ^ u64::from_ne_bytes([byte; 8]);
    let carried = (difference & !HIGH_BITS) + !HIGH_BITS;
    !(carried | difference) & HIGH_BITS
}

/// Whether any of `bytes` stands in `haystack`, for when they mostly do not.
pub(super) fn contains_any<const N: usize>(bytes: [u8; N], haystack: &[u8]) -> bool {
    // Without an early exit, the compiler makes this a few vector operations.
    haystack.iter().fold(false, |found, other| {
        bytes
            .iter()
            .fold(found, |found, byte| found | (other == byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_every_byte_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            // Neighbours that differ in one bit, or by one, must not be taken for it.
            for other in [byte ^ 1, byte ^ 0x80, byte.wrapping_add(1), !byte] {
                for at in 0..20 {
                    let mut haystack = [other; 24];
                    assert_eq!(find(byte, &haystack[..at]), None);
                    assert!(!contains_any([byte], &haystack[..at]));
                    haystack[at] = byte;
                    haystack[22] = byte;
                    assert_eq!(find(byte, &haystack), Some(at));
                    assert!(contains_any([byte, !byte], &haystack));
                }
            }
        }
    }

    #[test]
    fn every_line_end_and_colon_is_found_and_nothing_else() {
        for byte in 0..=u8::MAX {
            for length in 0..20 {
                // Whatever stands beside it.
                for other in [b'\n', b':', b'a', 0, 0x80, 0xff] {
                    for at in 0..length {
                        let mut haystack = vec![other; length];
                        haystack[at] = byte;
                        let expected =
                            (0..length).filter(|&at| matches!(haystack[at], b'\n' | b':'));
                        assert!(line_ends_and_colons(&haystack).eq(expected), "{haystack:?}");
                    }
                }
            }
        }
    }
}
