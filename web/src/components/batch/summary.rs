//! How a batch goes, or went: its progress, its numbers, and what failed.

use std::time::Duration;

use yew::prelude::*;

use super::histogram::histogram;
use crate::{state::BatchSummary, words};

/// What is said where the numbers will be.
const NONE_YET: &str = "No batch has run yet. Run one to see how many calls are answered in a \
    second, and how long they take.";

/// The numbers of a batch; of none, the place for them.
pub(super) fn batch_summary(summary: Option<&BatchSummary>) -> Html {
    let latency = summary.and_then(|summary| summary.latency);
    let millis = |micros: u32| format!("{}.{:03}", micros / 1_000, micros % 1_000);
    let tenths = summary.map_or(0, |summary| summary.tenths_per_second);
    let state = match summary {
        None => "none",
        Some(summary) if !summary.ended => "running",
        Some(summary) if summary.stopped => "stopped",
        Some(_) => "ended",
    };
    html! {
        <div
            class="batch-summary"
            data-testid="batch-summary"
            data-state={state}
            data-done={summary.map_or(0, |summary| summary.done).to_string()}
            data-failed={summary.map_or(0, |summary| summary.failed).to_string()}
            data-rps={format!("{}.{}", tenths / 10, tenths % 10)}
            data-p50-ms={latency.map(|latency| millis(latency.p50))}
            data-p99-ms={latency.map(|latency| millis(latency.p99))}
        >
            <p class="batch-words" role="status">{ words_of(summary) }</p>
            if let Some(summary) = summary {
                { progress(summary) }
                <div class="batch-result">
                    { numbers(summary) }
                    { histogram(summary) }
                </div>
            }
        </div>
    }
}

/// What is read out: only what lasts.
fn words_of(summary: Option<&BatchSummary>) -> String {
    let Some(summary) = summary else {
        return NONE_YET.to_owned();
    };
    let count = words::count(summary.count.into());
    if !summary.ended {
        return format!("{count} calls are being made.");
    }
    let took = words::duration(summary.elapsed);
    let settled = summary.done + summary.failed;
    if summary.stopped {
        let settled = words::count(settled.into());
        format!("Stopped after {took}, when {settled} of {count} calls had settled.")
    } else {
        format!("{count} calls took {took} in all.")
    }
}

const fn settled(summary: &BatchSummary) -> u32 {
    summary.done + summary.failed + summary.cancelled
}

fn progress(summary: &BatchSummary) -> Html {
    let percent = |calls: u32| u64::from(calls) * 1_000 / u64::from(summary.count.max(1));
    let settled = percent(settled(summary));
    let width = |permille: u64| format!("{}.{}%", permille / 10, permille % 10);
    html! {
        <div
            class="progress"
            role="progressbar"
            data-testid="batch-progress"
            aria-label="Calls that have settled"
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow={(settled / 10).to_string()}
        >
            <svg class="progress-bar" width="100%" height="10" aria-hidden="true">
                <rect class="to-do" width="100%" height="100%" />
                <rect class="not-done" width={width(settled)} height="100%" />
                <rect class="done" width={width(percent(summary.done))} height="100%" />
            </svg>
            <span>{ settled / 10 }{ " %" }</span>
        </div>
    }
}

fn numbers(summary: &BatchSummary) -> Html {
    let latency = |of: fn(&crate::state::Percentiles) -> u32| {
        summary.latency.as_ref().map_or_else(
            || "–".to_owned(),
            |latency| words::duration(Duration::from_micros(of(latency).into())),
        )
    };
    let count = |count: u32| words::count(count.into());
    let rate = words::count((summary.tenths_per_second + 5) / 10);
    let numbers = [
        ("Done", count(summary.done)),
        ("Failed", count(summary.failed)),
        ("In flight", count(summary.in_flight)),
        ("Replies per second", rate),
        ("p50", latency(|latency| latency.p50)),
        ("p90", latency(|latency| latency.p90)),
        ("p99", latency(|latency| latency.p99)),
        ("Time", words::duration(summary.elapsed)),
    ];
    let given_up = (summary.cancelled > 0).then_some(("given up", summary.cancelled));
    let codes = summary
        .codes
        .iter()
        .map(|(code, count)| (code.as_str(), *count));
    let unanswered: Html = given_up
        .into_iter()
        .chain(codes)
        .map(|(words, calls)| {
            html! {
                <li data-code={words}><code>{ words }</code>{ " " }<b>{ count(calls) }</b></li>
            }
        })
        .collect();
    html! {
        <div>
            <dl class="batch-numbers">
                { for numbers.map(|(name, value)| html! { <div><dt>{ name }</dt><dd>{ value }</dd></div> }) }
            </dl>
            if summary.done < settled(summary) {
                <ul class="batch-codes" aria-label="Calls without a reply" data-testid="batch-codes">
                    { unanswered }
                </ul>
            }
        </div>
    }
}
