//! The broker's addresses, as `config.json` has them: one text, or a list of texts.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{SeqAccess, Visitor},
};
use thiserror::Error;
use warren_client::{NoUrl, Urls};

/// Addresses that a page cannot connect to.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum BadUrls {
    /// There is none.
    #[error(transparent)]
    None(#[from] NoUrl),
    /// One is none of a WebSocket.
    #[error("the URL is “{actual}”, but must begin with ws:// or wss://")]
    NoWebSocket {
        /// That address.
        actual: String,
    },
}

/// The addresses in a text, with spaces or commas between them.
pub(crate) fn listed(text: &str) -> Result<Urls, BadUrls> {
    checked(Urls::listed(text)?)
}

/// These, unless one is no address of a WebSocket. Browsers would take some of those all the same,
/// as an address beside the page's own.
fn checked(urls: Urls) -> Result<Urls, BadUrls> {
    let is_one = |url: &&String| url.starts_with("ws://") || url.starts_with("wss://");
    match urls.iter().find(|url| !is_one(url)) {
        Some(url) => Err(BadUrls::NoWebSocket {
            actual: url.clone(),
        }),
        None => Ok(urls),
    }
}

/// The field of the file.
pub(super) struct UrlList(Vec<String>);

impl UrlList {
    pub(super) fn of(urls: &Urls) -> Self {
        Self(urls.iter().cloned().collect())
    }

    pub(super) fn urls(self) -> Result<Urls, BadUrls> {
        checked(Urls::new(self.0)?)
    }
}

/// A text if it is one address, as every version of the page understands it.
impl Serialize for UrlList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [url] => url.serialize(serializer),
            urls => urls.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for UrlList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = UrlList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an array of strings")
    }

    fn visit_str<E>(self, url: &str) -> Result<UrlList, E> {
        Ok(UrlList(vec![url.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<UrlList, A::Error> {
        let mut urls = Vec::new();
        while let Some(url) = array.next_element()? {
            urls.push(url);
        }
        Ok(UrlList(urls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_a_web_socket() {
        for url in ["ws://b/ws", "wss://b/ws", "ws://[::1]:15674/ws"] {
            assert_eq!(listed(url), Ok(url.into()));
        }
        for url in ["/ws", "b:15674/ws", "http://b/ws", "https://b/ws"] {
            let actual = url.to_owned();
            let text = format!("ws://a/ws, {url}");
            assert_eq!(listed(&text), Err(BadUrls::NoWebSocket { actual }));
        }
        assert_eq!(listed(" , "), Err(BadUrls::None(NoUrl)));
    }

    #[test]
    fn one_address_is_written_as_a_text_and_several_as_a_list() {
        for json in [r#""ws://a""#, r#"["ws://a","ws://b"]"#] {
            let list: UrlList = serde_json::from_str(json).expect("it is right");
            let urls = list.urls().expect("there is one");
            let written = serde_json::to_string(&UrlList::of(&urls));
            assert_eq!(written.expect("texts are JSON"), json);
        }
    }
}
