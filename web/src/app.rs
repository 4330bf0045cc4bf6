//! The page as a whole.

use yew::prelude::*;

use crate::{
    components::{CallList, CallPanel, Masthead, Notes, Path},
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
    let Start {
        config,
        config_problem,
        query,
    } = &props.start;
    let unknown_mode = query.mode.clone().and_then(Result::err);
    html! {
        <ClientProvider config={config.client.clone()}>
            <CallsProvider>
                <Masthead config={config.client.clone()} />
                <main>
                    <Notes config_problem={config_problem.clone()} {unknown_mode} />
                    <div class="bench">
                        <CallPanel max_n={config.max_n} n={query.n.clone()} run={query.run} />
                        <Path queue={config.client.queue.clone()} />
                    </div>
                    <CallList />
                </main>
            </CallsProvider>
        </ClientProvider>
    }
}
