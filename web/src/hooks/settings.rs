//! Trying settings, and taking them.

use gloo::{events::EventListener, timers::future::TimeoutFuture, utils::document};
use tokio::{select, sync::oneshot};
use warren_client::{Client, Config, ConnectionState, Mode};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::keep::store;
use crate::{
    start::{PageConfig, Start, forbidden, is_secure},
    words,
};

/// The key of the settings in the browser's storage.
pub(crate) const SETTINGS: &str = "warren.settings";

/// How long workers may take to answer until the settings count without them.
const WORKERS_WITHIN_MS: u32 = 2_000;

/// The settings, and the way to change them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// What holds now.
    pub(crate) now: PageConfig,
    /// What holds when nothing is set on the page.
    pub(crate) without: PageConfig,
    /// Counts the changes. What is made with settings is to be made anew with each.
    pub(crate) version: u32,
    take: Callback<PageConfig>,
}

/// The settings that the page has when it starts, and what becomes of them.
#[hook]
pub(crate) fn use_own_settings(start: &Start) -> Settings {
    let now = use_state(|| (start.config.clone(), 0));
    let take = {
        let now = now.clone();
        Callback::from(move |config| now.set((config, now.1 + 1)))
    };
    Settings {
        now: now.0.clone(),
        without: start.without_settings.clone(),
        version: now.1,
        take,
    }
}

/// The settings; only below the app.
#[hook]
pub(crate) fn use_settings() -> Settings {
    use_context().expect("the app puts everything below its settings")
}

impl Settings {
    /// Connects as `config` says, and takes it if that works. `tell` hears what became of it.
    pub(crate) fn try_and_take(
        &self,
        config: PageConfig,
        keep_passcode: bool,
        tell: Callback<Result<&'static str, String>>,
    ) {
        let take = self.take.clone();
        spawn_local(async move {
            if let Err(words) = try_to_connect(&config.client).await {
                tell.emit(Err(words));
                return;
            }
            let mode = config.client.mode;
            let stored = store(SETTINGS, Some(&config.to_json(keep_passcode)));
            take.emit(config);
            tell.emit(Ok(match (stored, mode) {
                (true, Mode::Warren) => "It works, and is saved.",
                (true, Mode::Tutorial) => {
                    "The broker lets us in, and this is saved. Only a call shows whether the \
                     queue is there."
                }
                (false, _) => "It works, but this browser does not let the page save it.",
            }));
        });
    }

    /// Forgets what was set on the page.
    pub(crate) fn forget(&self) {
        store(SETTINGS, None);
        self.take.emit(self.without.clone());
    }
}

/// Connects to one of the broker's addresses, and asks for the workers, which shows whether the
/// exchanges are there. It takes as long as the client gives a try, some seconds, for each address.
async fn try_to_connect(config: &Config) -> Result<(), String> {
    if let Some(words) = forbidden(is_secure(), &config.urls) {
        return Err(words.to_owned());
    }
    if config.queue.is_empty() {
        return Err("The queue’s name is empty.".to_owned());
    }
    // The browser tells the page at once, and the client only that nothing came.
    let (refuse, refused) = oneshot::channel();
    let _listener = EventListener::once(&document(), "securitypolicyviolation", move |_| {
        // Nobody listens any more once the try is over.
        let _ = refuse.send(());
    });
    let client = Client::connect(config.clone());
    let result = select! {
        biased;
        Ok(()) = refused => Err(
            "The server of this page lets it connect to its own broker only, by its \
             Content-Security-Policy."
                .to_owned(),
        ),
        result = until_served(&client, config) => result,
    };
    spawn_local(client.close());
    result
}

/// Waits until it is known whether there are workers, or why there is no connection.
async fn until_served(client: &Client, config: &Config) -> Result<(), String> {
    let mut state = client.connection();
    let mut workers = client.workers();
    let addresses = config.urls.iter().len();
    let mut tried = 0;
    // The client outlives this, so it ends no wait.
    let _ = state
        .wait_for(|state| match state {
            ConnectionState::Connecting { attempt, .. } => {
                tried = *attempt as usize;
                false
            }
            ConnectionState::Offline { reason, .. } => reason.is_refusal() || tried >= addresses,
            ConnectionState::Online { .. } | ConnectionState::Closed => true,
        })
        .await;
    if config.mode == Mode::Warren {
        select! {
            biased;
            _ = state.wait_for(|state| !state.is_online()) => {}
            _ = workers.wait_for(Option::is_some) => {}
            () = TimeoutFuture::new(WORKERS_WITHIN_MS) => {}
        }
    }
    match &*state.borrow() {
        ConnectionState::Online { .. } => Ok(()),
        ConnectionState::Offline { reason, .. } => Err(words::sentence(&reason.to_string())),
        ConnectionState::Connecting { .. } | ConnectionState::Closed => {
            Err("The connection was lost at once.".to_owned())
        }
    }
}
