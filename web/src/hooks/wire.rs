//! Watching the wire.

use std::{rc::Rc, sync::Arc};

use futures_util::future::abortable;
use gloo::timers::callback::Interval;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;
use warren_client::{Client, WireFrame};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{Store, calls::use_calls, use_selected};
use crate::state::{Dot, Lanes, Load, Meaning, Timestamp, Traffic, WireEntry, WireFilter, WireLog};

/// How often it is looked whether messages that move have arrived, in milliseconds.
const MOVE_MS: u32 = 100;

/// What went over the wire, and what moves on it.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    log: Store<WireLog>,
    traffic: Store<Traffic>,
}

impl Wire {
    pub(super) fn new() -> Self {
        Self {
            log: Store::new(WireLog::default()),
            traffic: Store::new(Traffic::default()),
        }
    }

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
    /// How many calls the workers compute, for whomever.
    pub(crate) busy: usize,
}

/// Shows the wire what goes over the client's connection.
#[hook]
pub(super) fn use_told_wire(wire: &Wire, client: &Client) {
    let (wire, client) = (wire.clone(), client.clone());
    use_effect_with((), move |()| {
        // From here on nothing is missed: the connection opens later.
        let mut frames = client.wire();
        let (watching, stop) = abortable(async move {
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
    });
}

/// What the filter takes of the log, while the call `selected` is looked at.
#[hook]
pub(crate) fn use_wire_log(filter: WireFilter, selected: Option<Uuid>) -> WireView {
    let log = use_calls().wire().log.clone();
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
pub(crate) fn use_traffic() -> Moving {
    let calls = use_calls();
    let traffic = &calls.wire().traffic;
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
        busy,
    }
}
