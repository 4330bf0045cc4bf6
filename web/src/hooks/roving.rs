//! Moving through a long list by the keyboard: the list is one stop of the Tab key, and the arrow
//! keys lead from row to row and from control to control, as the ARIA Authoring Practices Guide
//! has it for a roving `tabindex`.

use std::rc::Rc;

use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Node};
use yew::prelude::*;

use super::Rows;

/// What can have the focus in a row, in its order.
const CONTROLS: &str = "button";

/// What a list and its rows need so that the keyboard moves through them.
#[derive(Clone)]
pub(crate) struct Roving {
    stop: Option<Spot>,
    /// For the scrolling element, which has the focus when no row is left that could.
    pub(crate) onkeydown: Callback<KeyboardEvent>,
    /// For the same element.
    pub(crate) onfocusin: Callback<FocusEvent>,
    /// Leads the keyboard back to where it was in the list.
    pub(crate) enter: Callback<()>,
}

/// A control: the place of its row in the list, and its own in the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    place: usize,
    column: usize,
}

/// Where the keyboard was last.
struct Last<K> {
    row: K,
    /// Where the row was when it was last drawn: if it goes, the one that takes its place follows.
    spot: Spot,
}

impl Roving {
    /// Which control of the row at `place` the Tab key leads to, if any.
    pub(crate) fn stop_in(&self, place: usize) -> Option<usize> {
        let stop = self.stop.filter(|stop| stop.place == place);
        stop.map(|stop| stop.column)
    }
}

/// The `tabindex` of the control `column` in a row whose stop is `stop`.
pub(crate) fn tab_index(stop: Option<usize>, column: usize) -> &'static str {
    if stop == Some(column) { "0" } else { "-1" }
}

/// Lets the keyboard move through the rows of `list`, which are drawn as `rows` says. `key` tells a
/// row from the others, wherever it is.
#[hook]
pub(crate) fn use_roving<T, K>(rows: &Rows, list: &Rc<[T]>, key: fn(&T) -> K) -> Roving
where
    T: 'static,
    K: Clone + PartialEq + 'static,
{
    let redraw = use_force_update();
    let last = use_mut_ref(|| None::<Last<K>>);
    // The row that the keyboard is to go to once it is drawn, and the column.
    let wanted = use_mut_ref(|| None::<(K, usize)>);
    let view = View {
        list: rows.list.clone(),
        start: rows.range.start,
    };

    let place_of = |wanted: &K| list.iter().position(|row| key(row) == *wanted);
    let stop = {
        let mut last = last.borrow_mut();
        if let Some(last) = &mut *last
            && let Some(place) = place_of(&last.row)
        {
            last.spot.place = place;
        }
        let spot = last.as_ref().map(|last| Spot {
            place: last.spot.place.min(list.len().saturating_sub(1)),
            ..last.spot
        });
        // Where the list was scrolled away from it, the first row that is seen is the stop.
        spot.filter(|spot| rows.range.contains(&spot.place))
            .or(Some(Spot {
                place: rows.first_seen,
                column: 0,
            }))
            .filter(|spot| rows.range.contains(&spot.place))
    };

    // The rows that were drawn before are still there.
    let had_focus = view.has_focus();
    let to = wanted.borrow().as_ref().and_then(|(row, column)| {
        let (place, column) = (place_of(row)?, *column);
        had_focus.then_some(Spot { place, column })
    });
    use_effect({
        let (view, wanted, rows) = (view.clone(), wanted.clone(), rows.clone());
        move || match to {
            Some(to) if !rows.range.contains(&to.place) => {
                // The rows that the keyboard is at are about to go.
                view.focus_scroller();
                rows.bring_into_sight(to.place);
            }
            to => {
                *wanted.borrow_mut() = None;
                if let Some(to) = to {
                    view.focus(to);
                } else if had_focus && !view.has_focus() {
                    // The row that had the focus went, or was moved.
                    match stop {
                        Some(stop) => view.focus(stop),
                        None => view.focus_scroller(),
                    }
                }
            }
        }
    });

    let onfocusin = {
        let (view, list, redraw) = (view.clone(), list.clone(), redraw.clone());
        let wanted = wanted.clone();
        Callback::from(move |event: FocusEvent| {
            let spot = event.target().and_then(|target| view.spot_of(&target));
            if let Some(spot) = spot
                && let Some(row) = list.get(spot.place)
            {
                let row = key(row);
                *wanted.borrow_mut() = None;
                *last.borrow_mut() = Some(Last { row, spot });
                redraw.force_update();
            }
        })
    };
    let go = {
        let (view, drawn, list) = (view.clone(), rows.range.clone(), list.clone());
        move |to: Spot| {
            if drawn.contains(&to.place) {
                view.focus(to);
            } else if let Some(row) = list.get(to.place) {
                *wanted.borrow_mut() = Some((key(row), to.column));
                redraw.force_update();
            }
        }
    };
    let onkeydown = {
        let (view, go, len) = (view.clone(), go.clone(), list.len());
        Callback::from(move |event: KeyboardEvent| {
            let has_modifier =
                event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key();
            let from = event.target().and_then(|target| view.spot_of(&target));
            if has_modifier || len == 0 {
                return;
            }
            if let Some(to) = destination(&event.key(), from, stop, len) {
                // Otherwise the list would scroll as well.
                event.prevent_default();
                go(to);
            }
        })
    };
    let enter = Callback::from(move |()| match stop {
        Some(stop) => go(stop),
        None => view.focus_scroller(),
    });
    Roving {
        stop,
        onkeydown,
        onfocusin,
        enter,
    }
}

