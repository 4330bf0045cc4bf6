//! A batch: many calls, some of them at once, and how they went.

use std::time::Duration;

use warren_contract::Code;

use super::{
    latency::{Histogram, nearest_rank},
    time::micros,
};
use crate::input::BatchRequest;

/// In how many parts the throughput's second is counted.
const SLOTS: usize = 10;

/// How long each part is, in microseconds.
const SLOT_MICROS: u64 = 1_000_000 / SLOTS as u64;

/// What became of one call of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchOutcome {
    /// A worker replied, this long after the call was made.
    Done(Duration),
    /// It failed with this code.
    Failed(Code),
    /// The batch was stopped while it was pending.
    Cancelled,
}

/// A batch that runs, or has ended. Times are counted from its beginning, and passed in.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    request: BatchRequest,
    made: u32,
    cancelled: u32,
    stopped: bool,
    /// When it ended.
    ended: Option<Duration>,
    /// How long each call took that is done, in microseconds, in no order.
    latencies: Vec<u32>,
    histogram: Histogram,
    /// How many calls failed with each of [`Code::ALL`].
    failed: [u32; Code::ALL.len()],
    recent: Recent,
}

/// How a batch goes, or went, in whole numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchSummary {
    /// How many calls it has.
    pub(crate) count: u32,
    /// How many have their reply.
    pub(crate) done: u32,
    /// How many failed.
    pub(crate) failed: u32,
    /// How many were given up when the batch was stopped.
    pub(crate) cancelled: u32,
    /// How many are pending.
    pub(crate) in_flight: u32,
    /// Whether no more calls are made because a person said so.
    pub(crate) stopped: bool,
    /// Whether no call is pending, and none will be made.
    pub(crate) ended: bool,
    /// How long it has been running, or ran.
    pub(crate) elapsed: Duration,
    /// Replies per second in tenths: over the last second, or over all of a batch that has ended.
    pub(crate) tenths_per_second: u64,
    /// How long calls took that are done; `None` while none is.
    pub(crate) latency: Option<Percentiles>,
    /// The codes with which calls failed, and how many with each; none that is zero.
    pub(crate) codes: Vec<(Code, u32)>,
    /// How the latencies are spread.
    pub(crate) histogram: Histogram,
}

/// Latencies by nearest rank, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Percentiles {
    /// Half of the calls took no longer.
    pub(crate) p50: u32,
    /// Nine of ten calls took no longer.
    pub(crate) p90: u32,
    /// 99 of a hundred calls took no longer.
    pub(crate) p99: u32,
}

impl Batch {
    /// A batch that begins.
    pub(crate) fn new(request: BatchRequest) -> Self {
        Self {
            request,
            made: 0,
            cancelled: 0,
            stopped: false,
            ended: None,
            latencies: Vec::new(),
            histogram: Histogram::default(),
            failed: [0; Code::ALL.len()],
            recent: Recent::default(),
        }
    }

    /// The n of the call that is to be made now, if one is.
    pub(crate) fn next_call(&mut self) -> Option<u64> {
        let request = &self.request;
        let one_more =
            !self.stopped && self.made < request.count && self.in_flight() < request.in_flight;
        one_more.then(|| {
            let n = request.n(self.made);
            self.made += 1;
            n
        })
    }

    /// A call settled, `elapsed` after the beginning.
    pub(crate) fn settle(&mut self, outcome: BatchOutcome, elapsed: Duration) {
        match outcome {
            BatchOutcome::Done(latency) => {
                // What takes longer than an hour is not told apart.
                let latency = u32::try_from(micros(latency)).unwrap_or(u32::MAX);
                self.latencies.push(latency);
                self.histogram.add(latency);
                self.recent.add(elapsed);
            }
            BatchOutcome::Failed(code) => self.failed[code as usize] += 1,
            BatchOutcome::Cancelled => self.cancelled += 1,
        }
        self.end_if_over(elapsed);
    }

    /// Makes no more calls. Those that are pending are the caller's to cancel.
    pub(crate) fn stop(&mut self, elapsed: Duration) {
        self.stopped = true;
        self.end_if_over(elapsed);
    }

