//! The page as a whole.

use warren_client::Mode;
use yew::prelude::*;

use crate::{
    components::{
        Batch, CallList, CallPanel, CounterLine, Settings, Wire, Workers, masthead, notes,
    },
    hooks::{CallsProvider, ClientProvider, Settings as Set, use_own_settings},
    start::Start,
};

#[derive(Properties, PartialEq)]
pub(crate) struct AppProps {
    /// What the page was told from outside.
    pub(crate) start: Start,
}

/// Connects, and lays the page out.
#[component]
pub(crate) fn App(props: &AppProps) -> Html {
    let settings = use_own_settings(&props.start);
    let query = &props.start.query;
    let config = &settings.now;
    let queue = AttrValue::from(config.client.queue.clone());
    html! {
        <ContextProvider<Set> context={settings.clone()}>
            <ClientProvider key={settings.version} config={config.client.clone()}>
                <CallsProvider>
                    { masthead(&config.client) }
                    <main>
                        { notes(&props.start, &config.client.url) }
                        <div class="bench">
                            <CallPanel
                                max_n={config.max_n}
                                n={query.n.clone()}
                                run={query.run && settings.version == 0}
                                may_wait={config.client.mode == Mode::Warren}
                                queue={queue.clone()}
                            />
                            <CallList />
                        </div>
                        <Wire {queue} />
                        <Workers />
                        <Batch max_n={config.max_n} max_pending={config.client.max_pending} />
                    </main>
                    <CounterLine />
                </CallsProvider>
            </ClientProvider>
            // Outside of what is made anew with other settings, as it tells what became of them.
            <Settings />
        </ContextProvider<Set>>
    }
}
