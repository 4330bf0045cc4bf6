//! What a person types into the batch's form: which calls, how many, and how many at once.

use std::{fmt, time::Duration};

use thiserror::Error;

use super::{InputError, QUOTED_CHARS, parse_deadline};
use crate::words;

/// The most calls in a batch: each latency is remembered until the next batch.
const MAX_COUNT: u64 = 100_000;

/// The most calls of a batch that are pending at once.
const MAX_IN_FLIGHT: u64 = 10_000;

/// Many calls, as the form asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchRequest {
    /// The first n.
    pub(crate) from: u64,
    /// The last n, not below the first; after it comes the first again.
    pub(crate) to: u64,
    /// How many calls, from 1 to 100,000.
    pub(crate) count: u32,
    /// How many calls are pending at once, from 1 to 10,000.
    pub(crate) in_flight: u32,
    /// How long each call may take.
    pub(crate) deadline: Duration,
}

/// The texts of the form's fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchTexts<'a> {
    /// The first n.
    pub(crate) from: &'a str,
    /// The last n.
    pub(crate) to: &'a str,
    /// How many calls.
    pub(crate) count: &'a str,
    /// How many at once.
    pub(crate) in_flight: &'a str,
    /// How long each may take.
    pub(crate) deadline: &'a str,
}

/// A field of the batch's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchField {
    /// The first n.
    From,
    /// The last n.
    To,
    /// How many calls.
    Count,
    /// How many at once.
    InFlight,
    /// How long each may take.
    Deadline,
}

/// What is wrong with a field, and what it takes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum BatchError {
    /// A number is empty, unreadable or out of range.
    #[error("{field} {mistake}. It takes a whole number from {min} to {max}, in digits.")]
    Number {
        /// Where it stands.
        field: BatchField,
        /// What is wrong with it.
        mistake: Mistake,
        /// The smallest number that the field takes.
        min: u64,
        /// The largest number that the field takes.
        max: u64,
    },
    /// The last n is below the first.
    #[error("To is {to}, which is below From, {from}. The batch counts upwards.")]
    Reversed {
        /// The first n.
        from: u64,
        /// The last n.
        to: u64,
    },
    /// The deadline is mistaken.
    #[error(transparent)]
    Deadline(#[from] InputError),
}

/// What can be wrong with a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// There is none.
    Empty,
    /// It is no whole number in decimal digits. It begins like this.
    NotWhole(String),
    /// It is too small or too large. It begins like this.
    OutOfRange(String),
}

impl BatchRequest {
    /// Reads all fields; of several mistakes the first is told. `max_n` is the page's, and
    /// `max_pending` the client's limit of calls that are pending at once.
    pub(crate) fn parse(
        texts: BatchTexts,
        max_n: u64,
        max_pending: usize,
    ) -> Result<Self, BatchError> {
        let most_in_flight = MAX_IN_FLIGHT.min(max_pending as u64);
        let from = whole(BatchField::From, texts.from, 0, max_n)?;
        let to = whole(BatchField::To, texts.to, 0, max_n)?;
        if to < from {
            return Err(BatchError::Reversed { from, to });
        }
        Ok(Self {
            from,
            to,
            count: whole(BatchField::Count, texts.count, 1, MAX_COUNT)? as u32,
            in_flight: whole(BatchField::InFlight, texts.in_flight, 1, most_in_flight)? as u32,
            deadline: parse_deadline(texts.deadline)?,
        })
    }

    /// The n of call number `index`, counted from 0.
    pub(crate) fn n(&self, index: u32) -> u64 {
        self.from + u64::from(index) % (self.to - self.from + 1)
    }
}

impl BatchError {
    /// The field that is to be mended.
    pub(crate) const fn field(&self) -> BatchField {
        match self {
            Self::Number { field, .. } => *field,
            Self::Reversed { .. } => BatchField::To,
            Self::Deadline(_) => BatchField::Deadline,
        }
    }
}

impl BatchField {
    /// What the field is called.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::From => "From",
            Self::To => "To",
            Self::Count => "Calls",
            Self::InFlight => "In flight",
            Self::Deadline => "Deadline",
        }
    }
}

impl fmt::Display for BatchField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::NotWhole(actual) => write!(f, "is “{actual}”, which is no whole number"),
            Self::OutOfRange(actual) => write!(f, "is {actual}, which is out of range"),
        }
    }
}

