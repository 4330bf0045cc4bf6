//! Why a TLS connection was not made, in words that say what to do.

use std::{
    io,
    time::{Duration, SystemTime},
};

use rustls::{
    AlertDescription, CertificateError, Error,
    pki_types::{ServerName, UnixTime},
};

/// Why a TLS connection was not made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TlsTrouble {
    /// One of the two ends does not trust the other's certificate: a person has to mend it.
    Trust(String),
    /// Something else, such as a port that does not speak TLS.
    Other(String),
}

/// What an error of the stream means, if it is one of TLS.
pub(crate) fn tls_trouble(error: &io::Error) -> Option<TlsTrouble> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(error) => TlsTrouble::Trust(distrust(error)),
        Error::AlertReceived(alert) => match distrusted(*alert) {
            Some(words) => TlsTrouble::Trust(format!("{words} ({error})")),
            None => TlsTrouble::Other(error.to_string()),
        },
        Error::InvalidMessage(_) => TlsTrouble::Other(format!(
            "this port does not speak TLS ({error}); take the port of the wss listener, or ws://"
        )),
        error => TlsTrouble::Other(error.to_string()),
    })
}

/// Why we do not take the broker's certificate.
fn distrust(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "the broker's certificate comes from an authority that is not trusted here; \
             name that authority's certificate as the CA file"
                .to_owned()
        }
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "the broker's certificate is not for `{}`, but for {}; connect by a name that it is \
             for, or give the broker a certificate for this one",
            name(expected),
            names(presented),
        ),
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "the broker's certificate expired on {}; renew it, or set this machine's clock",
            date(*not_after)
        ),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "the broker's certificate is valid from {} only; set this machine's clock, or wait",
            date(*not_before)
        ),
        CertificateError::BadSignature => {
            "the broker's certificate is not signed by the authority of that name in the CA file; \
             it may have got a new key"
                .to_owned()
        }
        error => format!("the broker's certificate cannot be used: {error}"),
    }
}

/// Why the broker does not take ours, if that is what it says.
fn distrusted(alert: AlertDescription) -> Option<&'static str> {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            Some("the broker wants a client certificate; name one, and its key")
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => {
            Some("the broker does not take our certificate; look at its authority and its dates")
        }
        AlertDescription::HandshakeFailure => Some(
            "the broker refuses the handshake; it may want a client certificate, or a cipher that \
             is not spoken here",
        ),
        _ => None,
    }
}

fn name(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

/// The library tells names as they are written in Rust: `DnsName("localhost")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let quoted = name.split('"').nth(1);
        format!("`{}`", quoted.unwrap_or(name))
    };
    match presented {
        [] => "no name at all".to_owned(),
        names => names.iter().map(bare).collect::<Vec<_>>().join(", "),
    }
}

fn date(time: UnixTime) -> String {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs());
    humantime::format_rfc3339_seconds(time).to_string()
}
