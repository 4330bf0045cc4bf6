//! Time that is seen passing.

use std::time::Duration;

use gloo::timers::callback::Interval;
use web_time::Instant;
use yew::prelude::*;

/// How often the time is brought up to date. It is shown in whole seconds, and should not be
/// seen to skip one.
const PERIOD_MS: u32 = 250;

/// The time since `since`, drawn anew while it passes.
#[hook]
pub(crate) fn use_elapsed(since: Instant) -> Duration {
    let now = use_state(Instant::now);
    let tick = now.setter();
    use_effect_with(since, move |_| {
        let interval = Interval::new(PERIOD_MS, move || tick.set(Instant::now()));
        move || drop(interval)
    });
    now.saturating_duration_since(since)
}
