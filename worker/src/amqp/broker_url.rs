//! Where a broker is, read and shown.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::AMQPUri;

/// The heart-beat interval that is asked for, in seconds; the broker may lower it. A dead
/// connection is noticed after two of them.
const HEARTBEAT_S: u16 = 20;

/// What may come after the user, the password, the host and the port.
const ENDS_AUTHORITY: [char; 3] = ['/', '?', '#'];

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

/// Why a text is no [`BrokerUrl`]. It shows nothing of that text, which may have a password in it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidBrokerUrl {
    /// It is no URL of the form that AMQP has.
    #[error("this is no amqp://user:password@host:port/virtual-host: {0}")]
    Malformed(String),
    /// It does not begin as an address of a broker does.
    #[error(
        "this is no amqp://user:password@host:port/virtual-host: it begins with neither amqp:// \
         nor amqps:// (a comma ends an address; in a password it must be written as %2C)"
    )]
    NoScheme,
    /// A character ends a part of it, and can hardly be meant to.
    #[error(
        "a #, /, ? or @ in a user's name, a password or a virtual host must be written as %23, %2F, \
         %3F or %40"
    )]
    NotEncoded,
}

impl FromStr for BrokerUrl {
    type Err = InvalidBrokerUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBrokerUrl> {
        check(text)?;
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

/// Refuses what the library would take for something else than its author, and would log: half a
/// password for a port, say, the other half for a virtual host, and the user for the host.
fn check(text: &str) -> Result<(), InvalidBrokerUrl> {
    let (scheme, rest) = text.split_once("://").ok_or(InvalidBrokerUrl::NoScheme)?;
    if !["amqp", "amqps"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(InvalidBrokerUrl::NoScheme);
    }
    let (_, after_authority) = rest.split_once(ENDS_AUTHORITY).unwrap_or_default();
    if rest.contains('#') || after_authority.contains('@') {
        return Err(InvalidBrokerUrl::NotEncoded);
    }
    Ok(())
}

/// The host in square brackets, if that is what the URL has.
fn ipv6_address(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(ENDS_AUTHORITY).next()?;
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
    fn what_is_no_broker_url_is_refused_without_showing_it() {
        let no_scheme = "it begins with neither amqp:// nor amqps://";
        let not_encoded = "must be written as %23, %2F, %3F or %40";
        let cases = [
            ("", no_scheme),
            ("host:5672", no_scheme),
            ("http://me:s3cret@host", no_scheme),
            ("me:s3cret@host", no_scheme),
            ("amqp:me:s3cret@host/v", no_scheme),
            ("amqps:/me:s3cret@host/v", no_scheme),
            ("amqps:///me:s3cret@host/v", not_encoded),
            ("amqp://me:s3cret#@host:5672/v", not_encoded),
            ("amqp://me:123#s3cret@host:5672/v", not_encoded),
            ("amqp://me:s3cret/@host:5672/v", not_encoded),
            ("amqp://me:123/s3cret@host:5672/v", not_encoded),
            ("amqp://me:123?s3cret@host:5672/v", not_encoded),
            ("amqp://host/v#s3cret", not_encoded),
            ("amqp://me:s3cret", "invalid port number"),
            ("amqp://host:port", "invalid port number"),
            ("amqp://me:s3cret@h?heartbeat=x", "invalid digit"),
        ];
        for (text, expected) in cases {
            let refused = text.parse::<BrokerUrl>().expect_err(text);
            let shown = format!("{refused} {refused:?}");
            assert!(shown.contains(expected), "{shown}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn an_at_sign_needs_no_percent_in_a_password() {
        let url: BrokerUrl = "AMQP://me:s3c@ret@host/v".parse().expect("this is one");
        assert_eq!(
            url,
            "amqp://me:s3c%40ret@host/v".parse().expect("so is this")
        );
    }
}
