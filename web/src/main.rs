//! The Warren page: calls workers through RabbitMQ, and shows what becomes of each call.
//!
//! - [`start`]: what the page is told from outside, by `config.json` and by its own address.
//! - [`input`]: what a person types, checked before anything is sent.
//! - [`state`]: what the page remembers; plain data, without a browser.
//! - [`hooks`]: how components come by the client, its connection and the calls. Only they hold
//!   the client.
//! - [`components`]: what is seen; [`later`]: what of it is fetched later.

mod app;
mod components;
mod hooks;
mod input;
mod later;
mod start;
mod state;
mod words;

use app::{App, AppProps};
use hooks::EarlyClient;
use start::Start;
use wasm_bindgen_futures::spawn_local;

fn main() {
    // The page is drawn once it knows its broker; until then the words in index.html stand.
    spawn_local(async {
        let start = Start::read().await;
        // The broker answers while the page is drawn.
        let early = EarlyClient::connect(start.config.client.clone());
        yew::Renderer::<App>::with_props(AppProps { start, early }).render();
    });
}
