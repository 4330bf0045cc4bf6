//! How many workers there are.

use yew::prelude::*;

use crate::hooks::use_worker_count;

#[component]
pub(super) fn WorkerCount() -> Html {
    let count = use_worker_count();
    let words = match count {
        None => "workers unknown".to_owned(),
        Some(0) => "no worker".to_owned(),
        Some(1) => "1 worker".to_owned(),
        Some(count) => format!("{count} workers"),
    };
    html! {
        <b role="status" data-testid="workers" data-count={count.map(|count| count.to_string())}>
            { words }
        </b>
    }
}
