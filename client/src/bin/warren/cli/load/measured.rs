//! What became of the calls of a load.

use std::{collections::BTreeMap, fmt, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;
use warren_client::{CallError, Config};
use warren_contract::Code;

use crate::cli::failure::Failure;

/// How many digits of a percentile are exact.
const DIGITS: u8 = 3;

/// The outcomes of calls, and how long those took that were answered. It does not grow with them.
#[derive(Debug)]
pub(super) struct Measured {
    count: u64,
    /// Of those answered, in microseconds.
    round_trips: Histogram<u64>,
    failures: BTreeMap<&'static str, Failed>,
    took: Duration,
    is_interrupted: bool,
}

/// Calls that failed in one way.
#[derive(Debug)]
struct Failed {
    code: Code,
    calls: u64,
    /// What the first of them was told.
    message: String,
}

impl Measured {
    /// Of as many calls as are to be made.
    pub(super) fn new(count: u64) -> Self {
        let longest = Config::MAX_DEADLINE.as_micros() as u64;
        Self {
            count,
            round_trips: Histogram::new_with_bounds(1, longest, DIGITS)
                .expect("the bounds are in order, and the digits are few"),
            failures: BTreeMap::new(),
            took: Duration::ZERO,
            is_interrupted: false,
        }
    }

    /// A call is over, answered after this round trip or not.
    pub(super) fn record(&mut self, outcome: Result<Duration, CallError>) {
        match outcome {
            Ok(round_trip) => {
                let micros = u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX);
                self.round_trips.saturating_record(micros);
            }
            Err(error) => {
                let code = error.code();
                let failed = self
                    .failures
                    .entry(code.as_str())
                    .or_insert_with(|| Failed {
                        code,
                        calls: 0,
                        message: error.to_string(),
                    });
                failed.calls += 1;
            }
        }
    }

    /// The user does not want to wait for the rest.
    pub(super) fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// All of it took this long.
    pub(super) fn finish(&mut self, took: Duration) {
        self.took = took;
    }

    pub(super) fn summary(&self) -> Summary {
        let done = self.round_trips.len();
        let seconds = self.took.as_secs_f64();
        let millis = |micros: u64| (done > 0).then_some(micros as f64 / 1000.0);
        Summary {
            count: self.count,
            done,
            failed: self.failed(),
            seconds: (seconds * 1000.0).round() / 1000.0,
            rps: if seconds > 0.0 {
                (done as f64 / seconds * 10.0).round() / 10.0
            } else {
                0.0
            },
            p50_ms: millis(self.round_trips.value_at_quantile(0.5)),
            p99_ms: millis(self.round_trips.value_at_quantile(0.99)),
            max_ms: millis(self.round_trips.max()),
            failures: self
                .failures
                .values()
                .map(|failed| (failed.code.as_str(), failed.calls))
                .collect(),
        }
    }

    /// Whether the command succeeded: all calls were answered. If they failed in several ways, the
    /// most frequent one counts.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let settled = self.round_trips.len() + self.failed();
        let count = self.count;
        if self.is_interrupted {
            let message = format!("ended by Ctrl-C after {settled} of {count} calls");
            return Err(Failure::interrupted(message));
        }
        match self.failures.values().max_by_key(|failed| failed.calls) {
            None => Ok(()),
            Some(Failed {
                code,
                calls,
                message,
            }) => {
                let message = format!("{calls} of {count} calls: {message}");
                Err(Failure::new(*code, message))
            }
        }
    }

    fn failed(&self) -> u64 {
        self.failures.values().map(|failed| failed.calls).sum()
    }
}

/// What is printed; its fields are explained by `warren load --help`.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Summary {
    count: u64,
    done: u64,
    failed: u64,
    seconds: f64,
    rps: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    max_ms: Option<f64>,
    failures: BTreeMap<&'static str, u64>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            count,
            done,
            failed,
            seconds,
            rps,
            ..
        } = self;
        write!(
            f,
            "{done} of {count} calls answered, {failed} failed, in {seconds:.3} s"
        )?;
        if let (Some(p50), Some(p99), Some(max)) = (self.p50_ms, self.p99_ms, self.max_ms) {
            write!(
                f,
                "\n{rps:.0} calls/s, p50 {p50:.2} ms, p99 {p99:.2} ms, max {max:.2} ms"
            )?;
        }
        for (code, count) in &self.failures {
            write!(f, "\n{code}: {count}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(count: u64, millis: impl Iterator<Item = u64>, errors: &[CallError]) -> Measured {
        let mut measured = Measured::new(count);
        for millis in millis {
            measured.record(Ok(Duration::from_millis(millis)));
        }
        for error in errors {
            measured.record(Err(error.clone()));
        }
        measured.finish(Duration::from_secs(2));
        measured
    }

    const LATE: CallError = CallError::DeadlineExceeded {
        deadline: Duration::from_secs(1),
    };

    #[test]
    fn percentiles_are_of_those_answered() {
        let summary = measured(103, 1..=100, &[LATE, CallError::Cancelled, LATE]).summary();
        let near = |actual: Option<f64>, expected: f64| {
            let actual = actual.expect("some were answered");
            assert!((actual / expected - 1.0).abs() < 0.001, "{actual}");
        };
        near(summary.p50_ms, 50.0);
        near(summary.p99_ms, 99.0);
        near(summary.max_ms, 100.0);
        assert_eq!((summary.done, summary.failed), (100, 3));
        assert_eq!((summary.seconds, summary.rps), (2.0, 50.0));
        let failures = [("cancelled", 1), ("deadline_exceeded", 2)];
        assert_eq!(summary.failures, failures.into());
    }

    #[test]
    fn without_an_answer_there_are_no_percentiles() {
        let summary = measured(1, 0..0, &[LATE]).summary();
        assert_eq!((summary.p50_ms, summary.p99_ms), (None, None));
        assert_eq!((summary.max_ms, summary.rps), (None, 0.0));
    }

    #[test]
    fn the_most_frequent_failure_is_the_verdict() {
        assert!(measured(2, 1..=2, &[]).verdict().is_ok());
        let errors = [CallError::Cancelled, LATE, LATE];
        let failure = measured(5, 1..=2, &errors).verdict().expect_err("3 failed");
        assert_eq!(failure.code, Code::DeadlineExceeded);
        let message = format!("2 of 5 calls: {LATE}");
        assert_eq!(failure.message, message);
    }
}
