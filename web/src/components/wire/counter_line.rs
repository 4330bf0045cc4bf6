//! What went wrong on the way and harmed no call.

use yew::prelude::*;

use crate::hooks::use_counters;

/// Says nothing as long as nothing went wrong.
#[component]
pub(super) fn CounterLine() -> Html {
    let counters = use_counters();
    let items = [
        item(
            "unmatched",
            counters.unmatched,
            "Replies dropped as late, doubled or unknown",
        ),
        item(
            "malformed",
            counters.malformed,
            "Messages dropped as unreadable",
        ),
        item("resent", counters.resent, "Requests sent again"),
        item(
            "reconnects",
            counters.connects.saturating_sub(1),
            "Reconnects",
        ),
    ];
    html! { <ul class="counters">{ for items }</ul> }
}

/// One counter, unless it is zero.
fn item(test_id: &'static str, count: u64, words: &str) -> Html {
    if count == 0 {
        return Html::default();
    }
    html! {
        <li>{ words }{ ": " }<b data-testid={test_id}>{ count }</b></li>
    }
}
