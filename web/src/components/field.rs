//! One text field with its label and its hint.

use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(super) struct FieldViewProps {
    /// The field's name, for styles and tests.
    pub(super) id: &'static str,
    /// What it is called.
    pub(super) label: &'static str,
    /// What it takes.
    pub(super) hint: AttrValue,
    /// The keyboard that a phone offers. The field itself takes any text, so that a mistake is
    /// seen and explained rather than swallowed.
    pub(super) input_mode: &'static str,
    /// Its text.
    pub(super) value: AttrValue,
    /// Whether the text was mistaken.
    pub(super) mistaken: bool,
    /// The element that says how it was mistaken.
    pub(super) error_id: &'static str,
    /// The text was changed to this.
    pub(super) on_input: Callback<AttrValue>,
    /// Receives the input element.
    #[prop_or_default]
    pub(super) node: NodeRef,
}

#[component]
pub(super) fn FieldView(props: &FieldViewProps) -> Html {
    let FieldViewProps { id, mistaken, .. } = props;
    let hint_id = format!("{id}-hint");
    let described_by = if *mistaken {
        format!("{hint_id} {}", props.error_id)
    } else {
        hint_id.clone()
    };
    let oninput = props.on_input.reform(|event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        input.value().into()
    });
    html! {
        <div class="field">
            <label for={*id}>{ props.label }</label>
            <input
                id={*id}
                data-testid={*id}
                type="text"
                inputmode={props.input_mode}
                autocomplete="off"
                spellcheck="false"
                aria-invalid={mistaken.to_string()}
                aria-describedby={described_by}
                value={props.value.clone()}
                {oninput}
                ref={props.node.clone()}
            />
            <small id={hint_id}>{ &props.hint }</small>
        </div>
    }
}
