//! Who serves the queue.

use yew::prelude::*;

use super::section::section;

/// What the part shows, for somebody who has just read the tutorial.
const HELP: &str = "The programs that take requests from the queue. Each lane shows what one of them computed for this page, so that you see them share the queue.";

#[component]
pub(crate) fn Workers() -> Html {
    section("workers", "Workers", HELP, html! {})
}
