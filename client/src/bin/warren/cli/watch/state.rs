//! What is known of a service at one moment, for whoever shows it.

use std::time::Duration;

use warren_client::{Config, ConnectionState, Urls};
use warren_contract::Pong;

use super::rows::{self, Row};

/// A service, as it is watched. All times are counted from the beginning of the watch.
#[derive(Debug)]
pub(super) struct State {
    /// The service's name.
    pub(super) service: String,
    /// The broker's addresses.
    pub(super) urls: Urls,
    pub(super) connection: ConnectionState,
    /// Since when the connection is so.
    pub(super) connection_since: Duration,
    /// How long a ping takes, to the first worker that answers and back.
    pub(super) ping: Option<Duration>,
    /// Whether it is known which workers there are; if not, `rows` is what was known last.
    pub(super) known: bool,
    /// The workers by name, with those that left a few seconds ago.
    pub(super) rows: Vec<Row>,
}

impl State {
    pub(super) fn new(config: &Config, connection: ConnectionState) -> Self {
        Self {
            service: config.queue.clone(),
            urls: config.urls.clone(),
            connection,
            connection_since: Duration::ZERO,
            ping: None,
            known: false,
            rows: Vec::new(),
        }
    }

    /// The connection is so from now on.
    pub(super) fn take_connection(&mut self, now: Duration, connection: ConnectionState) {
        if !connection.is_online() {
            self.ping = None;
        }
        self.connection = connection;
        self.connection_since = now;
    }

    /// Exactly these workers answered; `None` if it is not known who would.
    pub(super) fn take_workers(&mut self, now: Duration, workers: Option<&[Pong]>) {
        self.known = workers.is_some();
        if let Some(workers) = workers {
            self.rows = rows::follow(std::mem::take(&mut self.rows), workers, now);
            if workers.is_empty() {
                self.ping = None;
            }
        }
    }

    /// Time went on.
    pub(super) fn age(&mut self, now: Duration) {
        self.rows = rows::without_long_gone(std::mem::take(&mut self.rows), now);
    }
}
