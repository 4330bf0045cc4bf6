//! A broker that ends every connection as soon as it is pinged.

use warren_stomp::Closed;

use super::ending;
use crate::Disconnect;

/// How many connections in a row must end so until it is the exchange's fault. Fewer may be an
/// operator's, or those of a broker that is just stopping.
const ENDS: u32 = 3;

/// The first ping on each connection, which proves that its exchange is there.
#[derive(Debug)]
pub(super) struct FirstPing {
    exchange: String,
    unanswered: bool,
    ends: u32,
    /// Whether the exchange was there when it was last pinged, as far as that is known.
    proved: bool,
}

impl FirstPing {
    pub(super) fn new(exchange: String) -> Self {
        Self {
            exchange,
            unanswered: false,
            ends: 0,
            proved: false,
        }
    }

    /// Whether it may be what ends this connection yet, and with it what is sent meanwhile.
    pub(super) fn may_end(&self) -> bool {
        self.unanswered && !self.proved
    }

    /// It was sent.
    pub(super) fn sent(&mut self) {
        self.unanswered = true;
    }

    /// Something came for it, be it itself.
    pub(super) fn answered(&mut self) {
        self.unanswered = false;
        self.ends = 0;
        self.proved = true;
    }

    /// The connection ended. Unless [`explain`](Self::explain) was asked before, it ended in a way
    /// in which no ping ends one.
    pub(super) fn ended(&mut self) {
        if std::mem::take(&mut self.unanswered) {
            self.ends = 0;
        }
    }

    /// How the connection to `url` ended. It tells why, if the ping was what ended it.
    pub(super) fn explain(&mut self, url: &str, closed: &Closed) -> Option<Disconnect> {
        if !std::mem::take(&mut self.unanswered) {
            return None;
        }
        if ending::died(closed) {
            self.ends += 1;
            self.proved = false;
        } else {
            self.ends = 0;
        }
        (self.ends >= ENDS).then(|| {
            let detail = "it ends every connection that publishes there".to_owned();
            ending::topology_missing(url, &self.exchange, detail)
        })
    }
}
