//! How many workers there are.

use yew::prelude::*;

use crate::hooks::use_worker_count;

#[component]
pub(super) fn WorkerCountView() -> Html {
    let count = use_worker_count();
    let words = match count.map(|count| count.serving) {
        None => "workers unknown".to_owned(),
        Some(0) => "no worker".to_owned(),
        Some(1) => "1 worker".to_owned(),
        Some(serving) => format!("{serving} workers"),
    };
    let draining = count.map_or(0, |count| count.draining);
    html! {
        <b
            role="status"
            data-testid="workers"
            data-count={count.map(|count| count.serving.to_string())}
        >
            { words }
            if draining > 0 {
                { format!(" ({draining} stopping)") }
            }
        </b>
    }
}
