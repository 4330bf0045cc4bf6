//! Watching the wire.

use std::{rc::Rc, sync::Arc};

use futures_util::future::abortable;
use gloo::timers::callback::Interval;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;
use warren_client::WireFrame;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{Store, calls::use_calls, use_selected};
use crate::state::{Dot, Lanes, Load, Meaning, Timestamp, Traffic, WireEntry, WireFilter, WireLog};

/// How often the log is drawn at most, in milliseconds. In a batch, each time brings other frames.
const LOG_MS: u32 = 150;

/// How often it is looked whether messages that move have arrived, in milliseconds.
const MOVE_MS: u32 = 100;

/// What went over the wire, and what moves on it.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    log: Store<WireLog>,
    traffic: Store<Traffic>,
}

/// There is one for the page.
impl PartialEq for Wire {
    fn eq(&self, other: &Self) -> bool {
        self.log == other.log
    }
}

impl Wire {
    fn saw(&self, frame: &Arc<WireFrame>) {
        let meaning = Meaning::of(frame);
        self.log.update(|log| log.saw(frame, meaning));
        if !matches!(meaning, Meaning::Background | Meaning::Other) {
            let now = Timestamp::now();
            self.traffic.update(|traffic| traffic.saw(meaning, now));
        }
    }
}

/// The frames of the log that a filter takes.
pub(crate) struct WireView {
    /// They, newest first.
    pub(crate) shown: Rc<[Rc<WireEntry>]>,
    /// How many went by without being noted.
    pub(crate) missed: u64,
    /// Whether nothing is noted for now.
    pub(crate) is_paused: bool,
    /// The log, to pause and to clear it.
    pub(crate) log: Store<WireLog>,
}

/// What moves, and how many messages are where.
pub(crate) struct Moving {
    /// The messages under way.
    pub(crate) dots: Vec<Dot>,
    /// How many replies came.
    pub(crate) replies: u64,
    /// How many calls wait.
    pub(crate) load: Load,
    /// How many calls the workers compute, for whomever, as far as they told.
    pub(crate) busy: usize,
}

/// What goes over the client's connection, from its first frame on. Only the first that uses it
/// sees anything.
#[hook]
pub(crate) fn use_wire() -> Wire {
    let frames = use_calls().take_frames();
    let wire = use_state(|| Wire {
        log: Store::gathering(WireLog::default(), LOG_MS),
        traffic: Store::new(Traffic::default()),
    });
    use_effect_with((), {
        let wire = (*wire).clone();
        move |()| {
            let (watching, stop) = abortable(async move {
                let Some(mut frames) = frames else {
                    return;
                };
                loop {
                    match frames.recv().await {
                        Ok(frame) => wire.saw(&frame),
                        Err(RecvError::Lagged(missed)) => wire.log.update(|log| log.missed(missed)),
                        Err(RecvError::Closed) => break,
                    }
                }
            });
            spawn_local(async move {
                // Being stopped is the one way to fail.
                let _ = watching.await;
            });
            move || stop.abort()
        }
    });
    (*wire).clone()
}

/// What the filter takes of the log, while the call `selected` is looked at.
#[hook]
pub(crate) fn use_wire_log(wire: &Wire, filter: WireFilter, selected: Option<Uuid>) -> WireView {
    let log = wire.log.clone();
    let (shown, missed, is_paused) = use_selected(&log, move |log| {
        let shown = log.shown(&filter, selected);
        (shown, log.count_missed(), log.is_paused())
    });
    WireView {
        shown,
        missed,
        is_paused,
        log,
    }
}

/// What moves. It costs nothing while nothing does.
#[hook]
pub(crate) fn use_traffic(wire: &Wire) -> Moving {
    let calls = use_calls();
    let traffic = &wire.traffic;
    let (dots, replies) = use_selected(traffic, |traffic| {
        (traffic.dots().to_vec(), traffic.replies())
    });
    let busy = use_selected(calls.lanes(), Lanes::busy);
    let load = use_selected(calls.log(), move |log| {
        Load::of(log.iter().map(AsRef::as_ref), busy)
    });
    use_effect_with(!dots.is_empty(), {
        let traffic = traffic.clone();
        move |&is_moving| {
            let advance = move || traffic.update(|traffic| traffic.advance(Timestamp::now()));
            let moving = is_moving.then(|| Interval::new(MOVE_MS, advance));
            move || drop(moving)
        }
    });
    Moving {
        dots,
        replies,
        load,
        busy: busy.max(load.running),
    }
}
