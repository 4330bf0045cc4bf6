//! How far a computation is, told now and then.

use std::time::Duration;

use tokio::time::sleep;
use warren_contract::Progress;

use crate::Context;

/// The shortest time between two reports, whatever a caller asks for: so that no caller makes a
/// worker send more than people can see.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);

/// What there is to report of one computation to one caller.
#[derive(Debug)]
pub(crate) struct Reports {
    context: Context,
    interval: Duration,
    reported: u64,
}

impl Reports {
    /// Reports at most every `interval`, from now on.
    pub(crate) fn new(context: Context, interval: Duration) -> Self {
        Self {
            context,
            interval: interval.max(SHORTEST_INTERVAL),
            reported: 0,
        }
    }

    /// Waits until there is something to report: more steps done than the last time.
    pub(crate) async fn next(&mut self) -> Progress {
        loop {
            sleep(self.interval).await;
            if let Some(progress) = self.context.progress()
                && progress.done > self.reported
            {
                self.reported = progress.done;
                return progress;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    const INTERVAL: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn only_more_is_reported() {
        let context = Context::default();
        let mut reports = Reports::new(context.clone(), INTERVAL);
        let mut silent = async || timeout(10 * INTERVAL, reports.next()).await.is_err();
        assert!(silent().await, "nobody knows how many steps there are");
        context.expect_steps(8);
        assert!(silent().await, "none of them is done");
        context.advance(3);
        assert_eq!(reports.next().await, Progress { done: 3, total: 8 });
        let mut silent = async || timeout(10 * INTERVAL, reports.next()).await.is_err();
        assert!(silent().await, "no more of them is done");
        context.expect_steps(2);
        assert!(silent().await, "done never goes down");
        context.expect_steps(4);
        context.advance(9);
        assert_eq!(reports.next().await, Progress { done: 4, total: 4 });
    }

    #[tokio::test(start_paused = true)]
    async fn reports_are_as_far_apart_as_the_caller_wants_within_reason() {
        let cases = [
            (Duration::ZERO, SHORTEST_INTERVAL),
            (SHORTEST_INTERVAL, SHORTEST_INTERVAL),
            (INTERVAL, INTERVAL),
        ];
        for (wanted, expected) in cases {
            let context = Context::default();
            context.expect_steps(8);
            let mut reports = Reports::new(context.clone(), wanted);
            for _ in 0..3 {
                context.advance(1);
                let start = Instant::now();
                reports.next().await;
                assert_eq!(start.elapsed(), expected, "{wanted:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_interval_is_no_trouble() {
        let context = Context::default();
        context.expect_steps(1);
        context.advance(1);
        let mut reports = Reports::new(context, Duration::from_millis(u64::MAX));
        let year = Duration::from_secs(365 * 24 * 3600);
        assert!(timeout(year, reports.next()).await.is_err());
    }
}