    /// Whether no call is pending, and none will be made.
    pub(crate) const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// How it goes `elapsed` after the beginning. It reorders the latencies, nothing else.
    pub(crate) fn summary(&mut self, elapsed: Duration) -> BatchSummary {
        let elapsed = self.ended.unwrap_or(elapsed);
        let (done, failed) = (self.done(), self.failed());
        let whole = Recent::per_second(done, elapsed);
        let codes = Code::ALL.into_iter().zip(self.failed);
        BatchSummary {
            count: self.request.count,
            done,
            failed,
            cancelled: self.cancelled,
            in_flight: self.in_flight(),
            stopped: self.stopped,
            ended: self.has_ended(),
            elapsed,
            tenths_per_second: if self.has_ended() {
                whole
            } else {
                self.recent.rate(elapsed).unwrap_or(whole)
            },
            latency: (done > 0).then(|| Percentiles {
                p50: nearest_rank(&mut self.latencies, 50),
                p90: nearest_rank(&mut self.latencies, 90),
                p99: nearest_rank(&mut self.latencies, 99),
            }),
            codes: codes.filter(|(_, count)| *count > 0).collect(),
            histogram: self.histogram.clone(),
        }
    }

    fn done(&self) -> u32 {
        self.latencies.len() as u32
    }

    fn failed(&self) -> u32 {
        self.failed.iter().sum()
    }

    fn in_flight(&self) -> u32 {
        self.made - self.done() - self.failed() - self.cancelled
    }

    fn end_if_over(&mut self, elapsed: Duration) {
        let all_made = self.stopped || self.made == self.request.count;
        if all_made && self.in_flight() == 0 {
            self.ended.get_or_insert(elapsed);
        }
    }
}

/// The replies of the last second, counted in parts of it: the one that is not over, and those
/// before it.
#[derive(Clone, Debug, Default)]
struct Recent {
    counts: [u32; SLOTS + 1],
    /// The number of the newest part in which there was a reply, counted from the beginning.
    newest: u64,
}

impl Recent {
    fn add(&mut self, elapsed: Duration) {
        self.forget_before(slot(elapsed));
        self.counts[0] += 1;
    }

    /// Replies in the last whole second, in tenths of one per second; `None` in the first second.
    fn rate(&self, elapsed: Duration) -> Option<u64> {
        let now = slot(elapsed);
        if now < SLOTS as u64 {
            return None;
        }
        let mut recent = self.clone();
        recent.forget_before(now);
        let replies: u32 = recent.counts[1..].iter().sum();
        Some(u64::from(replies) * 10)
    }

    /// Makes `now` the newest part.
    fn forget_before(&mut self, now: u64) {
        let steps = now.saturating_sub(self.newest);
        for _ in 0..steps.min(self.counts.len() as u64) {
            self.counts.rotate_right(1);
            self.counts[0] = 0;
        }
        self.newest = self.newest.max(now);
    }

    /// `replies` in `elapsed`, in tenths of one per second.
    fn per_second(replies: u32, elapsed: Duration) -> u64 {
        let elapsed = micros(elapsed).max(1);
        (u64::from(replies) * 10_000_000 + elapsed / 2) / elapsed
    }
}

