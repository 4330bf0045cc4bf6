//! What goes over the wire.

mod chamber;
mod counter_line;
mod frame_detail;
mod frame_row;
mod frames;
mod path;

use yew::prelude::*;

use self::{counter_line::CounterLine, frames::Frames, path::Path};
use super::section::section;
use crate::hooks::use_wire;

/// What the part shows, for somebody who has just read the tutorial.
const HELP: &str = "The page speaks STOMP to RabbitMQ. A request goes into the queue with the name \
    of this page’s reply queue and a correlation id; the reply comes back with the same id. \
    Press a frame to read all of it; the arrow keys, Home and End move through the list.";

#[derive(Properties, PartialEq)]
pub(crate) struct WireProps {
    /// The queue that requests go into.
    pub(crate) queue: AttrValue,
}

#[component]
pub(crate) fn Wire(props: &WireProps) -> Html {
    let wire = use_wire();
    let content = html! {
        <>
            <div class="wire-parts">
                <Path queue={props.queue.clone()} wire={wire.clone()} />
                <Frames {wire} />
            </div>
            <CounterLine />
        </>
    };
    section("wire", "Wire", HELP, content)
}
