//! Who serves the queue, and what each of them computes for this page.

use std::rc::Rc;

use gloo::{timers::callback::Interval, utils::window};
use yew::prelude::*;

use super::{Calls, follow::follow, use_calls, use_selected, visible::use_visible};
use crate::state::{LaneView, Lanes, Timestamp, WorkerCount};

/// How often moving lanes are drawn, in milliseconds.
const PERIOD_MS: u32 = 100;

/// The same for who asked for reduced motion.
const CALM_PERIOD_MS: u32 = 2_000;

/// Lets the lanes know who is there. In a page that can be seen, the workers are asked once a
/// second; a hidden page keeps what it knew, and costs the workers nothing.
#[hook]
pub(super) fn use_told_lanes(calls: &Calls) {
    let (calls, workers) = (calls.clone(), calls.client().workers());
    let visible = use_visible();
    use_effect_with(visible, move |visible| {
        let stop = visible.then(|| {
            follow(workers, move |workers| {
                let now = Timestamp::now();
                let left = calls
                    .lanes()
                    .update(|lanes| lanes.told(workers.as_deref(), now));
                if !left.is_empty() {
                    calls.log().update(|log| log.left(&left));
                }
            })
        });
        move || {
            if let Some(stop) = stop {
                stop();
            }
        }
    });
}

/// How many workers serve the queue; `None` while that is not known.
#[hook]
pub(crate) fn use_worker_count() -> Option<WorkerCount> {
    let calls = use_calls();
    use_selected(calls.lanes(), Lanes::count)
}

/// The workers and their last minute, which ends now. It is drawn anew while something moves in
/// it, and otherwise only when something is known; and not at all while the page is hidden.
#[hook]
pub(crate) fn use_lanes() -> (Timestamp, Vec<LaneView>) {
    let lanes = use_calls().lanes().clone();
    let redraw = use_force_update();
    let visible = use_visible();
    let now = Timestamp::now();
    let moving = lanes.read().is_moving(now);
    let views = lanes.read().views(now);
    use_effect_with((visible, moving), move |&(visible, moving)| {
        let redraw = move || redraw.force_update();
        let ticking = (visible && moving).then(|| Interval::new(period(), redraw.clone()));
        let looking = (visible && !moving).then(|| lanes.look(Rc::new(redraw)));
        move || {
            drop(ticking);
            if let Some(leave) = looking {
                leave();
            }
        }
    });
    (now, views)
}

fn period() -> u32 {
    let reduced = window().match_media("(prefers-reduced-motion: reduce)");
    let is_reduced = reduced.ok().flatten().is_some_and(|query| query.matches());
    if is_reduced {
        CALM_PERIOD_MS
    } else {
        PERIOD_MS
    }
}
