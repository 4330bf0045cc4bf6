//! Where the time of a call went.

use std::time::Duration;

use yew::prelude::*;

use crate::{
    state::{Done, micros},
    words,
};

/// What the bar shows.
const HELP: &str = "Each part is a length of time that one clock measured, so the clocks of the \
    page and of the worker need not agree. The page’s clock measures the round trip, when the \
    worker said that it began, and the fastest ping, half of which is taken for the way out; \
    the worker’s clock measures the computing. The way back is the rest.";

/// A bar that splits the round trip into its parts, as far as they are known, with its legend.
pub(super) fn time_bar(done: &Done) -> Html {
    let parts = parts(done);
    let whole = micros(done.round_trip).max(1);
    let mut left = 0;
    let rects = parts.iter().map(|&(class, _, _, length)| {
        let x = left;
        left += micros(length);
        html! {
            <rect {class} x={percent(x, whole)} width={percent(left - x, whole)} height="100%" />
        }
    });
    let rects: Html = rects.collect();
    let legend = parts.iter().map(|&(class, name, test_id, length)| {
        html! {
            <div {class}>
                <dt>{ name }</dt>
                <dd data-testid={test_id}>{ words::duration(length) }</dd>
            </div>
        }
    });
    html! {
        <div class="time">
            <svg class="time-bar" width="100%" height="12" aria-hidden="true">{ rects }</svg>
            <dl>
                { for legend }
                <div>
                    <dt>{ "Round trip" }</dt>
                    <dd data-testid="round-trip">{ words::duration(done.round_trip) }</dd>
                </div>
            </dl>
            if done.times.is_some() {
                <details class="help">
                    <summary>{ "How is this measured?" }</summary>
                    <p>{ HELP }</p>
                </details>
            }
        </div>
    }
}

/// A part's class, its name, its `data-testid` and its length.
type Part = (&'static str, &'static str, &'static str, Duration);

/// The parts of the round trip, in their order. They add up to it.
fn parts(done: &Done) -> Vec<Part> {
    match (&done.times, done.compute) {
        (Some(times), _) => vec![
            ("way", "On the way", "way", times.way),
            ("queued", "Queued", "queued", times.queued),
            ("computing", "Computing", "compute", times.computing),
            ("back", "Back", "back", times.back),
        ],
        (None, Some(compute)) => {
            // Rounding can make the one a hair longer than the other.
            let compute = compute.min(done.round_trip);
            let rest = done.round_trip - compute;
            vec![
                ("computing", "Computing", "compute", compute),
                ("way", "Queue and way", "way", rest),
            ]
        }
        (None, None) => Vec::new(),
    }
}

/// A part of `whole`, which is not zero, in percent and tenths.
fn percent(part: u64, whole: u64) -> String {
    let tenths = part.saturating_mul(1_000) / whole;
    format!("{}.{}%", tenths / 10, tenths % 10)
}
