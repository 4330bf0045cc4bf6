//! Making a call and seeing its outcome.

mod form;
mod outcome;
mod progress;
mod time_bar;

use yew::prelude::*;

use self::{form::CallForm, outcome::OutcomeView};
use crate::{
    hooks::{use_call_log, use_calls},
    input::{CallRequest, InputError},
};

#[derive(Properties, PartialEq)]
pub(crate) struct CallPanelProps {
    /// The largest n that may be called.
    pub(crate) max_n: u64,
    /// The text that the field n begins with, if not the default.
    pub(crate) n: Option<AttrValue>,
    /// Whether to call at once.
    pub(crate) run: bool,
    /// Whether it can be known that there is no worker, so that a call can choose to wait.
    pub(crate) may_wait: bool,
    /// The queue that is called.
    pub(crate) queue: AttrValue,
}

#[component]
pub(crate) fn CallPanel(props: &CallPanelProps) -> Html {
    let calls = use_calls();
    let mistake = use_state_eq(|| None::<InputError>);

    let on_submit = {
        let mistake = mistake.clone();
        let calls = calls.clone();
        Callback::from(move |input: Result<CallRequest, InputError>| match input {
            Ok(request) => {
                mistake.set(None);
                calls.make(request);
            }
            Err(error) => mistake.set(Some(error)),
        })
    };
    let on_edit = {
        let mistake = mistake.clone();
        Callback::from(move |()| mistake.set(None))
    };
    let (newest, pending) = use_call_log(|log| {
        let pending = log.newest_pending().map(|call| call.id);
        (log.newest().cloned(), pending)
    });
    let on_cancel = Callback::from(move |id| calls.cancel(id));

    html! {
        <section id="call" class="panel call-panel" aria-labelledby="call-heading">
            <h2 id="call-heading">{ "Call" }</h2>
            <CallForm
                max_n={props.max_n}
                n={props.n.clone()}
                run={props.run}
                may_wait={props.may_wait}
                mistaken={mistake.as_ref().map(InputError::field)}
                {pending}
                {on_submit}
                {on_edit}
                {on_cancel}
            />
            <OutcomeView mistake={(*mistake).clone()} {newest} queue={props.queue.clone()} />
        </section>
    }
}
