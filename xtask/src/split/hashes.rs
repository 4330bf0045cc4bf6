//! The hashes in wasm-bindgen's names, which no compression makes smaller.

use std::collections::HashMap;
use std::ops::Range;

/// How many hexadecimal digits a hash has.
const DIGITS: usize = 16;

/// Puts numbers in the place of the hashes in the names by which `script` and `program` know each
/// other. They are as long as the hashes, so that nothing else in the program moves.
pub(super) fn number(script: &mut [u8], program: &mut [u8]) {
    let mut numbers = HashMap::new();
    for hash in hashes(script) {
        let next = numbers.len();
        let number = numbers
            .entry(script[hash.clone()].to_vec())
            .or_insert_with(|| format!("{next:0DIGITS$}"));
        script[hash].copy_from_slice(number.as_bytes());
    }
    for hash in hashes(program) {
        // Whatever else looks like a hash stays as it is.
        if let Some(number) = numbers.get(&program[hash.clone()]) {
            program[hash].copy_from_slice(number.as_bytes());
        }
    }
}

/// Where hashes end names, as in `__wbg_log_0123456789abcdef` and `invoke__h0123456789abcdef`.
fn hashes(bytes: &[u8]) -> Vec<Range<usize>> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(underscore) = bytes[at..].iter().position(|&byte| byte == b'_') {
        at += underscore + 1;
        let begin = at + usize::from(bytes.get(at) == Some(&b'h'));
        let end = begin + DIGITS;
        if bytes
            .get(begin..end)
            .is_some_and(|hash| hash.iter().all(is_digit))
        {
            found.push(begin..end);
            at = end;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_hash_gets_the_same_number_in_both_and_nothing_else_changes() {
        let mut script =
            *b"a_h0123456789abcdef b_fedcba9876543210() a_h0123456789abcdef c_01234567";
        let mut program = *b"\x10b_fedcba9876543210\0d_aaaaaaaaaaaaaaaa\0a_h0123456789abcdef";
        number(&mut script, &mut program);
        assert_eq!(
            script.escape_ascii().to_string(),
            "a_h0000000000000000 b_0000000000000001() a_h0000000000000000 c_01234567"
        );
        assert_eq!(
            program.escape_ascii().to_string(),
            r"\x10b_0000000000000001\x00d_aaaaaaaaaaaaaaaa\x00a_h0000000000000000"
        );
    }
}
