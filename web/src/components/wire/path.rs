//! The way of a call, drawn as the tutorial draws it: page, queue, worker, reply queue; and the
//! messages that move on it.

use warren_client::ConnectionState;
use yew::prelude::*;

use super::chamber::{Chamber, Sight};
use crate::{
    hooks::{Wire, use_call_log, use_connection, use_traffic, use_worker_count},
    state::{Dot, PathStage},
};

/// From the page through the queue to the worker. `path.css` sends messages along the same.
const REQUEST_WAY: &str = "M66 160C66 84 104 38 182 38S298 84 298 160";

/// From the worker through the reply queue to the page.
const REPLY_WAY: &str = "M298 160C298 236 260 282 182 282S66 236 66 160";

/// The element that says what the chamber is that has the focus.
const CAPTION_ID: &str = "path-caption";

#[derive(Properties, PartialEq)]
pub(super) struct PathProps {
    /// The queue that requests go into.
    pub(super) queue: AttrValue,
    /// What goes over the wire.
    pub(super) wire: Wire,
}

#[component]
pub(super) fn Path(props: &PathProps) -> Html {
    let connection = use_connection();
    let stage = {
        let state = connection.state.clone();
        use_call_log(move |log| PathStage::of(&state, log))
    };
    let moving = use_traffic(&props.wire);
    let workers = use_worker_count().map(|count| count.serving);
    let explained = use_state_eq(|| None::<Chamber>);

    let load = moving.load;
    // What was sent on a connection that is lost is not in the queue for this page any more, and
    // nobody tells what the workers compute.
    let unknown = || "unknown".to_owned();
    let (waiting, queue, computing) = if connection.is_online() {
        let computing = format!("{} computing", moving.busy);
        (load.waiting, format!("{} waiting", load.waiting), computing)
    } else {
        (0, unknown(), unknown())
    };
    let replies = if moving.replies == 1 {
        "1 reply".to_owned()
    } else {
        format!("{} replies", moving.replies)
    };
    let page = match connection.state {
        ConnectionState::Online { .. } if load.pending == 0 => "online".into(),
        ConnectionState::Online { .. } => format!("{} pending", load.pending),
        ConnectionState::Connecting { .. } => "connecting".into(),
        ConnectionState::Offline { .. } | ConnectionState::Closed => "offline".into(),
    };
    let worker = match workers {
        None | Some(1) => "worker".to_owned(),
        Some(0) => "no worker".to_owned(),
        Some(count) => format!("{count} workers"),
    };
    let sights = [
        (Chamber::Page, "this page".into(), page, load.pending),
        (Chamber::Queue, props.queue.to_string(), queue, waiting),
        (
            Chamber::Worker,
            worker,
            computing,
            workers.unwrap_or_default(),
        ),
        (
            Chamber::Replies,
            "reply queue".into(),
            replies,
            usize::try_from(moving.replies).unwrap_or_default(),
        ),
    ];
    let caption = (*explained).map_or(stage.caption(), Chamber::explanation);
    let chambers = sights.map(|(chamber, name, detail, count)| {
        let sight = Sight {
            name,
            detail,
            count,
            described_by: CAPTION_ID,
        };
        chamber.draw(&sight, &explained)
    });
    html! {
        <figure class="path" data-stage={stage.as_str()}>
            <svg viewBox="0 0 364 320" role="group" aria-label="The way of a call">
                <path class="tunnel" d={REQUEST_WAY} />
                <path class="tunnel" d={REPLY_WAY} />
                <path class="trail request" d={REQUEST_WAY} />
                <path class="trail reply" d={REPLY_WAY} />
                <g aria-hidden="true">{ for moving.dots.iter().map(dot) }</g>
                { for chambers }
            </svg>
            <figcaption id={CAPTION_ID}>{ caption }</figcaption>
        </figure>
    }
}

/// Messages that move; `path.css` moves them.
fn dot(dot: &Dot) -> Html {
    let is_one = dot.count == 1;
    html! {
        <g key={dot.number} class={classes!("dot", dot.leg.as_str())}>
            <circle r={if is_one { "7" } else { "11" }} />
            if !is_one {
                <text y="-16">{ format!("×{}", dot.count) }</text>
            }
        </g>
    }
}
