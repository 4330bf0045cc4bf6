//! Trying settings, and taking them.

use std::{cell::Cell, rc::Rc};

use gloo::{events::EventListener, utils::document};
use warren_client::{Client, Config, ConnectionState};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::keep::store;
use crate::{
    start::{PageConfig, Start, check_url, forbidden, is_secure},
    words,
};

/// The key of the settings in the browser's storage.
pub(crate) const SETTINGS: &str = "warren.settings";

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
            let stored = store(SETTINGS, Some(&config.to_json(keep_passcode)));
            take.emit(config);
            tell.emit(Ok(if stored {
                "It works, and is saved."
            } else {
                "It works, but this browser does not let the page save it."
            }));
        });
    }

    /// Forgets what was set on the page.
    pub(crate) fn forget(&self) {
        store(SETTINGS, None);
        self.take.emit(self.without.clone());
    }
}

/// Connects once. It takes as long as the client gives a try, some seconds.
async fn try_to_connect(config: &Config) -> Result<(), String> {
    // What is saved has to be readable when the page is loaded again.
    check_url(&config.url).map_err(|error| words::sentence(&error.to_string()))?;
    if let Some(words) = forbidden(is_secure(), &config.url) {
        return Err(words.to_owned());
    }
    let refused_here = Rc::new(Cell::new(false));
    let _listener = EventListener::new(&document(), "securitypolicyviolation", {
        let refused_here = refused_here.clone();
        move |_| refused_here.set(true)
    });
    let client = Client::connect(config.clone());
    let mut state = client.connection();
    let result = match state
        .wait_for(|state| !matches!(state, ConnectionState::Connecting { .. }))
        .await
        .as_deref()
    {
        Ok(ConnectionState::Online) => Ok(()),
        _ if refused_here.get() => Err(
            "The server of this page lets it connect to its own broker only, by its \
             Content-Security-Policy."
                .to_owned(),
        ),
        Ok(ConnectionState::Offline { reason, .. }) => Err(words::sentence(&reason.to_string())),
        _ => Err("The connection was closed.".to_owned()),
    };
    spawn_local(client.close());
    result
}
