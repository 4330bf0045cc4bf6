//! Where the broker is: at one address, or at several of its cluster.

use std::{fmt, slice};

use thiserror::Error;

/// The Web-STOMP endpoints of one broker, each `ws://host:15674/ws` or `wss://…`: at least one, and
/// none twice. Those of a cluster are its nodes', any of which will do.
///
/// ```
/// use warren_client::{NoUrl, Urls};
///
/// let one = Urls::from("ws://127.0.0.1:15674/ws");
/// let several = Urls::new(["wss://a.example/ws", "wss://b.example/ws"])?;
/// assert_eq!(several, Urls::listed("wss://a.example/ws, wss://b.example/ws")?);
/// assert_eq!(Urls::listed(" "), Err(NoUrl));
/// # Ok::<(), NoUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls(Vec<String>);

/// A list of URLs is empty.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("there is no URL; give at least one, such as ws://127.0.0.1:15674/ws")]
pub struct NoUrl;

impl Urls {
    /// Takes these; one that comes again counts once.
    ///
    /// # Errors
    /// There is none.
    pub fn new(urls: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, NoUrl> {
        let mut taken: Vec<String> = Vec::new();
        for url in urls {
            let url = url.into();
            if !taken.contains(&url) {
                taken.push(url);
            }
        }
        if taken.is_empty() {
            return Err(NoUrl);
        }
        Ok(Self(taken))
    }

    /// Takes those in a text, in which spaces, commas or ends of lines stand between them.
    ///
    /// # Errors
    /// There is none.
    pub fn listed(text: &str) -> Result<Self, NoUrl> {
        let between = |c: char| c == ',' || c.is_whitespace();
        Self::new(text.split(between).filter(|url| !url.is_empty()))
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self) -> &str {
        // There is one, so the fallback is never taken.
        self.0.first().map_or("", String::as_str)
    }

    /// All of them, in the order in which they were given.
    pub fn iter(&self) -> slice::Iter<'_, String> {
        self.0.iter()
    }
}

impl From<String> for Urls {
    fn from(url: String) -> Self {
        Self(vec![url])
    }
}

impl From<&str> for Urls {
    fn from(url: &str) -> Self {
        url.to_owned().into()
    }
}

impl<'a> IntoIterator for &'a Urls {
    type Item = &'a String;
    type IntoIter = slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// With a comma and a space between them.
impl fmt::Display for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_commas_spaces_or_ends_of_lines_between_its_urls() {
        let expected = Urls::new(["ws://a", "ws://b", "ws://c"]);
        for text in [
            "ws://a,ws://b,ws://c",
            " ws://a  ws://b\r\nws://c\n",
            "ws://a, ws://b, ws://a,, ws://c,",
        ] {
            assert_eq!(Urls::listed(text), expected, "{text:?}");
        }
        for text in ["", " ", ", \n,"] {
            assert_eq!(Urls::listed(text), Err(NoUrl), "{text:?}");
        }
        assert_eq!(Urls::new([""; 0]), Err(NoUrl));
        assert_eq!(Urls::from("ws://a").to_string(), "ws://a");
    }
}
