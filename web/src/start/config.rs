//! `config.json`: where the broker is and who we are there.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use warren_client::{Config, Mode, Urls};
use warren_contract::Fibonacci;

use super::{
    query::{UnknownMode, mode_named, name_of},
    urls::{BadUrls, UrlList},
};

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
    /// Its `url` is no address of a WebSocket, or has none in it.
    #[error("config.json is broken: {0}")]
    Url(#[from] BadUrls),
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
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    url: Option<UrlList>,
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
                urls: format!("{scheme}://{host}:{WEB_STOMP_PORT}/ws").into(),
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
            config.client.urls = url.urls()?;
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
            config.client.passcode = "".into();
            config.client.login = login;
        }
        if let Some(passcode) = file.passcode {
            config.client.passcode = passcode.into();
        }
        for (field, value) in [
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
            urls,
            login,
            passcode,
            vhost,
            queue,
            mode,
            ..
        } = self.client.clone();
        let file = ConfigFile {
            url: Some(UrlList::of(&urls)),
            login: Some(login),
            passcode: passcode
                .fixed()
                .filter(|_| keep_passcode)
                .map(str::to_owned),
            vhost: Some(vhost),
            queue: Some(queue),
            mode: Some(name_of(mode).to_owned()),
            max_n: None,
        };
        // Texts are always JSON.
        serde_json::to_string(&file).unwrap_or_default()
    }
}

/// Why a page that came over https, if it did, cannot connect to one of `urls`; `None` if it may
/// connect to all of them.
pub(crate) fn forbidden(page_is_secure: bool, urls: &Urls) -> Option<&'static str> {
    let is_plain = |url: &String| url.starts_with("ws://");
    (page_is_secure && urls.iter().any(is_plain)).then_some(
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
            let config = PageConfig::beside_the_page(secure, host);
            assert_eq!(config.client.urls, url.into());
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
            urls: "wss://b/ws".into(),
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
        set.client.passcode = "".into();
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
    fn several_addresses_are_an_array_and_are_read_back() {
        let file = r#"{"url":["ws://a/ws","ws://b/ws"]}"#;
        let given = defaults().overridden_by(file).expect("it is right");
        let expected = Urls::new(["ws://a/ws", "ws://b/ws"]);
        assert_eq!(Ok(&given.client.urls), expected.as_ref());
        let read = defaults().overridden_by(&given.to_json(true));
        assert_eq!(read, Ok(given));
    }

    #[test]
    fn a_secure_page_opens_no_insecure_connection() {
        let both = Urls::listed("wss://a/ws ws://b/ws").expect("there are two");
        assert_eq!(forbidden(false, &both), None);
        assert_eq!(forbidden(true, &"wss://b/ws".into()), None);
        let words = forbidden(true, &both).expect("it is forbidden");
        assert!(words.contains("wss://"), "{words}");
    }

    #[test]
    fn every_field_is_taken() {
        let json = r#"{"url":"wss://b/ws","login":"l","passcode":"p","vhost":"v","queue":"q",
            "mode":"tutorial","max_n":20}"#;
        let expected = PageConfig {
            client: Config {
                urls: "wss://b/ws".into(),
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
            (r#"{"url":5}"#, "expected a string or an array of strings"),
            (r#"{"url":[]}"#, "there is no URL"),
            (r#"{"url":["ws://a",5]}"#, "expected a string"),
            (r#"{"url":["ws://a","/ws"]}"#, "the URL is “/ws”"),
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
