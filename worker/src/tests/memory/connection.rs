//! A worker's connection to the broker in memory, and what comes over it.

use std::num::NonZeroU16;

use warren_contract::{Pong, Topology};

use super::{FULL, GONE, Memory};
use crate::{
    QueueKind, Refusal,
    control::{Control, Ping, Unreadable},
    error::BrokerError,
    reply::Reply,
    request::Request,
    transport::{self, Published},
};

#[derive(Debug)]
pub(in crate::tests) struct Connection {
    memory: Memory,
    id: u64,
}

impl Connection {
    pub(super) fn new(memory: Memory, id: u64) -> Self {
        Self { memory, id }
    }
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
                    broker: self.memory.to_string(),
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
pub(in crate::tests) struct Requests {
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
pub(in crate::tests) struct Delivery {
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
pub(in crate::tests) struct Controls {
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

    fn pong(
        &self,
        _: &Ping,
        pong: &Pong,
    ) -> impl Future<Output = Result<(), BrokerError>> + Send + 'static {
        let Pong { name, busy, .. } = pong;
        let draining = if pong.draining { ", draining" } else { "" };
        let line = format!("pong {name}: {busy} busy{draining}");
        let memory = self.memory.clone();
        async move {
            memory
                .until(|state| (!state.pongs_held).then(|| state.log.push(line.clone())))
                .await;
            Ok(())
        }
    }
}
