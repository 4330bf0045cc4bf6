//! Notes about how the page was started.

use warren_client::Urls;
use yew::prelude::*;

use super::prose::prose;
use crate::start::{ConfigProblem, Start, forbidden, is_secure};

/// A note on each thing that the page was told and could not use, and on a broker at `urls`
/// that it cannot reach.
pub(crate) fn notes(start: &Start, urls: &Urls) -> Html {
    let config = start.config_problem.as_ref().map(|problem| {
        let tone = match problem {
            ConfigProblem::Missing => "quiet",
            _ => "warning",
        };
        note(tone, &format!("{problem}. The page uses its defaults."))
    });
    let unknown_mode = start
        .query
        .mode
        .as_ref()
        .and_then(|mode| mode.as_ref().err());
    let mode =
        unknown_mode.map(|unknown| note("warning", &format!("In the page’s address, {unknown}.")));
    html! {
        <>{ for config }{ for mode }{ for forbidden(is_secure(), urls).map(|words| note("warning", words)) }</>
    }
}

fn note(tone: &'static str, words: &str) -> Html {
    html! {
        <p class="note" data-testid="note" data-tone={tone} role="note">{ prose(words) }</p>
    }
}
