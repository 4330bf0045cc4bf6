//! The state as one line of JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use warren_client::ConnectionState;
use warren_contract::ServedProcedure;

use super::{
    rows::{self, Row},
    state::State,
};

/// One line. Rates are in requests per second.
#[derive(Debug, Serialize)]
pub(super) struct Sample<'a> {
    unix_ms: u128,
    service: &'a str,
    connection: Connection<'a>,
    ping_ms: Option<f64>,
    /// Whether it is known who is there; if not, the workers are those that were known last.
    known: bool,
    totals: Totals,
    workers: Vec<Worker<'a>>,
}

#[derive(Debug, Serialize)]
struct Connection<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Totals {
    workers: usize,
    busy: u64,
    concurrency: u64,
    served: u64,
    failed: u64,
    served_per_s: f64,
    failed_per_s: f64,
}

#[derive(Debug, Serialize)]
struct Worker<'a> {
    id: &'a str,
    name: &'a str,
    version: &'a str,
    gone: bool,
    draining: bool,
    busy: u16,
    concurrency: u16,
    served: u64,
    failed: u64,
    served_per_s: Option<f64>,
    failed_per_s: Option<f64>,
    uptime_ms: u64,
    procedures: &'a [ServedProcedure],
}

impl<'a> Sample<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        let totals = rows::totals(&state.rows);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            // A clock that stands before 1970 is not set, and tells nothing.
            unix_ms: since_1970.map_or(0, |since| since.as_millis()),
            service: &state.service,
            connection: Connection::of(&state.connection),
            ping_ms: state.ping.map(milliseconds),
            known: state.known,
            totals: Totals {
                workers: totals.workers,
                busy: totals.busy,
                concurrency: totals.concurrency,
                served: totals.served,
                failed: totals.failed,
                served_per_s: totals.rates.served,
                failed_per_s: totals.rates.failed,
            },
            workers: state.rows.iter().map(Worker::of).collect(),
        }
    }
}

impl<'a> Connection<'a> {
    fn of(connection: &'a ConnectionState) -> Self {
        let (state, reason) = match connection {
            ConnectionState::Connecting { .. } => ("connecting", None),
            ConnectionState::Online { .. } => ("online", None),
            ConnectionState::Offline { reason, .. } => ("offline", Some(reason)),
            ConnectionState::Closed => ("closed", None),
        };
        Self {
            state,
            url: connection.url(),
            code: reason.map(|reason| reason.code().as_str()),
            reason: reason.map(ToString::to_string),
        }
    }
}

impl<'a> Worker<'a> {
    fn of(row: &'a Row) -> Self {
        let pong = &row.pong;
        Self {
            id: &pong.id,
            name: &pong.name,
            version: &pong.version,
            gone: row.gone_since.is_some(),
            draining: pong.draining,
            busy: pong.busy,
            concurrency: pong.concurrency,
            served: pong.served,
            failed: pong.failed,
            served_per_s: row.rates.map(|rates| rates.served),
            failed_per_s: row.rates.map(|rates| rates.failed),
            uptime_ms: pong.uptime_ms,
            procedures: &pong.procedures,
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
