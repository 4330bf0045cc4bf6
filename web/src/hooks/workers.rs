//! Who serves the queue.

use yew::prelude::*;

use super::{client::use_client, follow::follow};

/// How many workers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkerCount {
    /// Those that take requests.
    pub(crate) serving: usize,
    /// Those that finish what they compute, and then end.
    pub(crate) draining: usize,
}

/// How many workers serve the queue; `None` while that is not known. While a component uses it,
/// the workers are asked once a second.
#[hook]
pub(crate) fn use_worker_count() -> Option<WorkerCount> {
    let client = use_client();
    let count = use_state_eq(|| None);
    let seen = count.setter();
    use_effect_with((), move |()| {
        follow(client.workers(), move |workers| {
            seen.set(workers.map(|workers| {
                let draining = workers.iter().filter(|worker| worker.draining).count();
                WorkerCount {
                    serving: workers.len() - draining,
                    draining,
                }
            }));
        })
    });
    *count
}
