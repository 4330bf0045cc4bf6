//! Looking for single bytes, fast.

/// Where `byte` first stands in `haystack`.
///
/// It looks at eight bytes at a time, with arithmetic that every target has: in a word XORed with
/// eight times `byte`, the lowest zero byte is the lowest one that borrows when 1 is subtracted
/// from each.
pub(super) fn find(byte: u8, haystack: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
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

/// Whether `byte` stands in `haystack`, for when it mostly does not.
pub(super) fn contains(byte: u8, haystack: &[u8]) -> bool {
    // Without an early exit, the compiler makes this a few vector operations.
    haystack
        .iter()
        .fold(false, |found, &other| found | (other == byte))
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
                    assert!(!contains(byte, &haystack[..at]));
                    haystack[at] = byte;
                    haystack[22] = byte;
                    assert_eq!(find(byte, &haystack), Some(at));
                    assert!(contains(byte, &haystack));
                }
            }
        }
    }
}
