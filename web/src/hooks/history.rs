//! Keeping the calls for when the page is loaded again.

use std::{cell::RefCell, rc::Rc};

use gloo::{events::EventListener, timers::callback::Timeout, utils::window};
use yew::prelude::*;

use super::{
    Store,
    keep::{store, stored},
};
use crate::state::{CallLog, history};

/// The key in the browser's storage.
const KEY: &str = "warren.calls";

/// How long after a change the calls are stored, in milliseconds.
const STORE_AFTER_MS: u32 = 2_000;

/// Brings back the calls that an earlier page kept, and keeps these: soon after each change, and
/// when the page is left.
#[hook]
pub(crate) fn use_history(log: &Store<CallLog>) {
    use_effect_with(log.clone(), |log| {
        log.update(|log| log.restore(history::kept(&stored(KEY).unwrap_or_default())));
        keep(log)
    });
}

fn keep(log: &Store<CallLog>) -> impl FnOnce() + use<> {
    let due = Rc::new(RefCell::new(None::<Timeout>));
    let write = {
        let (log, due) = (log.clone(), due.clone());
        Rc::new(move || {
            // What is not stored is only missing after the next reload.
            if due.borrow_mut().take().is_some() {
                store(
                    KEY,
                    Some(&history::to_keep(log.read().iter().map(AsRef::as_ref))),
                );
            }
        })
    };
    let leave = EventListener::new(&window(), "pagehide", {
        let write = write.clone();
        move |_| write()
    });
    let unlook = log.look(Rc::new({
        let write = write.clone();
        move || {
            due.borrow_mut().get_or_insert_with(|| {
                let write = write.clone();
                Timeout::new(STORE_AFTER_MS, move || write())
            });
        }
    }));
    move || {
        unlook();
        drop(leave);
        write();
    }
}
