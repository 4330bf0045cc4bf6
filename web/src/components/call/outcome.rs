//! What became of the newest call.

use std::{rc::Rc, time::Duration};

use warren_client::Stage;
use warren_contract::Code;
use yew::prelude::*;

use super::{form::WAIT, progress::ProgressBar, time_bar::time_bar};
use crate::{
    components::prose::prose,
    hooks::{use_connection, use_elapsed},
    input::{CallRequest, InputError},
    state::{CallRecord, Done, Outcome, Timestamp},
    words,
};

/// The element that tells mistakes and failures; mistaken fields refer to it.
pub(super) const ERROR_ID: &str = "error";

#[derive(Properties, PartialEq)]
pub(super) struct OutcomeViewProps {
    /// What was mistaken when the form was last submitted; it is told before any call.
    pub(super) mistake: Option<InputError>,
    /// The newest call.
    pub(super) newest: Option<Rc<CallRecord>>,
    /// The queue that workers serve.
    pub(super) queue: AttrValue,
}

/// Both live regions are always there, as screen readers announce only what changes in them.
#[component]
pub(super) fn OutcomeView(props: &OutcomeViewProps) -> Html {
    let online = use_connection().is_online();
    let mut status = Html::default();
    let mut alert = Html::default();
    let mut aside = Html::default();

    if let Some(mistake) = &props.mistake {
        alert = failure(mistake.code(), None, &mistake.to_string(), None);
    } else if let Some(call) = &props.newest {
        let asked = call.request;
        match &call.settled {
            None => {
                status = pending(asked, &call.stage, online);
                let bar = match &call.stage {
                    Stage::Running { progress, .. } => html! {
                        <ProgressBar key={call.id.to_string()} label={format!("Progress of fib({})", asked.n)} progress={*progress} />
                    },
                    Stage::Waiting | Stage::Queued => Html::default(),
                };
                aside = html! {
                    <>
                        <div class="progress-place">{ bar }</div>
                        <TimeLeft key={call.id.to_string()} made={call.made} deadline={asked.deadline} />
                    </>
                };
            }
            Some((_, Outcome::Done(done))) => status = success(asked, done),
            Some((
                _,
                Outcome::Failed {
                    code,
                    words,
                    unserved,
                },
            )) => {
                let advice = unserved.then(|| advice(&props.queue));
                alert = failure(*code, Some(asked), words, advice);
            }
            Some((at, Outcome::Cancelled)) => {
                let words = format!("Given up after {}.", words::duration(at.since(call.made)));
                alert = failure(Code::Cancelled, Some(asked), &words, None);
            }
        }
    } else {
        status = html! {
            <p class="hint">
                { "Give an n and press Call: a worker computes the n-th Fibonacci number." }
            </p>
        };
    }

    html! {
        <div class="outcome">
            <div role="status">{ status }</div>
            <div role="alert">{ alert }</div>
            { aside }
        </div>
    }
}

fn pending(asked: CallRequest, stage: &Stage, online: bool) -> Html {
    let words = match stage {
        Stage::Waiting if !online => "Waiting for the connection",
        Stage::Waiting => "Looking for a worker",
        Stage::Queued => "Sent",
        Stage::Running { .. } => "Computing",
    };
    html! {
        <>
            <p class="formula">{ format!("fib({}) =", asked.n) }</p>
            <p class="value pending" aria-hidden="true">{ "…" }</p>
            <p>{ words }</p>
        </>
    }
}

fn success(asked: CallRequest, done: &Done) -> Html {
    let n = asked.n.to_string();
    html! {
        <>
            <p class="formula">{ format!("fib({n}) =") }</p>
            <p class="value" data-testid="result" data-n={n}>{ done.value }</p>
            { time_bar(done) }
            <p class="computed-by">
                { "Computed by " }
                <b data-testid="worker">
                    { done.worker.as_deref().unwrap_or("a worker that gives no name") }
                </b>
            </p>
        </>
    }
}

/// What to do where a worker is missing.
fn advice(queue: &str) -> Html {
    html! {
        <p>
            { "Start one where Warren’s sources are: " }
            <code>{ format!("cargo run --release -p warren-worker -- --queue {queue}") }</code>
            { format!(". Or tick “{WAIT}”, and call again.") }
        </p>
    }
}

fn failure(code: Code, asked: Option<CallRequest>, words: &str, advice: Option<Html>) -> Html {
    html! {
        <div class="failure" id={ERROR_ID} data-testid="error" data-code={code.as_str()}>
            if let Some(asked) = asked {
                <p class="formula">
                    { format!("fib({}) {}", asked.n, if code == Code::Cancelled { "cancelled" } else { "failed" }) }
                </p>
            }
            <p>{ prose(words) }</p>
            { for advice }
            <code class="code">{ code.as_str() }</code>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct TimeLeftProps {
    /// When the call was made.
    made: Timestamp,
    /// How long it may take.
    deadline: Duration,
}

/// The time that passes while a call is pending.
#[component]
fn TimeLeft(props: &TimeLeftProps) -> Html {
    let elapsed = words::whole_seconds(use_elapsed(props.made).min(props.deadline));
    let deadline = humantime::format_duration(props.deadline);
    html! { <p class="time-left">{ format!("{elapsed} of at most {deadline}") }</p> }
}
