//! Where the broker is, and who we are there.

use yew::prelude::*;

use super::section::section;

/// What the part shows, for somebody who has just read the tutorial.
const HELP: &str = "Where RabbitMQ’s Web-STOMP plugin listens, and how this page logs in there.";

#[component]
pub(crate) fn Settings() -> Html {
    section("settings", "Settings", HELP, html! {})
}
