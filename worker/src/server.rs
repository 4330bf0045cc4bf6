//! One service in this process: what it is, what it computes, and what it has done.

use std::{num::NonZeroU32, sync::Arc};

use tokio::time::Instant;
use uuid::Uuid;
use warren_contract::Pong;

use crate::{Tally, answer::Answerer, metrics::ServiceMetrics};

/// One service in this process. It outlives connections.
#[derive(Debug)]
pub(crate) struct Server {
    /// The worker's name.
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) answerer: Answerer,
    /// The most pings that are answered in a second.
    pub(crate) pongs_per_second: NonZeroU32,
    pub(crate) metrics: Arc<ServiceMetrics>,
    id: Uuid,
    started: Instant,
}

impl Server {
    /// A service that starts now.
    pub(crate) fn new(
        name: String,
        queue: String,
        answerer: Answerer,
        pongs_per_second: NonZeroU32,
        metrics: Arc<ServiceMetrics>,
    ) -> Self {
        Self {
            name,
            queue,
            answerer,
            pongs_per_second,
            metrics,
            id: Uuid::new_v4(),
            started: Instant::now(),
        }
    }

    /// What the worker says of itself, as far as this service goes, at `now`.
    pub(crate) fn pong(&self, now: Instant) -> Pong {
        let Tally {
            served, faulted, ..
        } = self.metrics.tally();
        let uptime = now.saturating_duration_since(self.started);
        Pong {
            id: self.id.to_string(),
            name: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            procedures: self.answerer.served().to_vec(),
            concurrency: self.answerer.concurrency(),
            busy: self.answerer.busy(),
            draining: self.answerer.is_stopping(),
            served,
            failed: faulted,
            uptime_ms: uptime.as_millis().try_into().unwrap_or(u64::MAX),
        }
    }
}
