//! The query of the page's address: `?n=30&run&mode=tutorial`.

use thiserror::Error;
use warren_client::Mode;

/// What the page's address asks for. Parameters that are unknown are left to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// `n=…`: the text for the field n, unchecked: it is treated as if it had been typed.
    pub(crate) n: Option<String>,
    /// `run`: call at once.
    pub(crate) run: bool,
    /// `mode=…`: the mode, over that of `config.json`.
    pub(crate) mode: Option<Result<Mode, UnknownMode>>,
}

/// A mode was named that there is not.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("mode is “{actual}”, but must be “warren” or “tutorial”")]
pub(crate) struct UnknownMode {
    /// The name that was given.
    pub(crate) actual: String,
}

/// The mode of this name, as `config.json` and the address give it.
pub(crate) fn mode_named(name: &str) -> Result<Mode, UnknownMode> {
    match name {
        "warren" => Ok(Mode::Warren),
        "tutorial" => Ok(Mode::Tutorial),
        _ => Err(UnknownMode {
            actual: name.into(),
        }),
    }
}

/// The name of this mode.
pub(crate) const fn name_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Warren => "warren",
        Mode::Tutorial => "tutorial",
    }
}

impl Query {
    /// Reads the address's query, with or without its question mark. Of a parameter that is
    /// repeated, the last counts.
    pub(crate) fn parse(search: &str) -> Self {
        let search = search.strip_prefix('?').unwrap_or(search);
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(search.as_bytes()) {
            match name.as_ref() {
                "n" => query.n = Some(value.into_owned()),
                "run" => query.run = true,
                "mode" => query.mode = Some(mode_named(&value)),
                _ => {}
            }
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        let query = |n: Option<&str>, run, mode| Query {
            n: n.map(Into::into),
            run,
            mode,
        };
        let unknown = UnknownMode {
            actual: "fast".into(),
        };
        let cases = [
            ("", query(None, false, None)),
            ("?", query(None, false, None)),
            ("?n=30", query(Some("30"), false, None)),
            ("?n=30&run", query(Some("30"), true, None)),
            ("?run=1&n=40", query(Some("40"), true, None)),
            ("?n=1&n=2", query(Some("2"), false, None)),
            ("?n=", query(Some(""), false, None)),
            ("?n=3%20%C3%A9+", query(Some("3 é "), false, None)),
            (
                "?mode=tutorial",
                query(None, false, Some(Ok(Mode::Tutorial))),
            ),
            (
                "?mode=warren&x=y",
                query(None, false, Some(Ok(Mode::Warren))),
            ),
            ("?mode=fast", query(None, false, Some(Err(unknown)))),
        ];
        for (search, expected) in cases {
            assert_eq!(Query::parse(search), expected, "{search}");
        }
    }
}
