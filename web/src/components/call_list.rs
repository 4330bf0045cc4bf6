//! The list of calls.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    hooks::use_calls,
    state::{CallRecord, Outcome},
    words,
};

#[component]
pub(crate) fn CallList() -> Html {
    let calls = use_calls();
    let rows = calls
        .iter()
        .map(|call| html! { <CallRow key={call.id.0} call={call.clone()} /> });
    html! {
        <section class="panel calls-panel" aria-labelledby="calls-heading">
            <h2 id="calls-heading">{ "Calls" }</h2>
            if calls.newest().is_none() {
                <p class="hint">{ "None yet. The newest will come first." }</p>
            } else {
                <div class="columns" aria-hidden="true">
                    <span>{ "Call" }</span>
                    <span>{ "Outcome" }</span>
                    <span>{ "Worker" }</span>
                    <span>{ "Computing" }</span>
                    <span>{ "Round trip" }</span>
                    <span>{ "State" }</span>
                </div>
            }
            <ol data-testid="calls" reversed=true>{ for rows }</ol>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct CallRowProps {
    call: Rc<CallRecord>,
}

#[component]
fn CallRow(props: &CallRowProps) -> Html {
    let CallRowProps { call } = props;
    let state = call.state();
    let n = call.request.n.to_string();
    let (reply, code, words) = match &call.outcome {
        None => (None, None, String::new()),
        Some(Outcome::Done(reply)) => (Some(reply), None, reply.value.to_string()),
        Some(Outcome::Failed(error)) => (
            None,
            Some(error.code().as_str()),
            words::sentence(&error.to_string()),
        ),
        Some(Outcome::Cancelled { after }) => (
            None,
            None,
            format!("Given up after {}.", words::duration(*after)),
        ),
    };
    let worker = reply.and_then(|reply| reply.worker.clone());
    let compute = reply.and_then(|reply| reply.compute).map(words::duration);
    let round_trip = reply.map(|reply| words::duration(reply.round_trip));
    html! {
        <li
            data-testid="call-row"
            data-state={state.as_str()}
            data-n={n.clone()}
            data-code={code}
            data-worker={worker.clone()}
        >
            <span class="asked">{ format!("fib({n})") }</span>
            <span class="became">{ words }</span>
            { cell("worker", "worker", worker) }
            { cell("compute", "computing", compute) }
            { cell("round-trip", "round trip", round_trip) }
            <span class="state">{ state.label() }</span>
        </li>
    }
}

/// A cell whose column heading is read out with it, and seen where there are no columns.
fn cell(class: &'static str, label: &'static str, content: Option<String>) -> Html {
    html! {
        <span {class}>
            if let Some(content) = content {
                <span class="label">{ label }{ " " }</span>{ content }
            }
        </span>
    }
}
