//! The batch's form: which calls, how many, how many at once; Run and Stop.

use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::{
    components::field::FieldView,
    input::{BatchError, BatchField, BatchRequest, BatchTexts},
};

/// The element that tells what is mistaken.
const ERROR_ID: &str = "batch-error";

/// The fields: each with its element's id, its hint, and the text it begins with. What is
/// suggested is over in some seconds, and long enough to be watched.
const FIELDS: [(BatchField, &str, &str, &str); 5] = [
    (BatchField::From, "batch-from", "first n", "20"),
    (BatchField::To, "batch-to", "last n, then again", "25"),
    (BatchField::Count, "batch-count", "1 to 100000", "1000"),
    (BatchField::InFlight, "batch-in-flight", "at once", "100"),
    (
        BatchField::Deadline,
        "batch-deadline",
        "for each call",
        "30 s",
    ),
];

#[derive(Properties, PartialEq)]
pub(super) struct BatchFormProps {
    /// The largest n that may be called.
    pub(super) max_n: u64,
    /// How many calls the client lets be pending.
    pub(super) max_pending: usize,
    /// Whether a batch runs.
    pub(super) running: bool,
    /// Run was pressed, and the fields are right.
    pub(super) on_run: Callback<BatchRequest>,
    /// Stop was pressed.
    pub(super) on_stop: Callback<()>,
}

#[component]
pub(super) fn BatchForm(props: &BatchFormProps) -> Html {
    let texts = use_state(|| FIELDS.map(|(.., suggested)| AttrValue::from(suggested)));
    let mistake = use_state_eq(|| None::<BatchError>);
    let running = props.running;

    let onsubmit = {
        let (texts, mistake) = (texts.clone(), mistake.clone());
        let (max_n, max_pending) = (props.max_n, props.max_pending);
        let on_run = props.on_run.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if running {
                return;
            }
            let [from, to, count, in_flight, deadline] = &*texts;
            let texts = BatchTexts {
                from,
                to,
                count,
                in_flight,
                deadline,
            };
            match BatchRequest::parse(texts, max_n, max_pending) {
                Ok(request) => {
                    mistake.set(None);
                    on_run.emit(request);
                }
                Err(error) => {
                    focus(error.field());
                    mistake.set(Some(error));
                }
            }
        })
    };
    let onclick = {
        let on_stop = props.on_stop.clone();
        Callback::from(move |_| on_stop.emit(()))
    };
    let mistaken = mistake.as_ref().map(BatchError::field);
    let fields = FIELDS
        .into_iter()
        .enumerate()
        .map(|(index, (field, id, hint, _))| {
            let on_input = {
                let (texts, mistake) = (texts.clone(), mistake.clone());
                Callback::from(move |text| {
                    let mut new = (*texts).clone();
                    new[index] = text;
                    texts.set(new);
                    mistake.set(None);
                })
            };
            html! {
                <FieldView
                    {id}
                    label={field.label()}
                    {hint}
                    input_mode={if field == BatchField::Deadline { "text" } else { "numeric" }}
                    value={texts[index].clone()}
                    mistaken={mistaken == Some(field)}
                    error_id={ERROR_ID}
                    {on_input}
                />
            }
        });

    // The buttons keep the keyboard also while they do nothing; it does not come to Stop then.
    html! {
        <form class="batch-form" {onsubmit} novalidate=true>
            { for fields }
            <div class="buttons">
                <button
                    type="submit"
                    class="primary"
                    data-testid="batch-run"
                    aria-disabled={running.to_string()}
                >
                    { "Run" }
                </button>
                <button
                    type="button"
                    data-testid="batch-stop"
                    tabindex={if running { "0" } else { "-1" }}
                    aria-disabled={(!running).to_string()}
                    {onclick}
                >
                    { "Stop" }
                </button>
            </div>
            // A live region has to be there before it speaks.
            <div id={ERROR_ID} class="batch-alert" role="alert">
                if let Some(mistake) = &*mistake {
                    <p class="batch-error" data-testid="batch-error">{ mistake.to_string() }</p>
                }
            </div>
        </form>
    }
}

/// Leads the keyboard to a field.
fn focus(field: BatchField) {
    let id = FIELDS
        .iter()
        .find_map(|(one, id, ..)| (*one == field).then_some(*id));
    let element = id.and_then(|id| document().get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // A browser that does not give the focus leaves it where it is, which harms nobody.
        let _ = element.focus();
    }
}
