//! The page as a whole.

use warren_client::Mode;
use yew::prelude::*;

use crate::{
    components::{CallPanel, masthead, notes},
    hooks::{CallsProvider, ClientProvider, EarlyClient, Settings, use_own_settings},
    later::{Part, use_later},
    start::Start,
};

#[derive(Properties, PartialEq)]
pub(crate) struct AppProps {
    /// What the page was told from outside.
    pub(crate) start: Start,
    /// The client of the configuration that it starts with.
    pub(crate) early: EarlyClient,
}

/// Connects, and lays the page out.
#[component]
pub(crate) fn App(props: &AppProps) -> Html {
    let settings = use_own_settings(&props.start);
    let later = use_later();
    let query = &props.start.query;
    let config = &settings.now;
    let queue = AttrValue::from(config.client.queue.clone());
    let watching = Part::Watching {
        queue: queue.clone(),
        max_n: config.max_n,
        max_pending: config.client.max_pending,
    };
    html! {
        <ContextProvider<Settings> context={settings.clone()}>
            <ClientProvider
                key={settings.version}
                early={props.early.clone()}
                config={config.client.clone()}
            >
                <CallsProvider>
                    { masthead(&config.client) }
                    <main>
                        { notes(&props.start, &config.client.urls) }
                        <div class="bench">
                            <CallPanel
                                max_n={config.max_n}
                                n={query.n.clone()}
                                run={query.run && settings.version == 0}
                                may_wait={config.client.mode == Mode::Warren}
                                {queue}
                            />
                            { later.part(&Part::Calls) }
                        </div>
                        { later.part(&watching) }
                        { later.notice() }
                    </main>
                </CallsProvider>
            </ClientProvider>
            // Outside of what is made anew with other settings, as it tells what became of them.
            { later.part(&Part::Settings) }
        </ContextProvider<Settings>>
    }
}
