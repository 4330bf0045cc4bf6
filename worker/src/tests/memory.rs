//! A broker in memory, which keeps a log of what it is told; `connection` is a worker's way to it.

mod connection;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::watch;

use self::connection::Connection;
use crate::{control::Control, error::BrokerError, request::Request, transport};

/// A reply queue that does not exist.
pub(super) const GONE: &str = "gone";

/// A reply queue that takes nothing.
pub(super) const FULL: &str = "full";

/// A broker. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    state: Arc<Mutex<State>>,
    /// Goes up with every change of the state.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    log: Vec<String>,
    queues: BTreeMap<String, VecDeque<Request>>,
    /// What was handed out and is not settled, by connection and queue.
    unsettled: Vec<(u64, String, Request)>,
    controls: Vec<(u64, Control)>,
    listeners: Vec<u64>,
    connections: u64,
    /// The connections that are gone.
    cut: u64,
    /// The connections whose queue was deleted.
    deleted: u64,
    confirms_held: bool,
    pongs_held: bool,
    refused: Vec<String>,
    /// Why nobody can connect, if so.
    down: Option<BrokerError>,
    ready: u64,
}

impl Memory {
    /// Puts a request into a queue.
    pub(super) fn send(&self, queue: &str, request: Request) {
        self.change(|state| {
            state
                .queues
                .entry(queue.to_owned())
                .or_default()
                .push_back(request);
        });
    }

    /// Says something to all workers.
    pub(super) fn control(&self, control: &Control) {
        self.change(|state| {
            for listener in &state.listeners {
                state.controls.push((*listener, control.clone()));
            }
        });
    }

    /// Ends all connections, and delivers again what was handed out on them.
    pub(super) fn cut(&self) {
        self.change(|state| {
            state.cut = state.connections;
            state.listeners.clear();
            let unsettled = std::mem::take(&mut state.unsettled);
            for (_, queue, request) in unsettled.into_iter().rev() {
                state.requeue(&queue, request);
            }
        });
    }

    /// Deletes all queues with what is in them, which ends their subscriptions.
    pub(super) fn delete_queues(&self) {
        self.change(|state| {
            state.queues.clear();
            state.unsettled.clear();
            state.deleted = state.ready;
        });
    }

    /// Refuses whoever wants to consume from this queue.
    pub(super) fn refuse(&self, queue: &str) {
        self.change(|state| state.refused.push(queue.to_owned()));
    }

    /// Lets nobody connect any more, for this reason.
    pub(super) fn go_down(&self, why: impl Into<BrokerError>) {
        self.change(|state| state.down = Some(why.into()));
    }

    /// Whether replies wait for their confirms.
    pub(super) fn hold_confirms(&self, hold: bool) {
        self.change(|state| state.confirms_held = hold);
    }

    /// Whether pongs are not taken.
    pub(super) fn hold_pongs(&self, hold: bool) {
        self.change(|state| state.pongs_held = hold);
    }

    /// What happened since this was asked the last time.
    pub(super) fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().log)
    }

    /// How many requests wait in a queue.
    pub(super) fn waiting(&self, queue: &str) -> usize {
        self.lock().queues.get(queue).map_or(0, VecDeque::len)
    }

    /// Waits until every request is settled.
    pub(super) async fn settled(&self) {
        self.until(|state| {
            let waits = state.queues.values().any(|queue| !queue.is_empty());
            (!waits && state.unsettled.is_empty()).then_some(())
        })
        .await;
    }

    /// How many connections there were, or were tried.
    pub(super) fn connections(&self) -> u64 {
        self.lock().connections
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changes.send_modify(|changes| *changes += 1);
        changed
    }

    /// Waits until there is something to find.
    async fn until<T>(&self, mut find: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(found) = find(&mut self.lock()) {
                return found;
            }
            changes.changed().await.expect("the sender is in self");
        }
    }
}

impl State {
    fn requeue(&mut self, queue: &str, request: Request) {
        let again = Request {
            redelivered: true,
            ..request
        };
        self.queues
            .entry(queue.to_owned())
            .or_default()
            .push_front(again);
    }

    fn is_cut(&self, connection: u64) -> Result<(), BrokerError> {
        if connection <= self.cut {
            return Err(BrokerError::Lost("cut".to_owned()));
        }
        Ok(())
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")
    }
}

impl transport::Broker for Memory {
    type Connection = Connection;

    async fn connect(&self, _: &str) -> Result<Connection, BrokerError> {
        let id = self.change(|state| {
            state.connections += 1;
            state.down.clone().map_or(Ok(state.connections), Err)
        })?;
        Ok(Connection::new(self.clone(), id))
    }
}
