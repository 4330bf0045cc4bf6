//! Notes about how the page was started.

use yew::prelude::*;

use crate::start::{ConfigProblem, UnknownMode};

#[derive(Properties, PartialEq)]
pub(crate) struct NotesProps {
    /// Why `config.json` does not count, if so.
    pub(crate) config_problem: Option<ConfigProblem>,
    /// The mode that the page's address asks for, if there is none such.
    pub(crate) unknown_mode: Option<UnknownMode>,
}

#[component]
pub(crate) fn Notes(props: &NotesProps) -> Html {
    let config = props.config_problem.as_ref().map(|problem| {
        let tone = match problem {
            ConfigProblem::Missing => "quiet",
            _ => "warning",
        };
        note(tone, format!("{problem}. The page uses its defaults."))
    });
    let mode = props
        .unknown_mode
        .as_ref()
        .map(|unknown| note("warning", format!("In the page’s address, {unknown}.")));
    html! {
        <>{ for config }{ for mode }</>
    }
}

fn note(tone: &'static str, words: String) -> Html {
    html! {
        <p class="note" data-testid="note" data-tone={tone} role="note">{ words }</p>
    }
}
