//! How far the newest call is.

use std::time::Duration;

use warren_contract::Progress;
use yew::prelude::*;

use crate::{hooks::use_elapsed, state::Timestamp};

/// How long a call has to run before the bar is shown. What ends sooner would make it flicker.
const SHOWN_AFTER: Duration = Duration::from_millis(250);

/// How finely the bar is drawn: a step is less than a pixel of most.
const STEPS: u128 = 1_000;

#[derive(Properties, PartialEq)]
pub(super) struct ProgressBarProps {
    /// What is computed.
    pub(super) label: String,
    /// How far it is, once that is known.
    pub(super) progress: Option<Progress>,
}

/// The bar of a call that runs; made anew for each.
#[component]
pub(super) fn ProgressBar(props: &ProgressBarProps) -> Html {
    let since = *use_state(Timestamp::now);
    if use_elapsed(since) < SHOWN_AFTER {
        return Html::default();
    }
    let steps = props.progress.map(steps);
    let percent = steps.map(|steps| (steps / 10).to_string());
    let width = steps.map_or_else(
        || "100%".to_owned(),
        |steps| format!("{}.{}%", steps / 10, steps % 10),
    );
    html! {
        <div
            class="progress"
            role="progressbar"
            data-testid="progress"
            aria-label={props.label.clone()}
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow={percent.clone()}
        >
            <svg class="progress-bar" width="100%" height="10" aria-hidden="true">
                <rect class="to-do" width="100%" height="100%" rx="5" />
                <rect class="done" {width} height="100%" rx="5" />
            </svg>
            if let Some(percent) = percent {
                <span>{ percent }{ " %" }</span>
            }
        </div>
    }
}

/// The part that is done, rounded down to [`STEPS`]. What workers tell is held to what is
/// possible.
fn steps(progress: Progress) -> u128 {
    let total = u128::from(progress.total.max(1));
    (u128::from(progress.done) * STEPS / total).min(STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_is_done() {
        let cases = [
            ((0, 8), 0),
            ((1, 8), 125),
            ((1_999, 2_000), 999),
            ((8, 8), 1_000),
            ((9, 8), 1_000),
            ((0, 0), 0),
            ((1, 0), 1_000),
            ((u64::MAX, u64::MAX), 1_000),
        ];
        for ((done, total), expected) in cases {
            assert_eq!(steps(Progress { done, total }), expected, "{done}/{total}");
        }
    }
}
