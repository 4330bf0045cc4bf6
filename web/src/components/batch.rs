//! Many calls at once.

use yew::prelude::*;

use super::section::section;

/// What the part shows, for somebody who has just read the tutorial.
const HELP: &str = "Makes many calls, keeping some of them under way all the time, and measures how long they take.";

#[component]
pub(crate) fn Batch() -> Html {
    section("batch", "Batch", HELP, html! {})
}
