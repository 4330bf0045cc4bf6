//! Who serves the queue.

use yew::prelude::*;

use super::{client::use_client, follow::follow, visible::use_visible};

/// How many workers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkerCount {
    /// Those that take requests.
    pub(crate) serving: usize,
    /// Those that finish what they compute, and then end.
    pub(crate) draining: usize,
}

/// How many workers serve the queue; `None` while that is not known. While a component uses it in
/// a page that can be seen, the workers are asked once a second. A hidden page keeps the last
/// count, and costs the workers nothing.
#[hook]
pub(crate) fn use_worker_count() -> Option<WorkerCount> {
    let client = use_client();
    let visible = use_visible();
    let count = use_state_eq(|| None);
    let seen = count.setter();
    use_effect_with(visible, move |visible| {
        let stop = visible.then(|| {
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
        move || {
            if let Some(stop) = stop {
                stop();
            }
        }
    });
    *count
}
