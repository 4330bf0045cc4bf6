//! The way of a call, drawn as the tutorial draws it: page, queue, worker, reply queue.

use warren_client::ConnectionState;
use yew::prelude::*;

use crate::{
    hooks::{use_call_log, use_connection},
    state::PathStage,
    words,
};

/// How many characters of a name fit into a chamber.
const NAME_CHARS: usize = 13;

/// How many characters fit below the name.
const DETAIL_CHARS: usize = 17;

/// From the page through the queue to the worker. `path.css` sends the message along the same.
const REQUEST_WAY: &str = "M68 134C68 70 100 40 182 40S296 70 296 134";

/// From the worker through the reply queue to the page.
const REPLY_WAY: &str = "M296 134C296 198 264 228 182 228S68 198 68 134";

#[derive(Properties, PartialEq)]
pub(super) struct PathProps {
    /// The queue that requests go into.
    pub(super) queue: AttrValue,
}

#[component]
pub(super) fn Path(props: &PathProps) -> Html {
    let connection = use_connection();
    let newest = use_call_log(|log| log.newest().cloned());
    let stage = PathStage::of(&connection.state, newest.as_deref());
    let worker = newest
        .and_then(|call| call.reply()?.worker.clone())
        .unwrap_or_else(|| "computes".into());
    let page = match connection.state {
        ConnectionState::Online => "online",
        ConnectionState::Connecting { .. } => "connecting",
        ConnectionState::Offline { .. } | ConnectionState::Closed => "offline",
    };
    html! {
        <figure class="path" data-stage={stage.as_str()}>
            <svg viewBox="0 0 364 268" aria-hidden="true">
                <path class="tunnel" d={REQUEST_WAY} />
                <path class="tunnel" d={REPLY_WAY} />
                <path class="trail request" d={REQUEST_WAY} />
                <path class="trail reply" d={REPLY_WAY} />
                <circle class="message" r="7" />
                { chamber(Kind::Page, (68, 134), "this page", page) }
                { chamber(Kind::Queue, (182, 40), &props.queue, "requests") }
                { chamber(Kind::Worker, (296, 134), "worker", &worker) }
                { chamber(Kind::Queue, (182, 228), "reply queue", "this page’s own") }
            </svg>
            <figcaption>{ stage.caption() }</figcaption>
        </figure>
    }
}

/// What the way leads through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Queue,
    Worker,
}

/// One chamber with its middle at `x`, `y`, in units of the picture.
fn chamber(kind: Kind, (x, y): (u16, u16), name: &str, detail: &str) -> Html {
    let class = match kind {
        Kind::Page => "page",
        Kind::Queue => "queue",
        Kind::Worker => "worker",
    };
    // A queue is a store, and the others are somebody: their corners tell them apart.
    let corner = if kind == Kind::Queue { "12" } else { "29" };
    html! {
        <g class={classes!("chamber", class)}>
            <title>{ format!("{name}: {detail}") }</title>
            <rect
                x={(x - 64).to_string()}
                y={(y - 29).to_string()}
                width="128"
                height="58"
                rx={corner}
            />
            <text class="chamber-name" x={x.to_string()} y={(y - 3).to_string()}>
                { words::beginning(name, NAME_CHARS) }
            </text>
            <text class="chamber-detail" x={x.to_string()} y={(y + 16).to_string()}>
                { words::beginning(detail, DETAIL_CHARS) }
            </text>
        </g>
    }
}
