//! Sentences with names in them.

use yew::prelude::*;

/// The words, with those set as code that stand between backticks, as errors have it.
pub(super) fn prose(words: &str) -> Html {
    let parts = parts(words).into_iter().map(|(part, is_code)| {
        let part = part.to_owned();
        if is_code {
            html! { <code>{ part }</code> }
        } else {
            html! { part }
        }
    });
    parts.collect()
}

/// The same words where there can be nothing but text.
pub(super) fn plain(words: &str) -> String {
    let parts = parts(words).into_iter().map(|(part, _)| part);
    parts.collect()
}

/// The parts of the words, and whether each is code. A backtick that is not paired is one.
fn parts(words: &str) -> Vec<(&str, bool)> {
    let parts: Vec<_> = words.split('`').collect();
    if parts.len() % 2 == 0 {
        return vec![(words, false)];
    }
    let parts = parts.into_iter().enumerate();
    parts.map(|(index, part)| (part, index % 2 == 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_backticks_is_code() {
        let cases: [(&str, &[(&str, bool)]); 4] = [
            ("No reply.", &[("No reply.", false)]),
            (
                "`web` may not use `/`.",
                &[
                    ("", false),
                    ("web", true),
                    (" may not use ", false),
                    ("/", true),
                    (".", false),
                ],
            ),
            ("an odd `", &[("an odd `", false)]),
            ("", &[("", false)]),
        ];
        for (words, expected) in cases {
            assert_eq!(parts(words), expected, "{words}");
        }
        assert_eq!(
            plain("the queue of `rpc_queue` is full"),
            "the queue of rpc_queue is full"
        );
    }
}
