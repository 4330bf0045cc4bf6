//! What happened on the connection that no call can tell.

use warren_client::Counters;
use yew::prelude::*;

use super::{client::use_client, follow::follow};

/// The client's counters.
#[hook]
pub(crate) fn use_counters() -> Counters {
    let client = use_client();
    let counters = use_state_eq(Counters::default);
    let seen = counters.setter();
    use_effect_with((), move |()| {
        follow(client.counters(), move |counters| seen.set(counters))
    });
    *counters
}
