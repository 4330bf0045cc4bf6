//! The page's head: its name, the service it calls, and the connection.

mod connection;
mod worker_count;

use warren_client::{Config, Mode};
use yew::prelude::*;

use self::{connection::ConnectionStatus, worker_count::WorkerCountView};

/// The parts of the page below, and what they are called.
const PARTS: [(&str, &str); 6] = [
    ("call", "Call"),
    ("calls", "Calls"),
    ("wire", "Wire"),
    ("workers", "Workers"),
    ("batch", "Batch"),
    ("settings", "Settings"),
];

/// The head of a page that calls the service of `config`.
pub(crate) fn masthead(config: &Config) -> Html {
    let Config { queue, mode, .. } = config;
    let (mode_name, mode_words) = match mode {
        Mode::Warren => (
            "Warren mode",
            "requests that the broker cannot deliver come back",
        ),
        Mode::Tutorial => (
            "tutorial mode",
            "requests go straight into the queue, as in RabbitMQ’s sixth tutorial",
        ),
    };
    html! {
        <header class="masthead">
            <div class="name">
                { mark() }
                <div>
                    <h1>{ "Warren" }</h1>
                    <p>{ "Calls native workers through RabbitMQ" }</p>
                </div>
            </div>
            <ConnectionStatus />
            <p class="service">
                { "Queue " }<b>{ queue }</b>
                if *mode == Mode::Warren {
                    { ", " }<WorkerCountView />
                }
                { ", " }<b>{ mode_name }</b>
                <span class="aside">{ ": " }{ mode_words }</span>
            </p>
            <nav aria-label="Parts of the page">
                { for PARTS.map(|(id, name)| html! { <a href={format!("#{id}")}>{ name }</a> }) }
            </nav>
        </header>
    }
}

/// The mark: two ears over the edge of a burrow. The favicon shows the same.
fn mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect class="mark-ground" width="32" height="32" rx="8" />
            <path class="mark-hole" d="M5 27a11 9 0 0 1 22 0z" />
            <path
                class="mark-ears"
                d="M13.6 21.5c-3.4-1.6-4.9-9.6-3.6-14.4 3.3 1.6 5.4 8.6 5.2 13.6z
                   M18.4 21.5c3.4-1.6 4.9-9.6 3.6-14.4-3.3 1.6-5.4 8.6-5.2 13.6z
                   M10.6 27a5.4 6.2 0 0 1 10.8 0z"
            />
        </svg>
    }
}
