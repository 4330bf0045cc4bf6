//! What was measured, for people, and whether it is good.

use std::{fmt, time::Duration};

use warren_client::Counters;
use warren_contract::Pong;

use super::{Options, callers::Tally};

/// How much memory was held when so many calls had settled.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// How many calls had settled.
    pub calls: u64,
    /// Since the first of them was made.
    pub elapsed: Duration,
    /// The worker's resident memory, in bytes.
    pub worker: u64,
    /// The client's resident memory, in bytes.
    pub client: u64,
}

/// The outcome of a run. Printing it shows what was measured, in one line.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) options: Options,
    pub(super) samples: Vec<Sample>,
    pub(super) tally: Tally,
    pub(super) counters: Counters,
    /// What the worker said of itself at the end.
    pub(super) pong: Option<Pong>,
}

impl Sample {
    /// What stands above the columns of [`Sample`]s that are printed.
    pub const HEADS: &str = "     calls   seconds   calls/s  worker, MiB  client, MiB";
}

/// One line of a table under [`Sample::HEADS`].
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(
            f,
            "{:>10}{:>10.1}{:>10.0}{:>13}{:>13}",
            self.calls,
            seconds,
            self.calls as f64 / seconds,
            mebibytes(self.worker),
            mebibytes(self.client)
        )
    }
}

impl Report {
    /// What is not as it must be; nothing if all is.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let Options {
            calls,
            warm_up,
            growth,
            ..
        } = self.options;
        let mut failures = self.tally.words.clone();
        let mut expect = |what: &str, actual: u64, expected: u64| {
            if actual != expected {
                failures.push(format!("{what}: {actual}, where {expected} are expected"));
            }
        };
        expect("calls answered rightly", self.tally.right, calls);
        expect("calls answered wrongly", self.tally.wrong, 0);
        for (code, &count) in &self.tally.failed {
            expect(&format!("calls that failed as {code}"), count, 0);
        }
        expect("calls that never settled", self.tally.hung, 0);
        let Counters {
            unmatched,
            malformed,
            connects,
            resent,
        } = self.counters;
        expect("replies to no call", unmatched, 0);
        expect("replies that cannot be read", malformed, 0);
        expect("connections of the client", connects, 1);
        expect("requests sent again", resent, 0);
        let served = self.pong.as_ref().map_or(0, |pong| pong.served);
        expect("requests that the worker says it served", served, calls);

        let Some((warm, end)) = self.ends() else {
            failures.push("memory was not looked at twice".to_owned());
            return failures;
        };
        for (whose, warm, end) in [
            ("worker", warm.worker, end.worker),
            ("client", warm.client, end.client),
        ] {
            if part(warm, end) > growth {
                failures.push(format!(
                    "the {whose} holds {} MiB at the end, over {:.0} % more than the {} MiB after {warm_up} calls",
                    mebibytes(end),
                    100.0 * growth,
                    mebibytes(warm),
                ));
            }
        }
        failures
    }

    /// When all memory must have been taken, and the end.
    fn ends(&self) -> Option<(&Sample, &Sample)> {
        match self.samples.as_slice() {
            [warm, .., end] => Some((warm, end)),
            _ => None,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((warm, end)) = self.ends() else {
            return f.write_str("nothing was measured");
        };
        let seconds = end.elapsed.as_secs_f64();
        let growth = |warm, end| {
            format!(
                "from {} to {} MiB ({:+.1} %)",
                mebibytes(warm),
                mebibytes(end),
                100.0 * part(warm, end)
            )
        };
        write!(
            f,
            "{} calls in {seconds:.1} s, {:.0} per second, {} in flight, {} prefetched; resident memory (Rss of smaps_rollup) after {} calls and at the end: worker {}, client {}",
            end.calls,
            end.calls as f64 / seconds,
            self.options.in_flight,
            self.options.prefetch,
            warm.calls,
            growth(warm.worker, end.worker),
            growth(warm.client, end.client)
        )
    }
}

/// By which part of `warm` the memory grew; negative if it shrank.
fn part(warm: u64, end: u64) -> f64 {
    end as f64 / warm as f64 - 1.0
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / f64::from(1 << 20))
}
