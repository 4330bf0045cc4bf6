//! `config.json`: where the broker is and who we are there.

use serde::Deserialize;
use thiserror::Error;
use warren_client::Config;
use warren_contract::Fibonacci;

use super::query::{UnknownMode, mode_named};

/// The port of the Web-STOMP plugin, unless its operator chose another.
const WEB_STOMP_PORT: u16 = 15674;

/// What the page needs to know about its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageConfig {
    /// The broker, the login, the queue and the mode.
    pub(crate) client: Config,
    /// The largest n that the workers serve, at most [`Fibonacci::LARGEST_N`].
    pub(crate) max_n: u64,
}

/// Why `config.json` does not count. Its defaults hold then.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum ConfigProblem {
    /// There is none. That is no mistake: `trunk serve` has none either.
    #[error("There is no config.json beside this page")]
    Missing,
    /// The server did not answer with the file.
    #[error("config.json could not be read: {detail}")]
    Unread {
        /// What the browser, or the server, says.
        detail: String,
    },
    /// It is not the JSON that is expected.
    #[error("config.json is broken: {detail}")]
    Broken {
        /// What was expected, and where.
        detail: String,
    },
    /// Its `url` is no address of a WebSocket.
    #[error("config.json is broken: url is “{actual}”, but must begin with ws:// or wss://")]
    Url {
        /// The `url` it has.
        actual: String,
    },
    /// Its `mode` is unknown.
    #[error("config.json is broken: {0}")]
    Mode(#[from] UnknownMode),
    /// Its `max_n` is too large.
    #[error(
        "config.json is broken: max_n is {actual}, but no Fibonacci number beyond n = {} fits in 64 bits",
        Fibonacci::LARGEST_N
    )]
    MaxN {
        /// The `max_n` it has.
        actual: u64,
    },
}

/// The file's fields, each of which may be left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    url: Option<String>,
    login: Option<String>,
    passcode: Option<String>,
    vhost: Option<String>,
    queue: Option<String>,
    mode: Option<String>,
    max_n: Option<u64>,
}

impl PageConfig {
    /// The defaults: a broker on the host that the page came from.
    pub(crate) fn beside_the_page(secure: bool, host: &str) -> Self {
        let scheme = if secure { "wss" } else { "ws" };
        // A page that was opened as a file has no host.
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        Self {
            client: Config {
                url: format!("{scheme}://{host}:{WEB_STOMP_PORT}/ws"),
                ..Config::default()
            },
            max_n: Fibonacci::DEFAULT_MAX_N,
        }
    }

    /// This configuration with what the file `json` says in its place.
    pub(crate) fn overridden_by(&self, json: &str) -> Result<Self, ConfigProblem> {
        let file: ConfigFile =
            serde_json::from_str(json).map_err(|error| ConfigProblem::Broken {
                detail: error.to_string(),
            })?;
        let mut config = self.clone();
        if let Some(url) = file.url {
            if !(url.starts_with("ws://") || url.starts_with("wss://")) {
                return Err(ConfigProblem::Url { actual: url });
            }
            config.client.url = url;
        }
        if let Some(mode) = file.mode {
            config.client = config.client.in_mode(mode_named(&mode)?);
        }
        if let Some(max_n) = file.max_n {
            if max_n > Fibonacci::LARGEST_N {
                return Err(ConfigProblem::MaxN { actual: max_n });
            }
            config.max_n = max_n;
        }
        for (field, value) in [
            (&mut config.client.login, file.login),
            (&mut config.client.passcode, file.passcode),
            (&mut config.client.vhost, file.vhost),
            (&mut config.client.queue, file.queue),
        ] {
            if let Some(value) = value {
                *field = value;
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use warren_client::Mode;

    fn defaults() -> PageConfig {
        PageConfig::beside_the_page(false, "warren.example")
    }

    #[test]
    fn the_broker_is_on_the_host_of_the_page_unless_said_otherwise() {
        let cases = [
            (false, "warren.example", "ws://warren.example:15674/ws"),
            (true, "warren.example", "wss://warren.example:15674/ws"),
            (false, "[::1]", "ws://[::1]:15674/ws"),
            (false, "", "ws://127.0.0.1:15674/ws"),
        ];
        for (secure, host, url) in cases {
            assert_eq!(PageConfig::beside_the_page(secure, host).client.url, url);
        }
    }

    #[test]
    fn a_field_that_is_left_out_keeps_its_default() {
        assert_eq!(defaults().overridden_by("{}"), Ok(defaults()));

        let mut expected = defaults();
        expected.client.vhost = "burrow".into();
        let actual = defaults().overridden_by(r#"{"vhost":"burrow"}"#);
        assert_eq!(actual, Ok(expected));
    }

    #[test]
    fn a_mode_brings_its_login_unless_another_is_given() {
        let expected = PageConfig {
            client: defaults().client.in_mode(Mode::Tutorial),
            ..defaults()
        };
        assert_eq!(expected.client.login, "guest");
        let actual = defaults().overridden_by(r#"{"mode":"tutorial"}"#);
        assert_eq!(actual, Ok(expected));
    }

    #[test]
    fn every_field_is_taken() {
        let json = r#"{"url":"wss://b/ws","login":"l","passcode":"p","vhost":"v","queue":"q",
            "mode":"tutorial","max_n":20}"#;
        let expected = PageConfig {
            client: Config {
                url: "wss://b/ws".into(),
                login: "l".into(),
                passcode: "p".into(),
                vhost: "v".into(),
                queue: "q".into(),
                mode: Mode::Tutorial,
                ..Config::default()
            },
            max_n: 20,
        };
        assert_eq!(defaults().overridden_by(json), Ok(expected));
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said_in_words() {
        let cases = [
            ("", "config.json is broken: EOF"),
            ("<!doctype html>", "config.json is broken: expected value"),
            (r#"{"url":5}"#, "expected a string"),
            (r#"{"password":"x"}"#, "unknown field `password`"),
            (r#"{"url":"http://b"}"#, "must begin with ws:// or wss://"),
            (r#"{"mode":"fast"}"#, "“fast”"),
            (r#"{"max_n":94}"#, "max_n is 94"),
            (r#"{"max_n":-1}"#, "invalid value: integer `-1`"),
        ];
        for (json, words) in cases {
            let problem = defaults().overridden_by(json).expect_err(json);
            let said = problem.to_string();
            assert!(said.contains(words), "{json}: {said}");
        }
    }
}
