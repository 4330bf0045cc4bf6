//! The way of a call, drawn as the tutorial draws it: page, queue, worker, reply queue.

use warren_client::ConnectionState;
use yew::prelude::*;

use crate::{
    hooks::{use_calls, use_connection},
    state::{Outcome, Stage},
    words,
};

/// How many characters of a name fit into a chamber.
const NAME_CHARS: usize = 16;

#[derive(Properties, PartialEq)]
pub(crate) struct PathProps {
    /// The queue that requests go into.
    pub(crate) queue: AttrValue,
}

#[component]
pub(crate) fn Path(props: &PathProps) -> Html {
    let connection = use_connection();
    let calls = use_calls();
    let newest = calls.newest();
    let stage = Stage::of(&connection.state, newest.map(AsRef::as_ref));
    let worker = newest
        .and_then(|call| match &call.outcome {
            Some(Outcome::Done(reply)) => reply.worker.clone(),
            _ => None,
        })
        .unwrap_or_else(|| "computes".into());
    let page = match connection.state {
        ConnectionState::Online => "online",
        ConnectionState::Connecting { .. } => "connecting",
        ConnectionState::Offline { .. } | ConnectionState::Closed => "offline",
    };
    html! {
        <figure class="panel path" data-stage={stage.as_str()}>
            <svg viewBox="0 0 440 260" aria-hidden="true">
                <path class="tunnel" d="M82 130C82 66 130 46 220 46S358 66 358 130" />
                <path class="tunnel" d="M358 130C358 194 310 214 220 214S82 194 82 130" />
                <path class="trail request" d="M82 130C82 66 130 46 220 46S358 66 358 130" />
                <path class="trail reply" d="M358 130C358 194 310 214 220 214S82 194 82 130" />
                <circle class="message" r="7" />
                <Chamber kind="page" x=82 y=130 name="this page" detail={page} />
                <Chamber kind="queue" x=220 y=46 name={props.queue.clone()} detail="requests" />
                <Chamber kind="worker" x=358 y=130 name="worker" detail={worker} />
                <Chamber kind="queue" x=220 y=214 name="reply queue" detail="this page’s own" />
            </svg>
            <figcaption>{ stage.caption() }</figcaption>
        </figure>
    }
}

#[derive(Properties, PartialEq)]
struct ChamberProps {
    /// What it is, for styles.
    kind: &'static str,
    /// Its middle, in units of the picture.
    x: u16,
    /// Its middle, in units of the picture.
    y: u16,
    /// What it is called.
    name: AttrValue,
    /// What there is to say about it.
    detail: AttrValue,
}

#[component]
fn Chamber(props: &ChamberProps) -> Html {
    let x = props.x.to_string();
    let text = |class: &'static str, y: u16, text: &str| {
        let short = words::beginning(text, NAME_CHARS);
        html! { <text {class} x={x.clone()} y={y.to_string()}>{ short }</text> }
    };
    html! {
        <g class={classes!("chamber", props.kind)}>
            <title>{ format!("{}: {}", props.name, props.detail) }</title>
            <rect
                x={(props.x - 66).to_string()}
                y={(props.y - 29).to_string()}
                width="132"
                height="58"
                rx={if props.kind == "queue" { "14" } else { "29" }}
            />
            { text("chamber-name", props.y - 3, &props.name) }
            { text("chamber-detail", props.y + 15, &props.detail) }
        </g>
    }
}
