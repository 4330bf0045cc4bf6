//! Long lists, of which only what is seen is drawn.

use std::ops::Range;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

/// How many rows are drawn on either side of those that are seen, so that quick scrolling shows no
/// gaps and short lists are drawn whole.
const BEYOND: usize = 40;

/// A list's rows: which are drawn, and what its element needs.
pub(crate) struct Rows {
    /// Those that are to be drawn.
    pub(crate) range: Range<usize>,
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

/// The rows to draw of a list of `len`.
#[hook]
pub(crate) fn use_rows(len: usize) -> Rows {
    let list = use_node_ref();
    let seen = use_state_eq(Seen::default);
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
        list,
        onscroll: look.reform(|_| ()),
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
