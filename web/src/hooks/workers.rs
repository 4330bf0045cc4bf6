//! Who serves the queue.

use yew::prelude::*;

use super::{client::use_client, follow::follow};

/// How many workers serve the queue now; `None` while that is not known. While a component uses
/// it, the workers are asked once a second.
#[hook]
pub(crate) fn use_worker_count() -> Option<usize> {
    let client = use_client();
    let count = use_state_eq(|| None);
    let seen = count.setter();
    use_effect_with((), move |()| {
        follow(client.workers(), move |workers| {
            seen.set(workers.map(|workers| workers.len()));
        })
    });
    *count
}
