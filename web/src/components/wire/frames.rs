//! The log of the frames.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::{
    frame_detail::frame_detail,
    frame_row::{frame_row, time_zone},
};
use crate::{
    hooks::{Wire, copy, use_call_log, use_calls, use_roving, use_rows, use_wire_log},
    state::{WireEntry, WireFilter, WireScope},
};

/// Which frames can be shown, and their words.
const SCOPES: [(WireScope, &str); 3] = [
    (WireScope::Foreground, "all but pings and heart-beats"),
    (WireScope::Selected, "the selected call’s"),
    (WireScope::All, "all"),
];

#[derive(Properties, PartialEq)]
pub(super) struct FramesProps {
    /// What goes over the wire.
    pub(super) wire: Wire,
}

#[component]
pub(super) fn Frames(props: &FramesProps) -> Html {
    let calls = use_calls();
    let (selected, selected_n) = use_call_log(|log| {
        let selected = log.selected();
        let call = selected.and_then(|id| log.get(id));
        (selected, call.map(|call| call.request.n))
    });
    let filter = use_state_eq(WireFilter::default);
    let chosen = use_state_eq(|| None::<Rc<WireEntry>>);
    let told = use_state_eq(|| "");
    let view = use_wire_log(&props.wire, (*filter).clone(), selected);
    // Not if it was chosen by a frame, which is in sight.
    let chosen_elsewhere =
        selected.filter(|_| chosen.as_ref().and_then(|entry| entry.call) != selected);
    let place_of = |id| {
        let mut frames = view.shown.iter();
        Some((id, frames.position(|entry| entry.call == Some(id))?))
    };
    let rows = use_rows(view.shown.len(), chosen_elsewhere.and_then(place_of));

    let roving = use_roving(&rows, &view.shown, |entry| entry.number);
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |entry: Option<Rc<WireEntry>>| {
            calls.select(entry.as_ref().and_then(|entry| entry.call));
            chosen.set(entry);
        })
    };
    let zone = time_zone();
    let number = chosen.as_ref().map(|entry| entry.number);
    let items = rows.range.clone().map(|place| {
        let entry = &view.shown[place];
        let (is_chosen, stop) = (number == Some(entry.number), roving.stop_in(place));
        frame_row(entry, zone, is_chosen, selected, stop, &choose)
    });
    let items: Html = items.collect();
    let onscope = {
        let filter = filter.clone();
        Callback::from(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            let index = usize::try_from(select.selected_index()).unwrap_or_default();
            let scope = SCOPES
                .get(index)
                .map_or_else(WireScope::default, |scope| scope.0);
            let text = filter.text.clone();
            filter.set(WireFilter { scope, text });
        })
    };
    let oninput = {
        let filter = filter.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let (scope, text) = (filter.scope, input.value());
            filter.set(WireFilter { scope, text });
        })
    };
    let pause = {
        let (log, paused) = (view.log.clone(), !view.is_paused);
        Callback::from(move |_| log.update(|log| log.set_paused(paused)))
    };
    let tell = {
        let told = told.setter();
        Callback::from(move |words| told.set(words))
    };
    let copy_all = {
        let (shown, tell) = (view.shown.clone(), tell.clone());
        Callback::from(move |_| {
            let texts: Vec<_> = shown.iter().map(|entry| entry.text()).collect();
            copy(&texts.join("\n\n"), tell.clone());
        })
    };
    let clear = {
        let (log, choose) = (view.log, choose.clone());
        Callback::from(move |_| {
            log.update(|log| log.clear());
            choose.emit(None);
        })
    };
    let close = {
        let (choose, enter) = (choose.clone(), roving.enter);
        Callback::from(move |()| {
            choose.emit(None);
            // The button is about to go, and would leave the keyboard nowhere.
            enter.emit(());
        })
    };
    let onkeydown = chosen.is_some().then(|| {
        let close = close.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                close.emit(());
            }
        })
    });
    html! {
        <div class="frames" {onkeydown}>
            <div class="tools">
                <label>
                    { "Show " }
                    <select data-testid="wire-scope" onchange={onscope}>
                        { for SCOPES.map(|(scope, words)| html! {
                            <option selected={scope == filter.scope}>{ words }</option>
                        }) }
                    </select>
                </label>
                <input
                    type="search"
                    data-testid="wire-filter"
                    placeholder="containing…"
                    aria-label="Show only frames that contain"
                    {oninput}
                />
                <span class="count" role="status">
                    { count(view.shown.len(), view.missed) }{ " " }{ *told }
                </span>
                <button
                    class="small"
                    data-testid="wire-pause"
                    onclick={pause}
                >
                    { if view.is_paused { "Resume" } else { "Pause" } }
                </button>
                <button class="small" onclick={copy_all}>{ "Copy" }</button>
                <button class="small" data-testid="wire-clear" onclick={clear}>{ "Clear" }</button>
            </div>
            <div
                class="rows frame-rows"
                tabindex="-1"
                onscroll={rows.onscroll}
                onkeydown={roving.onkeydown}
                onfocusin={roving.onfocusin}
            >
                <ol data-testid="wire" aria-label="Frames" ref={rows.list}>{ items }</ol>
                if view.shown.is_empty() {
                    <p class="hint">{ "Frames appear here as they go by, if they fit what is to be shown." }</p>
                }
            </div>
            if let Some(entry) = &*chosen {
                { frame_detail(entry, zone, selected_n, &close, tell) }
            }
        </div>
    }
}

fn count(shown: usize, missed: u64) -> String {
    match missed {
        0 => shown.to_string(),
        _ => format!("{shown}, and {missed} not noted"),
    }
}