fn whole(field: BatchField, text: &str, min: u64, max: u64) -> Result<u64, BatchError> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mistake = if text.is_empty() {
        Mistake::Empty
    } else {
        let actual = words::beginning(text, QUOTED_CHARS);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Mistake::NotWhole(actual)
        } else {
            // What fails here is negative, or has more digits than any number that is allowed.
            match text.parse() {
                Ok(number) if (min..=max).contains(&number) => return Ok(number),
                _ => Mistake::OutOfRange(actual),
            }
        }
    };
    Err(BatchError::Number {
        field,
        mistake,
        min,
        max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: BatchTexts = BatchTexts {
        from: "5",
        to: "7",
        count: "1000",
        in_flight: "100",
        deadline: "30 s",
    };

    fn parse(texts: BatchTexts) -> Result<BatchRequest, BatchError> {
        BatchRequest::parse(texts, 50, 65_536)
    }

    #[test]
    fn a_batch_goes_round_from_the_first_n_to_the_last() {
        let batch = parse(TEXTS).expect("the fields are right");
        let expected = BatchRequest {
            from: 5,
            to: 7,
            count: 1_000,
            in_flight: 100,
            deadline: Duration::from_secs(30),
        };
        assert_eq!(batch, expected);
        let asked: Vec<u64> = (0..7).map(|index| batch.n(index)).collect();
        assert_eq!(asked, [5, 6, 7, 5, 6, 7, 5]);
        let same = BatchRequest { to: 5, ..batch };
        assert_eq!((same.n(0), same.n(99_999)), (5, 5));
    }

    #[test]
    fn every_limit_is_allowed_and_what_is_beyond_it_refused() {
        let cases = [
            (BatchField::From, "0", "-1"),
            (BatchField::To, "50", "51"),
            (BatchField::Count, "1", "0"),
            (BatchField::Count, "100000", "100001"),
            (BatchField::InFlight, "1", "0"),
            (BatchField::InFlight, "10000", "10001"),
            (BatchField::Deadline, "1ms", "0"),
            (BatchField::Deadline, "24h", "86401"),
        ];
        for (field, allowed, refused) in cases {
            assert!(parse(with(field, allowed)).is_ok(), "{field}: {allowed}");
            let error = parse(with(field, refused)).expect_err("it is beyond the limit");
            assert_eq!(error.field(), field, "{error}");
        }
    }

    #[test]
    fn no_more_calls_are_in_flight_than_the_client_takes() {
        let parse = |text| BatchRequest::parse(with(BatchField::InFlight, text), 50, 64);
        assert!(parse("64").is_ok());
        let error = parse("65").expect_err("the client takes 64");
        assert_eq!(
            error.to_string(),
            "In flight is 65, which is out of range. It takes a whole number from 1 to 64, in digits."
        );
    }

    #[test]
    fn a_mistake_says_where_it_is_what_was_typed_and_what_is_allowed() {
        let range = "It takes a whole number from 1 to 100000, in digits.";
        let cases = [
            (BatchField::Count, "", format!("Calls is empty. {range}")),
            (
                BatchField::Count,
                "1e3",
                format!("Calls is “1e3”, which is no whole number. {range}"),
            ),
            (
                BatchField::Count,
                " -3 ",
                format!("Calls is -3, which is out of range. {range}"),
            ),
            (
                BatchField::Count,
                "99999999999999999999999",
                format!("Calls is 99999999999999999999999, which is out of range. {range}"),
            ),
            (
                BatchField::To,
                "4",
                "To is 4, which is below From, 5. The batch counts upwards.".to_owned(),
            ),
        ];
        for (field, text, expected) in cases {
            let error = parse(with(field, text)).expect_err("the field is mistaken");
            assert_eq!((error.field(), error.to_string()), (field, expected));
        }
        let error = parse(with(BatchField::Deadline, "soon")).expect_err("no length of time");
        assert!(error.to_string().starts_with("The deadline is “soon”"));
    }

    fn with(field: BatchField, text: &str) -> BatchTexts<'_> {
        let mut texts = TEXTS;
        match field {
            BatchField::From => texts.from = text,
            BatchField::To => texts.to = text,
            BatchField::Count => texts.count = text,
            BatchField::InFlight => texts.in_flight = text,
            BatchField::Deadline => texts.deadline = text,
        }
        texts
    }
}