fn slot(elapsed: Duration) -> u64 {
    micros(elapsed) / SLOT_MICROS
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: BatchRequest = BatchRequest {
        from: 5,
        to: 6,
        count: 5,
        in_flight: 3,
        deadline: Duration::from_secs(30),
    };

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn next_calls(batch: &mut Batch) -> Vec<u64> {
        std::iter::from_fn(|| batch.next_call()).collect()
    }

    #[test]
    fn as_many_calls_are_made_at_once_as_may_be_in_flight_and_as_many_in_all_as_were_asked_for() {
        let mut batch = Batch::new(REQUEST);
        assert_eq!(next_calls(&mut batch), [5, 6, 5]);
        batch.settle(BatchOutcome::Done(ms(1)), ms(1));
        assert_eq!(next_calls(&mut batch), [6]);
        batch.settle(BatchOutcome::Failed(Code::Internal), ms(2));
        batch.settle(BatchOutcome::Done(ms(1)), ms(3));
        assert_eq!(next_calls(&mut batch), [5]);
        batch.settle(BatchOutcome::Done(ms(1)), ms(4));
        assert!(!batch.has_ended(), "one is pending");
        batch.settle(BatchOutcome::Done(ms(1)), ms(5));
        assert!(next_calls(&mut batch).is_empty());
        let summary = batch.summary(ms(60_000));
        assert!(summary.ended && !summary.stopped);
        assert_eq!(summary.elapsed, ms(5), "its clock stands still");
        assert_eq!((summary.done, summary.failed, summary.in_flight), (4, 1, 0));
    }

    #[test]
    fn a_batch_that_is_stopped_makes_no_more_calls_and_ends_with_the_last_that_is_pending() {
        let mut batch = Batch::new(REQUEST);
        assert_eq!(next_calls(&mut batch).len(), 3);
        batch.settle(BatchOutcome::Done(ms(1)), ms(1));
        batch.stop(ms(2));
        assert!(next_calls(&mut batch).is_empty());
        assert!(!batch.has_ended(), "two are pending");
        batch.settle(BatchOutcome::Cancelled, ms(3));
        // Its reply was faster than the cancelling.
        batch.settle(BatchOutcome::Done(ms(2)), ms(4));
        let summary = batch.summary(ms(5));
        assert!(summary.ended && summary.stopped);
        assert_eq!((summary.done, summary.cancelled), (2, 1));

        let mut at_rest = Batch::new(REQUEST);
        at_rest.stop(ms(0));
        assert!(at_rest.has_ended(), "nothing is pending");
    }

    #[test]
    fn failures_are_counted_by_code_and_no_part_of_the_latencies() {
        let mut batch = Batch::new(REQUEST);
        next_calls(&mut batch);
        for outcome in [
            BatchOutcome::Failed(Code::Unavailable),
            BatchOutcome::Done(Duration::from_micros(1_234)),
            BatchOutcome::Failed(Code::OutOfRange),
        ] {
            batch.settle(outcome, ms(1));
        }
        next_calls(&mut batch);
        batch.settle(BatchOutcome::Failed(Code::Unavailable), ms(1));
        let summary = batch.summary(ms(1));
        let codes = [(Code::OutOfRange, 1), (Code::Unavailable, 2)];
        assert_eq!(summary.codes, codes);
        assert_eq!(summary.failed, 3);
        let latency = summary.latency.expect("one is done");
        assert_eq!(
            (latency.p50, latency.p90, latency.p99),
            (1_234, 1_234, 1_234)
        );
        assert_eq!(summary.histogram.buckets().count(), 1);

        let mut batch = Batch::new(BatchRequest {
            count: 10,
            ..REQUEST
        });
        for code in Code::ALL {
            next_calls(&mut batch);
            batch.settle(BatchOutcome::Failed(code), ms(1));
            let (last, _) = batch.summary(ms(1)).codes.pop().expect("one failed");
            assert_eq!(last, code);
        }
    }

    #[test]
    fn nothing_is_said_about_latencies_before_the_first_reply() {
        let summary = Batch::new(REQUEST).summary(ms(10));
        assert_eq!((summary.latency, summary.tenths_per_second), (None, 0));
    }

    #[test]
    fn the_throughput_is_that_of_the_last_second_and_at_the_end_that_of_all() {
        let mut batch = Batch::new(BatchRequest {
            count: 1_001,
            in_flight: 1_001,
            ..REQUEST
        });
        next_calls(&mut batch);
        let mut rate_after = |done: u32, from: u64, to: u64| {
            for i in 0..u64::from(done) {
                let now = from + (to - from) * i / u64::from(done);
                batch.settle(BatchOutcome::Done(ms(1)), ms(now));
            }
            batch.summary(ms(to)).tenths_per_second
        };
        // In the first second, so far.
        assert_eq!(rate_after(50, 0, 500), 1_000);
        assert_eq!(rate_after(50, 500, 1_000), 1_000);
        assert_eq!(rate_after(500, 1_000, 2_000), 5_000);
        assert_eq!(rate_after(200, 2_000, 3_000), 2_000);
        // The half of the last second in which nothing came counts, too.
        assert_eq!(rate_after(100, 3_000, 3_500), 2_000);
        assert_eq!(rate_after(0, 3_500, 4_000), 1_000);
        assert_eq!(rate_after(0, 4_000, 60_000), 0);
        assert_eq!(rate_after(101, 60_000, 100_100), 100, "1,001 in 100.1 s");
    }
}
