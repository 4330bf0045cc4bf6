//! Times and texts as people read them.

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// A length of time in three digits and its unit: `310 µs`, `1.24 ms`, `12.4 s`; from a minute
/// on in two units: `2 min 5 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let micros = duration.as_micros();
    if micros < 1_000 {
        format!("{micros} µs")
    } else if duration < SECOND {
        format!("{} ms", three_digits(micros, 1_000))
    } else if duration.as_secs() < MINUTE {
        format!("{} s", three_digits(micros, 1_000_000))
    } else {
        whole_seconds(duration)
    }
}

/// A length of time rounded down to seconds: `0 s`, `59 s`, `2 min 5 s`, `1 h`.
pub(crate) fn whole_seconds(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (large, small) = match seconds {
        ..MINUTE => return format!("{seconds} s"),
        MINUTE..HOUR => ((seconds / MINUTE, "min"), (seconds % MINUTE, "s")),
        _ => ((seconds / HOUR, "h"), (seconds % HOUR / MINUTE, "min")),
    };
    match small.0 {
        0 => format!("{} {}", large.0, large.1),
        _ => format!("{} {} {} {}", large.0, large.1, small.0, small.1),
    }
}

/// A time of day, of milliseconds since 1970 and the minutes that the clocks here are ahead:
/// `15:04:05.060`.
pub(crate) fn time_of_day(unix_ms: u64, zone: i32) -> String {
    const DAY_S: u64 = 24 * HOUR;
    let (seconds, ms) = (unix_ms / 1_000, unix_ms % 1_000);
    let ahead = u64::from(zone.rem_euclid(24 * 60).unsigned_abs()) * MINUTE;
    let seconds = (seconds + ahead) % DAY_S;
    let (h, min, s) = (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
    format!("{h:02}:{min:02}:{s:02}.{ms:03}")
}

/// A whole number with its thousands apart: `9,999`, `1,234,567`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut words = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// The first `chars` characters of `text`, with an ellipsis where there are more.
pub(crate) fn beginning(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// An error's words as a sentence of their own: errors begin small and end open, so that they can
/// be put together. A name of one letter, as n, stays as it is, and so does a letter beyond ASCII:
/// what makes those large would be a noticeable part of what the browser downloads.
pub(crate) fn sentence(words: &str) -> String {
    let begins_with_name = words.chars().nth(1) == Some(' ');
    let first = words.chars().next().filter(|_| !begins_with_name);
    let rest = first.map_or(words, |first| &words[first.len_utf8()..]);
    let end = if words.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    let first = first.into_iter().map(|first| first.to_ascii_uppercase());
    first.chain(rest.chars()).chain(end.chars()).collect()
}

/// `micros` in units of `unit` microseconds, rounded. It does without floating-point numbers,
/// whose formatting would be a noticeable part of what the browser downloads.
fn three_digits(micros: u128, unit: u128) -> String {
    let rounded = |scale| (micros * scale + unit / 2) / unit;
    let (hundredths, tenths) = (rounded(100), rounded(10));
    if hundredths < 1_000 {
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    } else if tenths < 1_000 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        rounded(1).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [
            (0, "0 µs"),
            (310, "310 µs"),
            (1_000, "1.00 ms"),
            (1_239, "1.24 ms"),
            (9_996, "10.0 ms"),
            (12_360, "12.4 ms"),
            (124_400, "124 ms"),
            (1_240_000, "1.24 s"),
            (59_940_000, "59.9 s"),
            (60_000_000, "1 min"),
            (125_900_000, "2 min 5 s"),
            (3_600_000_000, "1 h"),
            (5_520_000_000, "1 h 32 min"),
        ];
        for (micros, expected) in cases {
            assert_eq!(duration(Duration::from_micros(micros)), expected);
        }
    }

    #[test]
    fn times_of_day() {
        let cases = [
            (0, 0, "00:00:00.000"),
            (1_700_000_000_007, 0, "22:13:20.007"),
            (1_700_000_000_007, 120, "00:13:20.007"),
            (60_000, -90, "22:31:00.000"),
        ];
        for (unix_ms, zone, expected) in cases {
            assert_eq!(time_of_day(unix_ms, zone), expected);
        }
    }

    #[test]
    fn counts() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (123_456, "123,456"),
            (1_234_567, "1,234,567"),
        ];
        for (number, expected) in cases {
            assert_eq!(count(number), expected);
        }
    }

    #[test]
    fn sentences() {
        let cases = [
            ("no reply", "No reply."),
            ("n is 51. Too large.", "n is 51. Too large."),
            ("äh", "äh."),
            ("", "."),
        ];
        for (words, expected) in cases {
            assert_eq!(sentence(words), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let cases = [("", ""), ("äöü", "äöü"), ("äöüß", "äöü…")];
        for (text, expected) in cases {
            assert_eq!(beginning(text, 3), expected);
        }
    }
}
