//! The page as a whole.

use warren_client::Mode;
use yew::prelude::*;

use crate::{
    components::{CallList, CallPanel, CounterLine, Path, masthead, notes},
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
                        />
                        <Path queue={config.client.queue.clone()} />
                    </div>
                    <CallList />
                </main>
                <CounterLine />
            </CallsProvider>
        </ClientProvider>
    }
}
