//! Why a session ended, in the words of those who wait for a connection.

use warren_contract::BOUNCE_EXCHANGE;
use warren_stomp::{Closed, ServerError, SessionConfig};

use crate::Disconnect;

/// What RabbitMQ says, as `message`, of every CONNECT that it refuses. Any other, such as
/// `Processing error` when the node is short of channels, is a failure that may pass.
const REFUSAL: &str = "Bad CONNECT";

/// What RabbitMQ says, in its explanation, when the virtual host has as many queues as it may have.
const QUEUE_LIMIT: &str = "queue limit in vhost";

/// How RabbitMQ closes a connection that uses an exchange that does not exist, or that this user
/// may not use. It says the same of many other ends, and no word of its own.
const DIED: (Option<u16>, &str) = (Some(1000), "STOMP died");

/// What the end of a session at `url` means, unless the user asked for it. `subscribing` tells that
/// the subscription to what bounces was asked for, and not confirmed.
pub(super) fn of_session(
    url: &str,
    closed: &Closed,
    session: &SessionConfig,
    subscribing: bool,
) -> Disconnect {
    let lost = |detail| Disconnect::Lost {
        url: url.to_owned(),
        detail,
    };
    match closed {
        Closed::Refused(error) => refused(url, session, error),
        Closed::HeartBeatMissed {
            silent_for,
            allowed,
        } => Disconnect::Silent {
            url: url.to_owned(),
            silent_for: *silent_for,
            allowed: *allowed,
        },
        Closed::ConnectTimeout { after } => {
            lost(format!("the broker did not greet us within {after:?}"))
        }
        Closed::Protocol(error) => Disconnect::Protocol {
            url: url.to_owned(),
            detail: error.to_string(),
        },
        Closed::Lost {
            code,
            reason,
            error,
        } => {
            let detail = match error {
                Some(error) => error.to_string(),
                None => close_words(*code, reason),
            };
            // RabbitMQ 3.10 sends no ERROR when it cannot give us the subscription.
            if subscribing && died(closed) {
                topology_missing(url, BOUNCE_EXCHANGE, detail)
            } else {
                lost(detail)
            }
        }
        Closed::Disconnected => lost("the session ended".to_owned()),
    }
}

/// Whether RabbitMQ may have ended the connection for an exchange.
pub(crate) fn died(closed: &Closed) -> bool {
    matches!(closed, Closed::Lost { code, reason, .. } if (*code, reason.as_str()) == DIED)
}

/// What an ERROR frame on an open connection to `url` means. `subscribing` is as for [`of_session`].
pub(super) fn of_error(url: &str, error: &ServerError, subscribing: bool) -> Disconnect {
    let detail = error.to_string();
    if error.detail.contains(QUEUE_LIMIT) {
        let url = url.to_owned();
        Disconnect::LimitReached { url, detail }
    } else if subscribing {
        topology_missing(url, BOUNCE_EXCHANGE, detail)
    } else {
        let url = url.to_owned();
        Disconnect::Lost { url, detail }
    }
}

/// No WebSocket could be opened.
pub(super) fn unreachable(url: &str, detail: &str) -> Disconnect {
    Disconnect::Unreachable {
        url: url.to_owned(),
        detail: detail.to_owned(),
    }
}

/// Something is wrong with a certificate, ours or theirs.
pub(super) fn untrusted(url: &str, detail: &str) -> Disconnect {
    Disconnect::Untrusted {
        url: url.to_owned(),
        detail: detail.to_owned(),
    }
}

/// An exchange does not exist, or is not ours to use.
pub(super) fn topology_missing(url: &str, exchange: &str, detail: String) -> Disconnect {
    Disconnect::TopologyMissing {
        url: url.to_owned(),
        exchange: exchange.to_owned(),
        detail,
    }
}

/// Only the words of RabbitMQ's explanation say whether it is the virtual host that we may not
/// use.
pub(crate) fn refused(url: &str, session: &SessionConfig, error: &ServerError) -> Disconnect {
    let url = url.to_owned();
    let login = session.login.clone();
    let detail = error.to_string();
    if error.message != REFUSAL {
        Disconnect::Lost { url, detail }
    } else if error.detail.starts_with("Virtual host") {
        Disconnect::VhostRefused {
            url,
            login,
            vhost: session.host.clone(),
            detail,
        }
    } else {
        Disconnect::LoginRefused { url, login, detail }
    }
}

fn close_words(code: Option<u16>, reason: &str) -> String {
    match (code, reason) {
        (None, "") => "the connection broke off".to_owned(),
        (None, reason) => reason.to_owned(),
        (Some(code), "") => format!("closed with code {code}"),
        (Some(code), reason) => format!("closed with code {code}, {reason}"),
    }
}
