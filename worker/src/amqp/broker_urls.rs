//! Where the nodes of a broker are.

use std::{fmt, slice, str::FromStr};

use super::{BrokerUrl, InvalidBrokerUrl};

/// Where a broker is: at one address, or at several, which are those of its cluster's nodes. There
/// is at least one, and none is there twice.
///
/// A text has commas between them. Printing them, for people or for debugging, shows no password.
///
/// ```
/// use warren_worker::BrokerUrls;
///
/// let urls: BrokerUrls = "amqp://me:secret@a/v,amqp://me:secret@b/v".parse()?;
/// assert_eq!(urls.to_string(), "amqp://me@a:5672/v, amqp://me@b:5672/v");
/// # Ok::<(), warren_worker::InvalidBrokerUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerUrls(Vec<BrokerUrl>);

impl BrokerUrls {
    /// These and others; one that is there already counts once.
    #[must_use]
    pub fn and(mut self, others: impl Into<Self>) -> Self {
        for url in others.into().0 {
            if !self.0.contains(&url) {
                self.0.push(url);
            }
        }
        self
    }

    /// Each of them, in the order in which they were given.
    pub fn iter(&self) -> slice::Iter<'_, BrokerUrl> {
        self.0.iter()
    }

    /// The same, with another password.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        let urls = self.0.into_iter();
        Self(urls.map(|url| url.with_password(password)).collect())
    }
}

impl From<BrokerUrl> for BrokerUrls {
    fn from(url: BrokerUrl) -> Self {
        Self(vec![url])
    }
}

impl FromStr for BrokerUrls {
    type Err = InvalidBrokerUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBrokerUrl> {
        let mut urls = text.split(',').map(|url| url.trim().parse());
        let first = urls.next().unwrap_or(Err(InvalidBrokerUrl::NoScheme))?;
        urls.try_fold(Self(vec![first]), |urls, url: Result<BrokerUrl, _>| {
            Ok(urls.and(url?))
        })
    }
}

impl<'a> IntoIterator for &'a BrokerUrls {
    type Item = &'a BrokerUrl;
    type IntoIter = slice::Iter<'a, BrokerUrl>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for BrokerUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, url) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            url.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_stand_between_addresses_and_percent_2c_in_passwords() {
        let urls = |text: &str| text.parse::<BrokerUrls>();
        let both = urls("amqp://me:s3c%2Cret@a/v, amqp://me:s3c%2Cret@b/v,amqp://me:s3c%2Cret@a/v");
        let both = both.expect("these are addresses");
        assert_eq!(both.to_string(), "amqp://me@a:5672/v, amqp://me@b:5672/v");
        assert!(!format!("{both:?}").contains("ret"), "{both:?}");
        assert_eq!(
            both,
            urls("amqp://me@a/v,amqp://me@b/v")
                .expect("so are these")
                .with_password("s3c,ret")
        );
        for text in [
            "",
            ",",
            "amqp://me@a/v,",
            "amqp://me:s3c,ret@a/v",
            "amqp://me:5,s3cret@a/v",
        ] {
            let refused = urls(text).expect_err(text);
            let shown = format!("{refused} {refused:?}");
            assert!(!shown.contains("ret@"), "{shown}");
        }
    }
}
