//! `config.json`: where the broker is and who we are there.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use warren_client::{Config, Mode};
use warren_contract::Fibonacci;

use super::query::{UnknownMode, mode_named, name_of};

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
    #[error("config.json is broken: {0}")]
    Url(#[from] NoWebSocket),
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

/// An address that is none of a WebSocket.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the URL is “{actual}”, but must begin with ws:// or wss://")]
pub(crate) struct NoWebSocket {
    /// The address.
    pub(crate) actual: String,
}

/// The file's fields, each of which may be left out.
#[derive(Default, Deserialize, Serialize)]
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
            check_url(&url)?;
            config.client.url = url;
        }
        if let Some(mode) = file.mode {
            config = config.in_mode(mode_named(&mode)?);
        }
        if let Some(max_n) = file.max_n {
            if max_n > Fibonacci::LARGEST_N {
                return Err(ConfigProblem::MaxN { actual: max_n });
            }
            config.max_n = max_n;
        }
        if let Some(login) = file.login
            && login != config.client.login
        {
            // The passcode that there was is somebody else's.
            config.client.passcode.clear();
            config.client.login = login;
        }
        for (field, value) in [
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

    /// This configuration in `mode`. Another mode brings its own login, as the one that there is
    /// is for the mode that there is.
    pub(crate) fn in_mode(self, mode: Mode) -> Self {
        if mode == self.client.mode {
            return self;
        }
        Self {
            client: self.client.in_mode(mode),
            ..self
        }
    }

    /// This configuration in the words of the file, without the passcode unless it is to be kept.
    pub(crate) fn to_json(&self, keep_passcode: bool) -> String {
        let Config {
            url,
            login,
            passcode,
            vhost,
            queue,
            mode,
            ..
        } = self.client.clone();
        let file = ConfigFile {
            url: Some(url),
            login: Some(login),
            passcode: keep_passcode.then_some(passcode),
            vhost: Some(vhost),
            queue: Some(queue),
            mode: Some(name_of(mode).to_owned()),
            max_n: None,
        };
        // Texts are always JSON.
        serde_json::to_string(&file).unwrap_or_default()
    }
}

/// Refuses what is no address of a WebSocket. Browsers would take some of it all the same, as an
/// address beside the page's own.
pub(crate) fn check_url(url: &str) -> Result<(), NoWebSocket> {
    if url.starts_with("ws://") || url.starts_with("wss://") {
        Ok(())
    } else {
        Err(NoWebSocket {
            actual: url.to_owned(),
        })
    }
}

/// Why a page that came over https, if it did, cannot connect to `url`; `None` if it may.
pub(crate) fn forbidden(page_is_secure: bool, url: &str) -> Option<&'static str> {
    (page_is_secure && url.starts_with("ws://")).then_some(
        "This page came over https, and browsers let such a page open no ws:// connection, as \
         anybody on the way could read and change it. Give the broker TLS, and a URL that begins \
         with wss://.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_is_written_is_read_back_and_a_passcode_only_if_it_is_to_be_kept() {
        let mut set = defaults();
        set.client = Config {
            url: "wss://b/ws".into(),
            vhost: "v".into(),
            queue: "q".into(),
            ..set.client.in_mode(Mode::Tutorial)
        };
        let kept = set.to_json(true);
        assert_eq!(defaults().overridden_by(&kept), Ok(set.clone()));

        let written = set.to_json(false);
        assert!(written.contains(r#""passcode":null"#), "{written}");
        set.client.login = "hare".into();
        set.client.passcode = "secret".into();
        let read = defaults().overridden_by(&set.to_json(false));
        set.client.passcode.clear();
        assert_eq!(read, Ok(set), "another's passcode is not taken");
    }

    #[test]
    fn a_passcode_that_is_not_kept_is_that_of_the_file_for_the_same_login() {
        let file = r#"{"login":"hare","passcode":"secret"}"#;
        let given = defaults().overridden_by(file).expect("it is right");
        let mut set = given.clone();
        set.client.queue = "q".into();
        assert_eq!(given.overridden_by(&set.to_json(false)), Ok(set));
    }

    #[test]
    fn an_address_is_that_of_a_web_socket() {
        for url in ["ws://b/ws", "wss://b/ws", "ws://[::1]:15674/ws"] {
            assert_eq!(check_url(url), Ok(()));
        }
        for url in [
            "",
            "/ws",
            "b:15674/ws",
            "http://b/ws",
            "https://b/ws",
            " ws://b/ws",
        ] {
            let error = check_url(url).expect_err("it is none");
            assert_eq!(error.actual, url);
        }
    }

    #[test]
    fn a_secure_page_opens_no_insecure_connection() {
        assert_eq!(forbidden(false, "ws://b/ws"), None);
        assert_eq!(forbidden(true, "wss://b/ws"), None);
        let words = forbidden(true, "ws://b/ws").expect("it is forbidden");
        assert!(words.contains("wss://"), "{words}");
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
