//! The connection's state in words.

use std::time::Duration;

use warren_client::ConnectionState;
use yew::prelude::*;

use crate::{
    components::prose::prose,
    hooks::{use_connection, use_elapsed},
    state::Timestamp,
    words,
};

#[component]
pub(super) fn ConnectionStatus() -> Html {
    let connection = use_connection();
    let (state, title) = match connection.state {
        ConnectionState::Connecting { .. } => ("connecting", "Connecting"),
        ConnectionState::Online { .. } => ("online", "Online"),
        ConnectionState::Offline { .. } => ("offline", "Offline"),
        ConnectionState::Closed => ("offline", "Closed"),
    };
    let next_try = match connection.state {
        ConnectionState::Connecting { attempt, .. } if attempt > 1 => html! {
            <p class="next-try">{ format!("Try {attempt} is on its way.") }</p>
        },
        ConnectionState::Offline { retry_in, .. } => html! {
            <NextTry since={connection.since} {retry_in} />
        },
        _ => Html::default(),
    };
    html! {
        <div class="connection" data-testid="connection" data-state={state}>
            <p role="status">
                <span class="lamp" aria-hidden="true"></span>
                <b>{ title }</b>
                { " " }
                <code>{ connection.state.url() }</code>
                if let Some(trouble) = &connection.trouble {
                    <span class="detail">{ prose(&words::sentence(&trouble.to_string())) }</span>
                }
            </p>
            { next_try }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct NextTryProps {
    /// When the wait for the next try began.
    since: Timestamp,
    /// How long that wait is.
    retry_in: Duration,
}

/// Counts down to the next try. It is outside the live region, which would read every second out.
#[component]
fn NextTry(props: &NextTryProps) -> Html {
    let left = props.retry_in.saturating_sub(use_elapsed(props.since));
    // A wait of 0.4 s is one of “1 s”, as a count that ends on 1 is expected to.
    let left = words::whole_seconds(left + Duration::from_millis(999));
    html! { <p class="next-try">{ format!("Next try in {left}.") }</p> }
}
