//! The list of calls.

use std::rc::Rc;

use yew::prelude::*;

use super::{call_row::CallRow, section::section};
use crate::hooks::{use_call_log, use_calls, use_rows};

/// What the list is, for somebody who has just read the tutorial.
const HELP: &str = "Every call that this page has made, newest first, and what became of it. \
    Press one to see its frames in the wire log.";

#[component]
pub(crate) fn CallList() -> Html {
    let calls = use_calls();
    let (shown, selected) = use_call_log(|log| {
        let shown: Rc<[_]> = log.iter().cloned().collect();
        (shown, log.selected())
    });
    let rows = use_rows(shown.len());
    let items = shown[rows.range.clone()].iter().map(|call| {
        html! {
            <CallRow
                key={call.id.to_string()}
                call={call.clone()}
                selected={selected == Some(call.id)}
                calls={calls.clone()}
            />
        }
    });
    let list = html! {
        <>
            if shown.is_empty() {
                <p class="hint">{ "None yet. The newest will come first." }</p>
            }
            <ol
                class="rows"
                data-testid="calls"
                tabindex="0"
                aria-labelledby="calls-heading"
                ref={rows.list}
                onscroll={rows.onscroll}
            >
                { for items }
            </ol>
        </>
    };
    section("calls", "Calls", HELP, list)
}
