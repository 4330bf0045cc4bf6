//! A broker in memory, which keeps a log of what it is told.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::watch;
use warren_contract::{Pong, Topology};

use crate::{
    QueueKind, Refusal,
    control::{Control, Ping, Unreadable},
    error::BrokerError,
    reply::Reply,
    request::Request,
    transport::{self, Published},
};

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
    refused: Vec<String>,
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

    /// Whether replies wait for their confirms.
    pub(super) fn hold_confirms(&self, hold: bool) {
        self.change(|state| state.confirms_held = hold);
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

    /// How many connections there were.
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
            state.connections
        });
        Ok(Connection {
            memory: self.clone(),
            id,
        })
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    memory: Memory,
    id: u64,
}

impl transport::Connection for Connection {
    type Requests = Requests;
    type Control = Controls;

    async fn declare(&self, topology: &Topology, _: QueueKind) -> Result<(), BrokerError> {
        self.memory.change(|state| {
            state.queues.entry(topology.queue().to_owned()).or_default();
            state.is_cut(self.id)
        })
    }

    async fn consume(&self, queue: &str, prefetch: NonZeroU16) -> Result<Requests, BrokerError> {
        self.memory.change(|state| {
            state.is_cut(self.id)?;
            if state.refused.iter().any(|refused| refused == queue) {
                return Err(Refusal::Permission {
                    user: "guest".to_owned(),
                    said: format!("not {queue}"),
                }
                .into());
            }
            state.ready += 1;
            Ok(Requests {
                memory: self.memory.clone(),
                connection: self.id,
                subscription: state.ready,
                queue: queue.to_owned(),
                prefetch: prefetch.get().into(),
            })
        })
    }

    async fn listen(&self, _: &str) -> Result<Controls, BrokerError> {
        self.memory.change(|state| {
            state.listeners.push(self.id);
            state.is_cut(self.id)
        })?;
        Ok(Controls {
            memory: self.memory.clone(),
            connection: self.id,
        })
    }

    async fn close(self) {
        self.memory.change(|state| {
            if state.is_cut(self.id).is_ok() {
                state.log.push("close".to_owned());
            }
            state.listeners.retain(|listener| *listener != self.id);
            let unsettled = std::mem::take(&mut state.unsettled);
            for (connection, queue, request) in unsettled.into_iter().rev() {
                if connection == self.id {
                    state.requeue(&queue, request);
                } else {
                    state.unsettled.insert(0, (connection, queue, request));
                }
            }
        });
    }
}

#[derive(Debug)]
pub(super) struct Requests {
    memory: Memory,
    connection: u64,
    subscription: u64,
    queue: String,
    prefetch: usize,
}

impl transport::Requests for Requests {
    type Delivery = Delivery;

    async fn next(&mut self) -> Result<Delivery, BrokerError> {
        let request = self.memory.until(|state| {
            if let Err(lost) = state.is_cut(self.connection) {
                return Some(Err(lost));
            }
            if self.subscription <= state.deleted {
                return Some(Err(BrokerError::QueueGone));
            }
            let mine = |(connection, queue, _): &&(u64, String, Request)| {
                *connection == self.connection && *queue == self.queue
            };
            if state.unsettled.iter().filter(mine).count() >= self.prefetch {
                return None;
            }
            let request = state.queues.get_mut(&self.queue)?.pop_front()?;
            let unsettled = (self.connection, self.queue.clone(), request.clone());
            state.unsettled.push(unsettled);
            Some(Ok(request))
        });
        Ok(Delivery {
            request: request.await?,
            connection: self.connection,
            memory: self.memory.clone(),
        })
    }

    async fn stop(self) {}
}

#[derive(Debug)]
pub(super) struct Delivery {
    memory: Memory,
    connection: u64,
    request: Request,
}

impl Delivery {
    fn name(&self) -> &str {
        self.request.correlation_id.as_deref().unwrap_or("nameless")
    }

    /// Settles the request, by this word in the log.
    fn settle(&self, how: &str, again: bool) -> Result<(), BrokerError> {
        self.memory.change(|state| {
            state.is_cut(self.connection)?;
            state.log.push(format!("{how} {}", self.name()));
            let mine = |(connection, _, request): &(u64, String, Request)| {
                *connection == self.connection
                    && request.correlation_id == self.request.correlation_id
            };
            // What was in a deleted queue is not there any more.
            if let Some(place) = state.unsettled.iter().position(mine) {
                let (_, queue, request) = state.unsettled.remove(place);
                if again {
                    state.requeue(&queue, request);
                }
            }
            Ok(())
        })
    }

    fn publish(&self, reply: &Reply) -> Result<(), BrokerError> {
        let kind = match &reply.meta {
            Some(meta) => meta.message_type.as_str(),
            None => "text",
        };
        let body = String::from_utf8_lossy(&reply.body);
        let line = format!("{kind} {}: {body}", self.name());
        self.memory.change(|state| {
            state.is_cut(self.connection)?;
            state.log.push(line);
            Ok(())
        })
    }
}

impl transport::Delivery for Delivery {
    fn request(&self) -> &Request {
        &self.request
    }

    async fn reply(&self, reply: &Reply) -> Result<Published, BrokerError> {
        self.publish(reply)?;
        let confirmed = self.memory.until(|state| {
            let alive = state.is_cut(self.connection);
            (alive.is_err() || !state.confirms_held).then_some(alive)
        });
        confirmed.await?;
        Ok(match self.request.reply_to.as_deref() {
            Some(GONE) | None => Published::CallerGone,
            Some(FULL) => Published::Refused,
            Some(_) => Published::Confirmed,
        })
    }

    async fn tell(&self, message: &Reply) -> Result<(), BrokerError> {
        self.publish(message)
    }

    async fn ack(&self) -> Result<(), BrokerError> {
        self.settle("ack", false)
    }

    async fn give_back(&self) -> Result<(), BrokerError> {
        self.settle("give back", true)
    }

    async fn give_up(&self) -> Result<(), BrokerError> {
        self.settle("give up", false)
    }
}

#[derive(Debug)]
pub(super) struct Controls {
    memory: Memory,
    connection: u64,
}

impl transport::ControlMessages for Controls {
    async fn next(&mut self) -> Result<Result<Control, Unreadable>, BrokerError> {
        let control = self.memory.until(|state| {
            if let Err(lost) = state.is_cut(self.connection) {
                return Some(Err(lost));
            }
            let mine = |(listener, _): &(u64, Control)| *listener == self.connection;
            let place = state.controls.iter().position(mine)?;
            Some(Ok(state.controls.remove(place).1))
        });
        control.await.map(Ok)
    }

    async fn pong(&self, _: &Ping, pong: &Pong) -> Result<(), BrokerError> {
        let Pong { name, busy, .. } = pong;
        let draining = if pong.draining { ", draining" } else { "" };
        let line = format!("pong {name}: {busy} busy{draining}");
        self.memory.change(|state| state.log.push(line));
        Ok(())
    }
}
