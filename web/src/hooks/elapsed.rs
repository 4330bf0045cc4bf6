//! Time that is seen passing.

use std::time::Duration;

use gloo::timers::callback::Interval;
use yew::prelude::*;

use crate::state::Timestamp;

/// How often the time is brought up to date. It is shown in whole seconds, and should not be
/// seen to skip one.
const PERIOD_MS: u32 = 250;

/// The time since `since`, drawn anew while it passes.
#[hook]
pub(crate) fn use_elapsed(since: Timestamp) -> Duration {
    let now = use_state(Timestamp::now);
    let tick = now.setter();
    use_effect_with(since, move |_| {
        let interval = Interval::new(PERIOD_MS, move || tick.set(Timestamp::now()));
        move || drop(interval)
    });
    now.since(since)
}
