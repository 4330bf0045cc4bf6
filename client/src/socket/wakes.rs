//! When a browser's page comes back.

use std::rc::Rc;

use gloo::{
    events::EventListener,
    utils::{document, window},
};
use tokio::sync::Notify;
use web_sys::{EventTarget, VisibilityState};

/// What tells that the network, or the page, is back: `online` after the network was gone,
/// `visibilitychange` when the page is seen again, `resume` when it was frozen, and `pageshow`
/// when it was kept for the way back. See
/// <https://developer.chrome.com/docs/web-platform/page-lifecycle-api>.
const ON_WINDOW: [&str; 2] = ["online", "pageshow"];
const ON_DOCUMENT: [&str; 2] = ["visibilitychange", "resume"];

/// Tells each time that the page comes back. Only pages do: in a worker there is nothing to see.
pub(crate) struct Wakes {
    woken: Rc<Notify>,
    _listeners: Vec<EventListener>,
}

impl Wakes {
    pub(crate) fn listen() -> Self {
        let woken = Rc::new(Notify::new());
        let mut listeners = Vec::new();
        if web_sys::window().is_some() {
            let mut listen = |target: &EventTarget, event: &'static str| {
                let woken = Rc::clone(&woken);
                listeners.push(EventListener::new(target, event, move |_| {
                    let visible = document().visibility_state() == VisibilityState::Visible;
                    if visible || event != "visibilitychange" {
                        woken.notify_one();
                    }
                }));
            };
            for event in ON_WINDOW {
                listen(&window(), event);
            }
            for event in ON_DOCUMENT {
                listen(&document(), event);
            }
        }
        Self {
            woken,
            _listeners: listeners,
        }
    }

    /// Waits for the next time. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) {
        self.woken.notified().await;
    }
}
