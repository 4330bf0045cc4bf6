//! One worker: what it is, what it computes, and what it has done.

use std::{
    num::NonZeroU16,
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use uuid::Uuid;
use warren_contract::{Pong, Procedure, ServedProcedure};

use crate::{Handler, Tally, answer::Answerer, tally::Settled};

/// A worker. It outlives connections.
#[derive(Debug)]
pub(crate) struct Worker<H> {
    pub(crate) name: String,
    pub(crate) answerer: Answerer<H>,
    id: Uuid,
    started: Instant,
    tally: Mutex<Tally>,
}

impl<H: Handler> Worker<H> {
    /// A worker that starts now.
    pub(crate) fn new(name: String, handler: H, concurrency: NonZeroU16) -> Self {
        Self {
            name,
            answerer: Answerer::new(handler, concurrency),
            id: Uuid::new_v4(),
            started: Instant::now(),
            tally: Mutex::default(),
        }
    }

    /// Counts a request that is settled.
    pub(crate) fn count(&self, settled: Settled) {
        self.lock().count(settled);
    }

    /// What was counted so far.
    pub(crate) fn tally(&self) -> Tally {
        Tally {
            computed: self.answerer.computed(),
            ..*self.lock()
        }
    }

    /// What the worker says of itself at `now`.
    pub(crate) fn pong(&self, now: Instant) -> Pong {
        let Tally {
            served, faulted, ..
        } = self.tally();
        let uptime = now.saturating_duration_since(self.started);
        Pong {
            id: self.id.to_string(),
            name: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            procedures: vec![ServedProcedure {
                name: H::Procedure::NAME.to_owned(),
                limits: self.answerer.limits(),
            }],
            concurrency: self.answerer.concurrency(),
            busy: self.answerer.busy(),
            draining: self.answerer.is_stopping(),
            served,
            failed: faulted,
            uptime_ms: uptime.as_millis().try_into().unwrap_or(u64::MAX),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("counting does not panic")
    }
}
