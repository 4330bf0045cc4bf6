//! Long lists, of which only what is seen is drawn.

use std::ops::Range;

use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// How many rows are drawn on either side of those that are seen, so that quick scrolling shows no
/// gaps and short lists are drawn whole.
const BEYOND: usize = 40;

/// A list's rows: which are drawn, and what its element needs.
#[derive(Clone)]
pub(crate) struct Rows {
    /// Those that are to be drawn.
    pub(crate) range: Range<usize>,
    /// The first that is seen.
    pub(crate) first_seen: usize,
    /// For the element whose children are the rows, each of the same height. Its parent scrolls.
    pub(crate) list: NodeRef,
    /// For the scrolling element.
    pub(crate) onscroll: Callback<Event>,
}

/// What is seen of a list.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Seen {
    /// The first row that is seen.
    first: usize,
    /// How many rows fit.
    count: usize,
    /// A row's height, in CSS pixels.
    height: usize,
}

/// The rows to draw of a list of `len`. When another is `chosen`, by its id and its place, it is
/// brought into sight.
#[hook]
pub(crate) fn use_rows(len: usize, chosen: Option<(Uuid, usize)>) -> Rows {
    let list = use_node_ref();
    let seen = use_state_eq(Seen::default);
    use_effect_with(chosen.map(|(id, _)| id), {
        let list = list.clone();
        move |_| {
            if let Some((_, place)) = chosen {
                bring_into_sight(&list, place);
            }
        }
    });
    let look = {
        let (list, seen) = (list.clone(), seen.setter());
        use_callback((), move |_: (), ()| seen.set(Seen::of(&list)))
    };
    let start = seen.first.saturating_sub(BEYOND).min(len);
    let end = (seen.first + seen.count + BEYOND).min(len);
    use_effect_with((start, end, len, seen.height), {
        let (list, look) = (list.clone(), look.clone());
        move |&(start, end, len, height)| {
            // The rows that are not drawn keep their places. Styles set by attribute are what a
            // Content-Security-Policy forbids, so the element's own style is used.
            if let Some(list) = list.cast::<HtmlElement>() {
                let padding = format!("{}px 0 {}px", start * height, (len - end) * height);
                // A browser refuses no padding.
                let _ = list.style().set_property("padding", &padding);
            }
            look.emit(());
        }
    });
    Rows {
        range: start..end,
        first_seen: seen.first,
        list,
        onscroll: look.reform(|_| ()),
    }
}

impl Rows {
    /// Scrolls to a row that may not be drawn.
    pub(super) fn bring_into_sight(&self, place: usize) {
        bring_into_sight(&self.list, place);
    }
}

fn bring_into_sight(list: &NodeRef, place: usize) {
    let seen = Seen::of(list);
    let scroller = list
        .cast::<HtmlElement>()
        .and_then(|list| list.parent_element());
    // The last row that is counted as seen may be cut off.
    let is_seen = place >= seen.first && place + 2 < seen.first + seen.count;
    if let Some(scroller) = scroller.filter(|_| !is_seen) {
        let top = place.saturating_sub(1) * seen.height;
        scroller.set_scroll_top(i32::try_from(top).unwrap_or(i32::MAX));
    }
}

impl Seen {
    fn of(list: &NodeRef) -> Self {
        let Some(list) = list.cast::<HtmlElement>() else {
            return Self::default();
        };
        let pixels = |length: i32| usize::try_from(length).unwrap_or(0);
        let row = list
            .first_element_child()
            .and_then(|row| row.dyn_into::<HtmlElement>().ok());
        let height = row.map_or(0, |row| pixels(row.offset_height())).max(1);
        let Some(scroller) = list.parent_element() else {
            return Self::default();
        };
        Self {
            first: pixels(scroller.scroll_top()) / height,
            count: pixels(scroller.client_height()) / height + 1,
            height,
        }
    }
}
