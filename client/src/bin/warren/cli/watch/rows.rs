//! Workers over time: who is there, how fast each of them serves, and who has left.

use std::time::Duration;

use warren_contract::Pong;

/// How long a worker that has left is still shown.
pub(super) const GONE_SHOWN_FOR: Duration = Duration::from_secs(5);

/// One worker.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// What it said of itself last.
    pub(super) pong: Pong,
    /// How fast it serves, once it has said twice how much it served.
    pub(super) rates: Option<Rates>,
    /// Since when it answers no more.
    pub(super) gone_since: Option<Duration>,
}

/// Requests per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) served: f64,
    pub(super) failed: f64,
}

/// All workers that are there, together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) workers: usize,
    pub(super) busy: u64,
    pub(super) concurrency: u64,
    pub(super) served: u64,
    pub(super) failed: u64,
    pub(super) rates: Rates,
}

/// The rows that follow from `rows` when at the time `now` exactly `pongs` answer.
pub(super) fn follow(rows: Vec<Row>, pongs: &[Pong], now: Duration) -> Vec<Row> {
    let mut before = rows;
    let mut rows: Vec<_> = pongs
        .iter()
        .map(|pong| {
            let known = before.iter().position(|row| row.pong.id == pong.id);
            let rates = known
                .map(|at| before.swap_remove(at))
                .and_then(|row| rates(&row, pong));
            Row {
                pong: pong.clone(),
                rates,
                gone_since: None,
            }
        })
        .collect();
    rows.extend(before.into_iter().map(|row| Row {
        gone_since: row.gone_since.or(Some(now)),
        ..row
    }));
    rows.sort_by(|a, b| (&a.pong.name, &a.pong.id).cmp(&(&b.pong.name, &b.pong.id)));
    without_long_gone(rows, now)
}

/// `rows` without those that have been gone for longer than is shown.
pub(super) fn without_long_gone(mut rows: Vec<Row>, now: Duration) -> Vec<Row> {
    rows.retain(|row| {
        row.gone_since
            .is_none_or(|since| now.saturating_sub(since) < GONE_SHOWN_FOR)
    });
    rows
}

pub(super) fn totals(rows: &[Row]) -> Totals {
    let there = rows.iter().filter(|row| row.gone_since.is_none());
    there.fold(Totals::default(), |sum, Row { pong, rates, .. }| {
        let rates = rates.unwrap_or_default();
        Totals {
            workers: sum.workers + 1,
            busy: sum.busy + u64::from(pong.busy),
            concurrency: sum.concurrency + u64::from(pong.concurrency),
            served: sum.served.saturating_add(pong.served),
            failed: sum.failed.saturating_add(pong.failed),
            rates: Rates {
                served: sum.rates.served + rates.served,
                failed: sum.rates.failed + rates.failed,
            },
        }
    })
}

/// The time between two pongs is told by the worker's own clock, which knows nothing of how long
/// either was on its way.
fn rates(before: &Row, now: &Pong) -> Option<Rates> {
    let before_pong = &before.pong;
    let milliseconds = grown(before_pong.uptime_ms, now.uptime_ms);
    if milliseconds == 0 {
        return before.rates;
    }
    let per_second = |count| count as f64 * 1000.0 / milliseconds as f64;
    Some(Rates {
        served: per_second(grown(before_pong.served, now.served)),
        failed: per_second(grown(before_pong.failed, now.failed)),
    })
}

/// How much a counter has grown; one that is smaller than before began again at zero.
fn grown(before: u64, now: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::watch::samples::pong;

    /// What is shown after each second's pongs: `name served/s failed/s`, `?` where no rate is
    /// known, `-` before the names of those that are gone.
    fn check(seconds: &[(&[Pong], &[&str])]) {
        let mut rows = Vec::new();
        for (second, (pongs, expected)) in (0..).zip(seconds) {
            rows = follow(rows, pongs, Duration::from_secs(second));
            let shown: Vec<_> = rows.iter().map(show).collect();
            assert_eq!(shown, *expected, "second {second}");
        }
    }

    fn show(row: &Row) -> String {
        let gone = if row.gone_since.is_some() { "-" } else { "" };
        let name = &row.pong.name;
        match row.rates {
            Some(Rates { served, failed }) => format!("{gone}{name} {served} {failed}"),
            None => format!("{gone}{name} ?"),
        }
    }

    #[test]
    fn rates_are_told_by_the_workers_clock() {
        check(&[
            (&[pong("hare", 1_000, 10, 0)], &["hare ?"]),
            (&[pong("hare", 2_000, 30, 1)], &["hare 20 1"]),
            (&[pong("hare", 4_000, 30, 2)], &["hare 0 0.5"]),
        ]);
    }

    #[test]
    fn a_pong_that_is_seen_again_changes_no_rate() {
        check(&[
            (&[pong("hare", 1_000, 10, 0)], &["hare ?"]),
            (&[pong("hare", 2_000, 30, 0)], &["hare 20 0"]),
            (&[pong("hare", 2_000, 30, 0)], &["hare 20 0"]),
        ]);
    }

    #[test]
    fn counters_that_begin_again_count_from_zero() {
        check(&[
            (&[pong("hare", 9_000, 90, 9)], &["hare ?"]),
            (&[pong("hare", 500, 4, 1)], &["hare 8 2"]),
            (&[pong("hare", 1_500, 6, 1)], &["hare 2 0"]),
        ]);
    }

    #[test]
    fn workers_come_and_go() {
        let hare = |seconds: u64| pong("hare", seconds * 1000, seconds * 3, 0);
        let rabbit = |seconds: u64| pong("rabbit", seconds * 1000, 0, 0);
        check(&[
            (&[rabbit(1)], &["rabbit ?"]),
            (&[hare(1), rabbit(2)], &["hare ?", "rabbit 0 0"]),
            (&[hare(2)], &["hare 3 0", "-rabbit 0 0"]),
            (&[], &["-hare 3 0", "-rabbit 0 0"]),
            (&[hare(4)], &["hare 3 0", "-rabbit 0 0"]),
            (&[hare(5)], &["hare 3 0", "-rabbit 0 0"]),
            (&[hare(6)], &["hare 3 0", "-rabbit 0 0"]),
            (&[hare(7)], &["hare 3 0"]),
        ]);
    }

    #[test]
    fn only_who_is_there_is_added_up() {
        let first = [pong("hare", 1_000, 10, 1), pong("rabbit", 1_000, 5, 0)];
        let rows = follow(Vec::new(), &first, Duration::ZERO);
        let then = [pong("hare", 2_000, 15, 2)];
        let rows = follow(rows, &then, Duration::from_secs(1));
        let expected = Totals {
            workers: 1,
            busy: 1,
            concurrency: 4,
            served: 15,
            failed: 2,
            rates: Rates {
                served: 5.0,
                failed: 1.0,
            },
        };
        assert_eq!(totals(&rows), expected);
    }
}
