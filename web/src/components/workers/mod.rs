//! Who serves the queue, and what each of them computed in the last minute.

mod lane;

use yew::prelude::*;

use self::lane::lane;
use super::section::section;
use crate::{hooks::use_lanes, state::BarEnd};

/// What the part shows, for somebody who has just read the tutorial.
const HELP: &str = "The programs that take requests from the queue. Each lane shows what one of \
    them computed for this page: the queue gives every request to a worker that is free, so several \
    workers share the calls. Start another, or stop one, and watch.";

/// The axis below the lanes: what is said, where, and which end of it stands there.
const AXIS: [(&str, &str, &str); 3] = [
    ("60 s ago", "0", "start"),
    ("30 s ago", "50%", "middle"),
    ("now", "100%", "end"),
];

#[component]
pub(crate) fn Workers() -> Html {
    let (now, views) = use_lanes();
    let content = html! {
        <>
            <div class="lanes-place">
                if views.is_empty() {
                    <p class="hint">{ "No worker has been heard of yet." }</p>
                }
                <ol class="lanes" data-testid="lanes">{ for views.iter().map(|view| lane(view, now)) }</ol>
            </div>
            <svg class="lanes-axis" width="100%" aria-hidden="true">
                { for AXIS.map(|(words, x, anchor)| html! {
                    <text {x} y="1.1em" text-anchor={anchor}>{ words }</text>
                }) }
            </svg>
            <ul class="lanes-legend">
                { for BarEnd::ALL.map(|end| html! {
                    <li><span class={end.as_str()} aria-hidden="true"></span>{ end.label() }</li>
                }) }
            </ul>
        </>
    };
    section("workers", "Workers", HELP, content)
}
