//! Where a broker is, read and shown.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::AMQPUri;

/// The heart-beat interval that is asked for, in seconds; the broker may lower it. A dead
/// connection is noticed after two of them.
const HEARTBEAT_S: u16 = 20;

/// The password that the library takes where there is none, and that RabbitMQ comes with.
const NO_SECRET: &str = "guest";

/// Where a broker is, and who to be there: `amqp://user:password@host:port/virtual-host`, or
/// `amqps://` where the connection is to be encrypted.
///
/// After `?auth_mechanism=external`, the broker takes the user from the [certificate] of the
/// client.
///
/// [certificate]: crate::ClientCertificate
///
/// Printing it, for people or for debugging, shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl(AMQPUri);

/// Why a text is no [`BrokerUrl`].
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidBrokerUrl {
    /// It is no URL of the form that AMQP has.
    #[error("this is no amqp://user:password@host:port/virtual-host: {0}")]
    Malformed(String),
}

impl FromStr for BrokerUrl {
    type Err = InvalidBrokerUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBrokerUrl> {
        let mut uri: AMQPUri = text.parse().map_err(InvalidBrokerUrl::Malformed)?;
        // The library takes an IPv6 address for no host at all, and would go to localhost.
        if let Some(address) = ipv6_address(text) {
            address.clone_into(&mut uri.authority.host);
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        Ok(Self(uri))
    }
}

impl BrokerUrl {
    /// The same, with another password.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        password.clone_into(&mut self.0.authority.userinfo.password);
        self
    }

    /// Whether it has a password that not everybody knows.
    pub(crate) fn has_secret(&self) -> bool {
        self.0.authority.userinfo.password != NO_SECRET
    }

    /// The address in the AMQP library's terms.
    pub(super) fn uri(&self) -> &AMQPUri {
        &self.0
    }
}

/// The host in square brackets, if that is what the URL has.
fn ipv6_address(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (address, _) = host.strip_prefix('[')?.split_once(']')?;
    Some(address)
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = &self.0.authority;
        let mut shown = self.0.clone();
        shown.authority.userinfo.password.clear();
        shown.query = Default::default();
        if authority.host.contains(':') {
            shown.authority.host = format!("[{}]", authority.host);
        }
        f.write_str(&shown.to_string().replacen(":@", "@", 1))
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrokerUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_url_shows_everything_but_its_password() {
        let cases = [
            (
                "amqp://guest:s3cret@127.0.0.1:5672/%2f",
                "amqp://guest@127.0.0.1:5672/%2F",
            ),
            (
                "amqp://me:s3cret@broker.lan/calls",
                "amqp://me@broker.lan:5672/calls",
            ),
            (
                "amqp://me:s3cret@[::1]:5673/calls",
                "amqp://me@[::1]:5673/calls",
            ),
            (
                "amqp://me:s3c:ret%40@host/v?heartbeat=5",
                "amqp://me@host:5672/v",
            ),
            ("amqp://", "amqp://guest@localhost:5672/%2F"),
            ("amqps://me:s3cret@host/v", "amqps://me@host:5671/v"),
        ];
        for (text, shown) in cases {
            let url: BrokerUrl = text.parse().expect("this is a broker's address");
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("BrokerUrl({shown})"));
        }
    }

    #[test]
    fn a_password_replaces_another() {
        let url = |text: &str| text.parse::<BrokerUrl>().expect("this is an address");
        let replaced = url("amqp://me:old@host/v").with_password("n€w/@:");
        assert_eq!(replaced, url("amqp://me:n%E2%82%ACw%2F%40%3A@host/v"));
        assert!(replaced.has_secret());
        for no_secret in ["amqp://guest:guest@host", "amqp://me@host", "amqp://"] {
            assert!(!url(no_secret).has_secret(), "{no_secret}");
        }
    }

    #[test]
    fn an_ipv6_address_is_the_host() {
        let url: BrokerUrl = "amqp://me@[::1]:5673/v"
            .parse()
            .expect("this is an address");
        assert_eq!(url.0.authority.host, "::1");
        assert_eq!(url.0.authority.port, 5673);
    }

    #[test]
    fn what_is_no_broker_url_is_refused() {
        for text in [
            "",
            "host:5672",
            "http://host",
            "amqp://host:port",
            "amqp://h?heartbeat=x",
        ] {
            assert!(
                matches!(
                    text.parse::<BrokerUrl>(),
                    Err(InvalidBrokerUrl::Malformed(_))
                ),
                "{text}"
            );
        }
    }
}
