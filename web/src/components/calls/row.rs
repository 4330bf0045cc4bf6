//! One call in the list.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    components::prose::{plain, prose},
    hooks::{Calls, copy, tab_index},
    state::{CallRecord, Outcome, history},
    words,
};

#[derive(Properties, PartialEq)]
pub(super) struct CallRowProps {
    /// The call.
    pub(super) call: Rc<CallRecord>,
    /// Whether it is the one that is looked at.
    pub(super) selected: bool,
    /// Which of its buttons the Tab key leads to.
    pub(super) stop: Option<usize>,
    /// What its buttons act on.
    pub(super) calls: Calls,
    /// Says what became of pressing one.
    pub(super) tell: Callback<&'static str>,
}

#[component]
pub(super) fn CallRow(props: &CallRowProps) -> Html {
    let CallRowProps {
        call,
        selected,
        stop,
        calls,
        tell,
    } = props;
    let (id, selected, stop, request) = (call.id, *selected, *stop, call.request);
    let state = call.state();
    let n = request.n.to_string();
    let (code, words) = match &call.settled {
        None => (None, String::new()),
        Some((_, Outcome::Done(done))) => (None, done.value.to_string()),
        Some((_, Outcome::Failed { code, words, .. })) => (Some(code.as_str()), words.clone()),
        Some((at, Outcome::Cancelled)) => {
            let after = words::duration(at.since(call.made));
            (None, format!("Given up after {after}."))
        }
    };
    let reply = call.reply();
    let worker = reply.and_then(|reply| reply.worker.clone());
    let select = {
        let calls = calls.clone();
        Callback::from(move |_| calls.select((!selected).then_some(id)))
    };
    let act = {
        let (calls, is_pending) = (calls.clone(), call.is_pending());
        Callback::from(move |_| {
            if is_pending {
                calls.cancel(id);
            } else {
                calls.make(request);
            }
        })
    };
    let action = if call.is_pending() {
        "Cancel"
    } else {
        "Repeat"
    };
    let oncopy = {
        let (call, tell) = (call.clone(), tell.clone());
        Callback::from(move |_| copy(&history::json_of(&call), tell.clone()))
    };
    html! {
        <li
            class="call-row"
            data-testid="call-row"
            data-state={state.as_str()}
            data-n={n.clone()}
            data-code={code}
            data-worker={worker.clone()}
            data-selected={selected.to_string()}
        >
            <button
                class="pick"
                tabindex={tab_index(stop, 0)}
                aria-pressed={selected.to_string()}
                onclick={select}
            >
                <span class="asked">{ format!("fib({n})") }</span>
                <span class="became" title={plain(&words)}>{ prose(&words) }</span>
            </button>
            <span class="state">{ state.label() }</span>
            <span class="took">
                if let Some(worker) = worker {
                    <b>{ worker }</b>
                }
                if let Some(reply) = reply {
                    if let Some(compute) = reply.compute {
                        <span class="compute">{ "computing " }{ words::duration(compute) }</span>
                    }
                    <span>{ "round trip " }{ words::duration(reply.round_trip) }</span>
                }
            </span>
            <span class="acts">
                <button
                    class="small"
                    tabindex={tab_index(stop, 1)}
                    aria-label={format!("Copy fib({n})")}
                    onclick={oncopy}
                >
                    { "Copy" }
                </button>
                <button
                    class="small"
                    tabindex={tab_index(stop, 2)}
                    aria-label={format!("{action} fib({n})")}
                    onclick={act}
                >
                    { action }
                </button>
            </span>
        </li>
    }
}
