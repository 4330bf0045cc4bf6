//! One frame in the log.

use std::rc::Rc;

use uuid::Uuid;
use yew::prelude::*;

use crate::{
    hooks::tab_index,
    state::{Timestamp, WireEntry},
    words,
};

/// How many characters of a frame's words a row holds at most.
const WORDS_CHARS: usize = 160;

/// What is added to a time to get what clocks here show, in minutes.
pub(super) fn time_zone() -> i32 {
    // The browser gives whole minutes, in the other direction.
    -(js_sys::Date::new_0().get_timezone_offset() as i32)
}

/// The time of day at which a frame went.
pub(super) fn clock(at: Timestamp, zone: i32) -> String {
    words::time_of_day(at.0 / 1_000, zone)
}

/// The frame's row. It is lit if the frame belongs to the call `selected`; `stop` says which of its
/// buttons the Tab key leads to.
pub(super) fn frame_row(
    entry: &Rc<WireEntry>,
    zone: i32,
    is_chosen: bool,
    selected: Option<Uuid>,
    stop: Option<usize>,
    choose: &Callback<Option<Rc<WireEntry>>>,
) -> Html {
    let is_lit = selected.is_some() && entry.call == selected;
    let (arrow, direction) = if entry.is_sent() {
        ("→", "sent")
    } else {
        ("←", "received")
    };
    let words = words::beginning(&entry.words(), WORDS_CHARS);
    let onclick = {
        let (entry, choose) = (entry.clone(), choose.clone());
        Callback::from(move |_| choose.emit((!is_chosen).then(|| entry.clone())))
    };
    html! {
        <li
            key={entry.number}
            class="frame-row"
            data-testid="frame"
            data-direction={direction}
            data-command={entry.command().to_owned()}
            data-selected={is_lit.to_string()}
        >
            <button
                class="pick"
                tabindex={tab_index(stop, 0)}
                aria-pressed={is_chosen.to_string()}
                {onclick}
            >
                <span class="frame-way" role="img" aria-label={direction}>{ arrow }</span>
                <span class="frame-at">{ clock(entry.at, zone) }</span>
                <code>{ entry.command().to_owned() }</code>
                <span class="frame-words">{ words }</span>
                <span class="frame-size">{ entry.frame.bytes }{ " B" }</span>
            </button>
        </li>
    }
}
