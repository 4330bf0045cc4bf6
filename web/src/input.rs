//! What a person types into the forms, checked before anything is sent.

mod batch;

use std::time::Duration;

use thiserror::Error;
use warren_client::{Config, Policy};
use warren_contract::Code;

pub(crate) use batch::{BatchError, BatchField, BatchRequest, BatchTexts};

use crate::words;

/// The shortest deadline: the broker counts in milliseconds.
const MIN_DEADLINE: Duration = Duration::from_millis(1);

/// The longest deadline.
const MAX_DEADLINE: Duration = Config::MAX_DEADLINE;

/// How much of a mistaken text is repeated in the words about it.
const QUOTED_CHARS: usize = 40;

/// A call as the form asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallRequest {
    /// Which Fibonacci number, at most the page's `max_n`.
    pub(crate) n: u64,
    /// How long the call may take.
    pub(crate) deadline: Duration,
    /// What becomes of the call if there is no worker.
    pub(crate) policy: Policy,
}

impl CallRequest {
    /// Reads both fields; of two mistakes the first is told.
    pub(crate) fn parse(
        n: &str,
        deadline: &str,
        policy: Policy,
        max_n: u64,
    ) -> Result<Self, InputError> {
        Ok(Self {
            n: parse_n(n, max_n)?,
            deadline: parse_deadline(deadline)?,
            policy,
        })
    }
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Which Fibonacci number.
    N,
    /// How long the call may take.
    Deadline,
}

/// What is wrong with a field, and what it takes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum InputError {
    /// n is empty.
    #[error("n is empty. It takes a whole number from 0 to {max}.")]
    NEmpty {
        /// The largest n.
        max: u64,
    },
    /// n is no whole number in decimal digits.
    #[error("n is “{actual}”, which is no whole number. It takes one from 0 to {max}, in digits.")]
    NNotWhole {
        /// The beginning of what was typed.
        actual: String,
        /// The largest n.
        max: u64,
    },
    /// n is a whole number, but too small or too large.
    #[error("n is {actual}, which is out of range. It takes a whole number from 0 to {max}.")]
    NOutOfRange {
        /// The beginning of what was typed.
        actual: String,
        /// The largest n.
        max: u64,
    },
    /// The deadline is empty.
    #[error("The deadline is empty. It takes seconds, such as 30, or a unit too: 500ms, 5s, 2m.")]
    DeadlineEmpty,
    /// The deadline is no length of time.
    #[error(
        "The deadline is “{actual}”, which is no length of time. It takes seconds, such as 30, or a unit too: 500ms, 5s, 2m."
    )]
    DeadlineUnreadable {
        /// The beginning of what was typed.
        actual: String,
    },
    /// The deadline is a length of time, but too short or too long.
    #[error(
        "The deadline is {actual}, which is out of range. It takes {} to {}.",
        humantime::format_duration(MIN_DEADLINE),
        humantime::format_duration(MAX_DEADLINE)
    )]
    DeadlineOutOfRange {
        /// The beginning of what was typed.
        actual: String,
    },
}

impl InputError {
    /// The mistake in the codes that failed calls have.
    pub(crate) const fn code(&self) -> Code {
        match self {
            Self::NEmpty { .. }
            | Self::NNotWhole { .. }
            | Self::DeadlineEmpty
            | Self::DeadlineUnreadable { .. } => Code::InvalidArgument,
            Self::NOutOfRange { .. } | Self::DeadlineOutOfRange { .. } => Code::OutOfRange,
        }
    }

    /// The field that is to be mended.
    pub(crate) const fn field(&self) -> Field {
        match self {
            Self::NEmpty { .. } | Self::NNotWhole { .. } | Self::NOutOfRange { .. } => Field::N,
            Self::DeadlineEmpty
            | Self::DeadlineUnreadable { .. }
            | Self::DeadlineOutOfRange { .. } => Field::Deadline,
        }
    }
}

fn parse_n(text: &str, max: u64) -> Result<u64, InputError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InputError::NEmpty { max });
    }
    let actual = words::beginning(text, QUOTED_CHARS);
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InputError::NNotWhole { actual, max });
    }
    // What fails here is negative, or has more digits than any number that is allowed.
    match text.parse() {
        Ok(n) if n <= max => Ok(n),
        _ => Err(InputError::NOutOfRange { actual, max }),
    }
}

