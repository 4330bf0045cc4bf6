//! Many calls at once.

mod form;
mod histogram;
mod summary;

use yew::prelude::*;

use self::{form::BatchForm, summary::batch_summary};
use super::section::section;
use crate::hooks::use_batch;

/// What the part shows, for somebody who has just read the tutorial.
const HELP: &str = "Makes many calls and keeps some of them under way all the time, so that \
    requests wait in the queue and the workers share them. The bars show how long calls took: \
    p50 is what half of them stayed within, p99 all but one in a hundred.";

#[derive(Properties, PartialEq)]
pub(crate) struct BatchProps {
    /// The largest n that may be called.
    pub(crate) max_n: u64,
    /// How many calls the client lets be pending.
    pub(crate) max_pending: usize,
}

#[component]
pub(crate) fn Batch(props: &BatchProps) -> Html {
    let batch = use_batch();
    let running = batch.summary.as_ref().is_some_and(|summary| !summary.ended);
    let content = html! {
        <>
            <BatchForm
                max_n={props.max_n}
                max_pending={props.max_pending}
                {running}
                on_run={batch.run}
                on_stop={batch.stop}
            />
            { batch_summary(batch.summary.as_ref()) }
        </>
    };
    section("batch", "Batch", HELP, content)
}