/// Where a key leads in a list of `len` rows, which is not empty: `from` the control that has the
/// focus, or to the `stop` if none has. A column that a row does not have stands for its last.
fn destination(key: &str, from: Option<Spot>, stop: Option<Spot>, len: usize) -> Option<Spot> {
    let last = len - 1;
    let at = from.or(stop)?;
    let in_row = |place| Spot { place, ..at };
    let in_column = |column| Spot { column, ..at };
    let to = match key {
        "Home" => in_row(0),
        "End" => in_row(last),
        "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight" if from.is_none() => at,
        "ArrowUp" => in_row(at.place.saturating_sub(1)),
        "ArrowDown" => in_row((at.place + 1).min(last)),
        "ArrowLeft" => in_column(at.column.saturating_sub(1)),
        "ArrowRight" => in_column(at.column + 1),
        _ => return None,
    };
    Some(to)
}

/// The rows that are drawn.
#[derive(Clone)]
struct View {
    list: NodeRef,
    /// The place of the first that is drawn.
    start: usize,
}

impl View {
    /// Whether the list or one of its rows has the focus.
    fn has_focus(&self) -> bool {
        let focused = document().active_element();
        self.scroller()
            .is_some_and(|scroller| scroller.contains(focused.as_deref()))
    }

    fn scroller(&self) -> Option<HtmlElement> {
        let list = self.list.cast::<HtmlElement>()?;
        list.parent_element()?.dyn_into().ok()
    }

    fn focus_scroller(&self) {
        if let Some(scroller) = self.scroller() {
            focus(&scroller);
        }
    }

    fn focus(&self, spot: Spot) {
        let list = self.list.cast::<HtmlElement>();
        let row = list.and_then(|list| {
            let index = spot.place.checked_sub(self.start)?;
            list.children().item(u32::try_from(index).ok()?)
        });
        let controls = row.map(|row| controls(&row)).unwrap_or_default();
        if let Some(control) = controls.get(spot.column).or(controls.last()) {
            focus(control);
        }
    }

    /// The control that an event comes from.
    fn spot_of(&self, target: &web_sys::EventTarget) -> Option<Spot> {
        let list = self.list.cast::<HtmlElement>()?;
        let target: &Node = target.dyn_ref()?;
        let contains = |element: &Element| element.contains(Some(target));
        let rows = list.children();
        let mut rows = (0..rows.length()).filter_map(|index| rows.item(index));
        let index = rows.position(|row| contains(&row))?;
        let row = list.children().item(u32::try_from(index).ok()?)?;
        let column = controls(&row)
            .iter()
            .position(|control| contains(control))?;
        Some(Spot {
            place: self.start + index,
            column,
        })
    }
}

fn controls(row: &Element) -> Vec<HtmlElement> {
    let found = row.query_selector_all(CONTROLS).ok();
    let found = found.iter().flat_map(|found| {
        (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok())
    });
    found.collect()
}

fn focus(element: &HtmlElement) {
    // A browser that does not give the focus leaves it where it is, which harms nobody.
    let _ = element.focus();
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spot(place: usize, column: usize) -> Spot {
        Spot { place, column }
    }

    #[test]
    fn keys_lead_from_row_to_row_and_within_a_row() {
        let cases = [
            ("ArrowDown", spot(1, 2), Some(spot(2, 2))),
            ("ArrowDown", spot(4, 0), Some(spot(4, 0))),
            ("ArrowUp", spot(1, 1), Some(spot(0, 1))),
            ("ArrowUp", spot(0, 1), Some(spot(0, 1))),
            ("Home", spot(3, 1), Some(spot(0, 1))),
            ("End", spot(3, 1), Some(spot(4, 1))),
            ("ArrowLeft", spot(3, 1), Some(spot(3, 0))),
            ("ArrowLeft", spot(3, 0), Some(spot(3, 0))),
            ("ArrowRight", spot(3, 0), Some(spot(3, 1))),
            ("Enter", spot(3, 0), None),
            ("a", spot(3, 0), None),
        ];
        for (key, from, expected) in cases {
            let to = destination(key, Some(from), None, 5);
            assert_eq!(to, expected, "{key} from {from:?}");
        }
    }

    #[test]
    fn keys_lead_into_a_list_where_the_tab_key_does() {
        let cases = [
            ("ArrowDown", Some(spot(3, 1))),
            ("ArrowLeft", Some(spot(3, 1))),
            ("Home", Some(spot(0, 1))),
            ("Tab", None),
        ];
        for (key, expected) in cases {
            let to = destination(key, None, Some(spot(3, 1)), 5);
            assert_eq!(to, expected, "{key}");
        }
    }
}
