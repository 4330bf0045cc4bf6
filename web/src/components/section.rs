//! A part of the page.

use yew::prelude::*;

/// A part of the page under its heading. `help` says what it shows to somebody who has just read
/// RabbitMQ's sixth tutorial.
pub(super) fn section(
    id: &'static str,
    title: &'static str,
    help: &'static str,
    content: Html,
) -> Html {
    let heading = format!("{id}-heading");
    html! {
        <section {id} class={classes!("panel", id)} aria-labelledby={heading.clone()}>
            <header>
                <h2 id={heading}>{ title }</h2>
                <details class="help" name="help">
                    <summary>{ "What is this?" }</summary>
                    <p>{ help }</p>
                </details>
            </header>
            { content }
        </section>
    }
}
