//! The form: n, deadline, whether to wait for a worker, Call and Cancel.

use uuid::Uuid;
use warren_client::Policy;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::outcome::ERROR_ID;
use crate::{
    components::field::FieldView,
    input::{CallRequest, Field, InputError},
};

/// The n that the page suggests: quick to compute, and large enough to look at.
const SUGGESTED_N: &str = "30";

/// The deadline that the page suggests; the client's own default.
const SUGGESTED_DEADLINE: &str = "30 s";

/// The name of the setting that lets a call wait, in words that follow on “tick”.
pub(super) const WAIT: &str = "Wait for a worker if there is none";

#[derive(Properties, PartialEq)]
pub(super) struct CallFormProps {
    /// The largest n that may be called.
    pub(super) max_n: u64,
    /// The text that the field n begins with, if not the default.
    pub(super) n: Option<AttrValue>,
    /// Whether to submit the form at once.
    pub(super) run: bool,
    /// Whether a call can choose to wait for a worker.
    pub(super) may_wait: bool,
    /// The field that was mistaken when the form was last submitted.
    pub(super) mistaken: Option<Field>,
    /// The call that Cancel gives up.
    pub(super) pending: Option<Uuid>,
    /// The form was submitted.
    pub(super) on_submit: Callback<Result<CallRequest, InputError>>,
    /// A field was changed.
    pub(super) on_edit: Callback<()>,
    /// Cancel was pressed, or Escape in the form.
    pub(super) on_cancel: Callback<Uuid>,
}

#[component]
pub(super) fn CallForm(props: &CallFormProps) -> Html {
    let n = use_state(|| props.n.clone().unwrap_or(SUGGESTED_N.into()));
    let deadline = use_state(|| AttrValue::from(SUGGESTED_DEADLINE));
    let policy = use_state(Policy::default);
    let n_input = use_node_ref();
    let deadline_input = use_node_ref();

    let submit = {
        let max_n = props.max_n;
        let on_submit = props.on_submit.clone();
        let (n, deadline, policy) = (n.clone(), deadline.clone(), *policy);
        let (n_input, deadline_input) = (n_input.clone(), deadline_input.clone());
        Callback::from(move |()| {
            let input = CallRequest::parse(&n, &deadline, policy, max_n);
            if let Err(error) = &input {
                focus(match error.field() {
                    Field::N => &n_input,
                    Field::Deadline => &deadline_input,
                });
            }
            on_submit.emit(input);
        })
    };
    use_effect_with((), {
        let run = props.run.then(|| submit.clone());
        move |()| {
            if let Some(submit) = run {
                submit.emit(());
            }
        }
    });

    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        submit.emit(());
    });
    let edit = |text: UseStateHandle<AttrValue>| {
        let on_edit = props.on_edit.clone();
        Callback::from(move |new: AttrValue| {
            text.set(new);
            on_edit.emit(());
        })
    };
    let cancel = props.pending.map(|pending| {
        let on_cancel = props.on_cancel.clone();
        let n_input = n_input.clone();
        Callback::from(move |()| {
            on_cancel.emit(pending);
            // The button is about to be disabled, and would leave the keyboard nowhere.
            focus(&n_input);
        })
    });
    let onclick = cancel
        .clone()
        .map(|cancel| cancel.reform(|_: MouseEvent| ()));
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if let Some(cancel) = cancel.as_ref().filter(|_| event.key() == "Escape") {
            cancel.emit(());
        }
    });

    let onwait = {
        let policy = policy.clone();
        Callback::from(move |event: Event| {
            let checkbox: HtmlInputElement = event.target_unchecked_into();
            policy.set(if checkbox.checked() {
                Policy::WaitForWorker
            } else {
                Policy::FailFast
            });
        })
    };

    html! {
        <form class="call-form" {onsubmit} {onkeydown} novalidate=true>
            <FieldView
                id="n"
                label="n"
                hint={format!("0 to {}", props.max_n)}
                input_mode="numeric"
                value={(*n).clone()}
                mistaken={props.mistaken == Some(Field::N)}
                error_id={ERROR_ID}
                on_input={edit(n)}
                node={n_input}
            />
            <FieldView
                id="deadline"
                label="Deadline"
                hint="seconds, or 500ms, 2m"
                input_mode="text"
                value={(*deadline).clone()}
                mistaken={props.mistaken == Some(Field::Deadline)}
                error_id={ERROR_ID}
                on_input={edit(deadline)}
                node={deadline_input}
            />
            <div class="buttons">
                <button type="submit" class="primary" data-testid="call">{ "Call" }</button>
                <button
                    type="button"
                    data-testid="cancel"
                    disabled={onclick.is_none()}
                    {onclick}
                >
                    { "Cancel" }
                </button>
            </div>
            if props.may_wait {
                <label class="wait">
                    <input
                        type="checkbox"
                        data-testid="wait"
                        checked={*policy == Policy::WaitForWorker}
                        onchange={onwait}
                    />
                    { WAIT }
                </label>
            }
        </form>
    }
}

fn focus(input: &NodeRef) {
    if let Some(input) = input.cast::<HtmlInputElement>() {
        // A browser that does not give the focus leaves it where it is, which harms nobody.
        let _ = input.focus();
    }
}
