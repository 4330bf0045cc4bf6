//! Whether anybody can see the page.

use gloo::{events::EventListener, utils::document};
use web_sys::VisibilityState;
use yew::prelude::*;

/// False while the page is in a tab behind others, or its window is out of sight.
#[hook]
pub(super) fn use_visible() -> bool {
    let visible = use_state_eq(is_visible);
    let seen = visible.setter();
    use_effect_with((), move |()| {
        // It may have changed since the first drawing.
        seen.set(is_visible());
        let listener = EventListener::new(&document(), "visibilitychange", move |_| {
            seen.set(is_visible());
        });
        move || drop(listener)
    });
    *visible
}

fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}