/// A bare number is in seconds; with units it is read as `warren --deadline` reads it.
fn parse_deadline(text: &str) -> Result<Duration, InputError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InputError::DeadlineEmpty);
    }
    let actual = words::beginning(text, QUOTED_CHARS);
    let length = text.strip_prefix('-').unwrap_or(text);
    let is_negative = length != text;
    let is_bare = length
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let length = if is_bare {
        &format!("{length}s")
    } else {
        length
    };
    match humantime::parse_duration(length) {
        Ok(deadline) if !is_negative && (MIN_DEADLINE..=MAX_DEADLINE).contains(&deadline) => {
            Ok(deadline)
        }
        Ok(_) | Err(humantime::DurationError::NumberOverflow) => {
            Err(InputError::DeadlineOutOfRange { actual })
        }
        Err(_) => Err(InputError::DeadlineUnreadable { actual }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_is_a_whole_number_in_range() {
        use Code::{InvalidArgument, OutOfRange};
        let cases: [(&str, Result<u64, Code>); 19] = [
            ("0", Ok(0)),
            ("30", Ok(30)),
            ("50", Ok(50)),
            (" 30\t", Ok(30)),
            ("007", Ok(7)),
            ("", Err(InvalidArgument)),
            ("   ", Err(InvalidArgument)),
            ("thirty", Err(InvalidArgument)),
            ("3.5", Err(InvalidArgument)),
            ("1e3", Err(InvalidArgument)),
            ("+5", Err(InvalidArgument)),
            ("-", Err(InvalidArgument)),
            ("3 0", Err(InvalidArgument)),
            ("0x1e", Err(InvalidArgument)),
            ("٣٠", Err(InvalidArgument)),
            ("NaN", Err(InvalidArgument)),
            ("-1", Err(OutOfRange)),
            ("51", Err(OutOfRange)),
            ("99999999999999999999999", Err(OutOfRange)),
        ];
        for (text, expected) in cases {
            let actual = parse_n(text, 50).map_err(|error| error.code());
            assert_eq!(actual, expected, "{text:?}");
        }
    }

    #[test]
    fn a_deadline_is_seconds_or_has_units() {
        use Code::{InvalidArgument, OutOfRange};
        let cases: [(&str, Result<u64, Code>); 20] = [
            ("30", Ok(30_000)),
            ("1.5s", Ok(1_500)),
            (" 5 ", Ok(5_000)),
            ("1.5", Ok(1_500)),
            ("0.001", Ok(1)),
            ("5s", Ok(5_000)),
            ("5 s", Ok(5_000)),
            ("500ms", Ok(500)),
            ("1m 30s", Ok(90_000)),
            ("24h", Ok(86_400_000)),
            ("", Err(InvalidArgument)),
            ("soon", Err(InvalidArgument)),
            ("5 parsecs", Err(InvalidArgument)),
            ("1.2.3", Err(InvalidArgument)),
            ("-", Err(InvalidArgument)),
            ("0", Err(OutOfRange)),
            ("-5", Err(OutOfRange)),
            ("-500ms", Err(OutOfRange)),
            ("86401", Err(OutOfRange)),
            ("99999999999999999999h", Err(OutOfRange)),
        ];
        for (text, expected) in cases {
            let actual = parse_deadline(text).map_err(|error| error.code());
            assert_eq!(actual, expected.map(Duration::from_millis), "{text:?}");
        }
    }

    #[test]
    fn a_mistake_says_what_was_typed_and_what_is_allowed() {
        let said = |n, deadline| {
            CallRequest::parse(n, deadline, Policy::default(), 50)
                .expect_err("the input is mistaken")
                .to_string()
        };
        assert_eq!(
            said("51", "soon"),
            "n is 51, which is out of range. It takes a whole number from 0 to 50."
        );
        assert_eq!(
            said("5", "0"),
            "The deadline is 0, which is out of range. It takes 1ms to 1day."
        );
    }
}
