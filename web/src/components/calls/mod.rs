//! The list of calls.

mod row;

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use self::row::CallRow;
use super::section::section;
use crate::{
    hooks::{download, use_call_log, use_calls, use_history, use_roving, use_rows},
    state::{CallRecord, RowState, history},
};

/// What the list is, for somebody who has just read the tutorial.
const HELP: &str = "Every call that this page has made, newest first, and what became of it. \
    Press one to see its frames below. The arrow keys, Home and End move through the list. It \
    outlives a reload, in this browser.";

/// What is said where the calls will be.
const NONE_YET: &str = "Each call that you make appears here, with what became of it.";

#[component]
pub(crate) fn CallList() -> Html {
    let calls = use_calls();
    use_history(calls.log());
    let filter = use_state_eq(|| Filter::All);
    let told = use_state_eq(|| "");
    let (shown, total, selected) = use_call_log({
        let filter = *filter;
        move |log| {
            let shown: Rc<[_]> = log
                .iter()
                .filter(|call| filter.takes(call))
                .cloned()
                .collect();
            (shown, log.iter().len(), log.selected())
        }
    });
    let place_of = |id| Some((id, shown.iter().position(|call| call.id == id)?));
    let rows = use_rows(shown.len(), selected.and_then(place_of));
    let roving = use_roving(&rows, &shown, |call| call.id);
    let tell = {
        let told = told.setter();
        use_callback((), move |words, ()| told.set(words))
    };

    let items = rows.range.clone().map(|place| {
        let call = &shown[place];
        html! {
            <CallRow
                key={call.id.to_string()}
                call={call.clone()}
                selected={selected == Some(call.id)}
                stop={roving.stop_in(place)}
                calls={calls.clone()}
                tell={tell.clone()}
            />
        }
    });
    let items: Html = items.collect();
    let onfilter = Callback::from({
        let filter = filter.clone();
        move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            let index = usize::try_from(select.selected_index()).unwrap_or_default();
            filter.set(Filter::ALL.get(index).copied().unwrap_or(Filter::All));
        }
    });
    let export =
        |name: &'static str, media_type: &'static str, write: fn(&[Rc<CallRecord>]) -> String| {
            let shown = shown.clone();
            Callback::from(move |_: MouseEvent| download(name, media_type, &write(&shown)))
        };
    let clear = {
        let calls = calls.clone();
        Callback::from(move |_| calls.log().update(|log| log.clear()))
    };
    let content = html! {
        <>
            <div class="tools">
                <label>
                    { "Show " }
                    <select data-testid="calls-filter" onchange={onfilter}>
                        { for Filter::ALL.map(|it| html! {
                            <option selected={it == *filter}>{ it.label() }</option>
                        }) }
                    </select>
                </label>
                <span class="count" role="status">{ count(shown.len(), total) }{ " " }{ *told }</span>
                <button
                    class="small"
                    data-testid="calls-csv"
                    onclick={export("warren-calls.csv", "text/csv", |calls| history::csv(calls.iter().map(AsRef::as_ref)))}
                >
                    { "CSV" }
                </button>
                <button
                    class="small"
                    data-testid="calls-json"
                    onclick={export("warren-calls.json", "application/json", |calls| history::json(calls.iter().map(AsRef::as_ref)))}
                >
                    { "JSON" }
                </button>
                <button class="small" data-testid="calls-clear" onclick={clear}>{ "Clear" }</button>
            </div>
            <div
                class="rows"
                tabindex="-1"
                onscroll={rows.onscroll}
                onkeydown={roving.onkeydown}
                onfocusin={roving.onfocusin}
            >
                <ol data-testid="calls" aria-labelledby="calls-heading" ref={rows.list}>
                    { items }
                </ol>
                if shown.is_empty() {
                    <p class="hint">
                        { if total == 0 { NONE_YET } else { "No call is of this kind." } }
                    </p>
                }
            </div>
        </>
    };
    section("calls", "Calls", HELP, content)
}

fn count(shown: usize, total: usize) -> String {
    match (shown, total) {
        (shown, total) if shown == total => total.to_string(),
        (shown, total) => format!("{shown} of {total}"),
    }
}

/// Which calls are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    All,
    /// Not of a batch.
    ByHand,
    Pending,
    In(RowState),
}

impl Filter {
    const ALL: [Self; 6] = [
        Self::All,
        Self::ByHand,
        Self::Pending,
        Self::In(RowState::Done),
        Self::In(RowState::Failed),
        Self::In(RowState::Cancelled),
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ByHand => "by hand",
            Self::Pending => "pending",
            Self::In(state) => state.label(),
        }
    }

    fn takes(self, call: &CallRecord) -> bool {
        match self {
            Self::All => true,
            Self::ByHand => !call.is_of_batch(),
            Self::Pending => call.is_pending(),
            Self::In(state) => call.state() == state,
        }
    }
}
