//! What went wrong on the way and harmed no call.

use yew::prelude::*;

use crate::hooks::use_counters;

/// Says nothing as long as nothing went wrong.
#[component]
pub(crate) fn CounterLine() -> Html {
    let counters = use_counters();
    let items = [
        item(
            "unmatched",
            counters.unmatched,
            "late, doubled or unknown replies dropped",
        ),
        item(
            "malformed",
            counters.malformed,
            "unreadable messages dropped",
        ),
        item("resent", counters.resent, "requests sent again"),
        item(
            "reconnects",
            counters.connects.saturating_sub(1),
            "reconnects",
        ),
    ];
    html! { <footer class="counters"><ul>{ for items }</ul></footer> }
}

/// One counter, unless it is zero.
fn item(test_id: &'static str, count: u64, words: &str) -> Html {
    if count == 0 {
        return Html::default();
    }
    html! {
        <li><b data-testid={test_id}>{ count }</b>{ " " }{ words }</li>
    }
}
