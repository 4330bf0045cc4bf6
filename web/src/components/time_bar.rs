//! Where the time of a call went.

use std::time::Duration;

use yew::prelude::*;

use crate::words;

/// A bar that splits the round trip into computing, if the worker gave that, and the rest, with
/// its legend. Both are lengths of time, each by one clock, so they can be compared without the
/// clocks agreeing.
pub(super) fn time_bar(round_trip: Duration, compute: Option<Duration>) -> Html {
    // Rounding can make the one a hair longer than the other.
    let compute = compute.map(|compute| compute.min(round_trip));
    let share = compute.map_or(0, |compute| {
        1_000 * compute.as_micros() / round_trip.as_micros().max(1)
    });
    html! {
        <div class="time">
            <svg class="time-bar" width="100%" height="10" aria-hidden="true">
                <rect class="underway" width="100%" height="100%" rx="5" />
                <rect class="computing" width={format!("{}.{}%", share / 10, share % 10)} height="100%" rx="5" />
            </svg>
            <dl>
                if let Some(compute) = compute {
                    <div class="computing">
                        <dt>{ "Computing" }</dt>
                        <dd data-testid="compute">{ words::duration(compute) }</dd>
                    </div>
                    <div class="underway">
                        <dt>{ "Queue and way" }</dt>
                        <dd>{ words::duration(round_trip - compute) }</dd>
                    </div>
                }
                <div>
                    <dt>{ "Round trip" }</dt>
                    <dd data-testid="round-trip">{ words::duration(round_trip) }</dd>
                </div>
            </dl>
        </div>
    }
}
