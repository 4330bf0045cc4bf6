//! The page as a whole.

use warren_client::Mode;
use yew::prelude::*;

use crate::{
    components::{
        Batch, CallList, CallPanel, CounterLine, Settings, Wire, Workers, masthead, notes,
    },
    hooks::{CallsProvider, ClientProvider},
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
    let Start { config, query, .. } = &props.start;
    let queue = AttrValue::from(config.client.queue.clone());
    html! {
        <ClientProvider config={config.client.clone()}>
            <CallsProvider>
                { masthead(&config.client) }
                <main>
                    { notes(&props.start) }
                    <div class="bench">
                        <CallPanel
                            max_n={config.max_n}
                            n={query.n.clone()}
                            run={query.run}
                            may_wait={config.client.mode == Mode::Warren}
                            queue={queue.clone()}
                        />
                        <CallList />
                    </div>
                    <Wire {queue} />
                    <Workers />
                    <Batch />
                    <Settings />
                </main>
                <CounterLine />
            </CallsProvider>
        </ClientProvider>
    }
}
