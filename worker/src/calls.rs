//! Which calls are here, what came of those that were, and which of them were given up.

mod computation;
mod recent;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    thread::panicking,
};

use bytes::Bytes;
use tokio::time::Instant;
use tracing::error;
use warren_contract::{Code, Fault};

pub(crate) use self::computation::{Cancelled, Computation};
use self::recent::Recent;
use crate::{Context, Limits, outcome::Outcome};

/// The longest id that a cancel can have, in bytes: a short string of AMQP.
const LONGEST_ID: usize = 255;

/// The calls that wait or run here, the answers to those that did, and the cancels of those that
/// may still come.
///
/// Requests of the same correlation id that ask the same are one call, which is computed once: one
/// that its caller sent again, or the broker delivered again. A cancel concerns all calls of its
/// id. Requests without an id have nothing to do with each other.
#[derive(Debug)]
pub(crate) struct Calls {
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    here: HashMap<Arc<str>, Vec<Here>>,
    cancelled: Recent<str, ()>,
    answered: Recent<(Arc<str>, Question), Arc<Outcome>>,
}

/// A call for which requests wait, or that runs.
#[derive(Debug)]
struct Here {
    computation: Arc<Computation>,
    waiting: usize,
}

/// What a request asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) procedure: &'static str,
    pub(crate) body: Bytes,
    /// On whose behalf, as far as the broker vouches for it: one user is not told what another may
    /// know.
    pub(crate) user_id: Option<String>,
    /// Where the answer goes, if the procedure must not be done twice. Its callers do not ask again,
    /// so that the same question from elsewhere is another caller's, whose id is the same by chance.
    pub(crate) reply_to: Option<String>,
}

/// What is known of a call when a request of it comes.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It was given up.
    Cancelled,
    /// It was answered not long ago.
    Answered(Arc<Outcome>),
    /// It is new here, and to be computed.
    New(Waiting),
    /// Another request of it waits here, or is being computed.
    Joined(Waiting),
}

/// A request that waits for its call to be computed.
#[derive(Debug)]
#[must_use = "the call is forgotten when the last request that waits for it is dropped"]
pub(crate) struct Waiting(Ticket);

/// A call that is being computed. If this is dropped before its end, the handler has panicked.
#[derive(Debug)]
#[must_use = "whoever waits for the call waits for this"]
pub(crate) struct Running(Ticket);

/// A call that is here.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    calls: Arc<Calls>,
    /// `None` if the caller has no name for the call, and so can neither cancel nor repeat it.
    id: Option<Arc<str>>,
    computation: Arc<Computation>,
}

impl Calls {
    /// No calls yet, and room to remember so much of them.
    pub(crate) fn new(limits: &Limits) -> Self {
        let cancels = recent::Limits {
            number: limits.cancels,
            bytes: limits.cancels.saturating_mul(LONGEST_ID),
            age: limits.memory,
        };
        let answers = recent::Limits {
            number: limits.answers,
            bytes: limits.answer_bytes,
            age: limits.memory,
        };
        Self {
            books: Mutex::new(Books {
                here: HashMap::new(),
                cancelled: Recent::new(cancels),
                answered: Recent::new(answers),
            }),
        }
    }

    /// A request that came at `now`. The context is that of its computation, if it is the first.
    pub(crate) fn arrived(
        self: &Arc<Self>,
        id: Option<&str>,
        question: Question,
        now: Instant,
        context: Context,
    ) -> Arrival {
        let waiting = |id, computation| {
            Waiting(Ticket {
                calls: Arc::clone(self),
                id,
                computation,
            })
        };
        let Some(id) = id else {
            let computation = Computation::new(question, context);
            return Arrival::New(waiting(None, computation.into()));
        };
        let books = &mut *self.lock();
        if books.cancelled.find(id, now).is_some() {
            return Arrival::Cancelled;
        }
        let call = (Arc::from(id), question);
        if let Some(outcome) = books.answered.find(&call, now) {
            return Arrival::Answered(Arc::clone(outcome));
        }
        let (id, question) = call;
        let here = books.here.entry(Arc::clone(&id)).or_default();
        let same = here
            .iter_mut()
            .find(|here| here.computation.question == question);
        if let Some(here) = same {
            here.waiting += 1;
            here.computation.context.extend(context.wanted_until());
            return Arrival::Joined(waiting(Some(id), Arc::clone(&here.computation)));
        }
        let computation = Arc::new(Computation::new(question, context));
        here.push(Here {
            computation: Arc::clone(&computation),
            waiting: 1,
        });
        Arrival::New(waiting(Some(id), computation))
    }

    /// Cancels what is here under this id, and what is still to come.
    pub(crate) fn cancel(&self, id: String, now: Instant) {
        let books = &mut *self.lock();
        for here in books.here.remove(id.as_str()).into_iter().flatten() {
            here.computation.cancel();
        }
        let bytes = id.len();
        books.cancelled.insert(id, (), bytes, now);
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("keeping books does not panic")
    }
}

impl Books {
    /// The place of a computation that is still here.
    fn find(&mut self, id: &str, computation: &Arc<Computation>) -> Option<&mut Here> {
        let here = self.here.get_mut(id)?;
        here.iter_mut()
            .find(|here| Arc::ptr_eq(&here.computation, computation))
    }

    fn forget(&mut self, id: &str, computation: &Arc<Computation>) {
        if let Some(here) = self.here.get_mut(id) {
            here.retain(|here| !Arc::ptr_eq(&here.computation, computation));
            if here.is_empty() {
                self.here.remove(id);
            }
        }
    }
}

impl Ticket {
    pub(crate) fn computation(&self) -> &Computation {
        &self.computation
    }

    /// The time of a request is over: what nobody waits for any more is not computed to its end.
    pub(crate) fn expire(&self, now: Instant) {
        let Some(id) = &self.id else {
            return self.computation.cancel();
        };
        let books = &mut *self.calls.lock();
        let until = self.computation.context.wanted_until();
        let unwanted = until.is_some_and(|until| until <= now);
        if unwanted && books.find(id, &self.computation).is_some() {
            books.forget(id, &self.computation);
            self.computation.cancel();
        }
    }
}

impl Waiting {
    pub(crate) fn ticket(&self) -> Ticket {
        self.0.clone()
    }

    /// Begins the computation; `None` if another request did, or if there is no need to.
    pub(crate) fn begin(self) -> Option<Running> {
        let ticket = &self.0;
        ticket.computation.begin().then(|| Running(ticket.clone()))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Ticket {
            calls,
            id: Some(id),
            computation,
        } = &self.0
        else {
            return;
        };
        let books = &mut *calls.lock();
        if let Some(here) = books.find(id, computation) {
            here.waiting -= 1;
            if here.waiting == 0 && computation.is_waiting() {
                books.forget(id, computation);
            }
        }
    }
}

impl Running {
    pub(crate) fn computation(&self) -> &Computation {
        &self.0.computation
    }

    /// Tells all who wait, and remembers it for those that come again.
    pub(crate) fn end(self, outcome: Outcome, now: Instant) {
        self.settle(outcome, Some(now));
    }

    /// Ends the computation, unless it was cancelled; remembers it as what came at that time.
    fn settle(&self, outcome: Outcome, remember: Option<Instant>) {
        let Ticket {
            calls,
            id,
            computation,
        } = &self.0;
        let outcome = Arc::new(outcome);
        let Some(id) = id else {
            computation.end(&outcome);
            return;
        };
        let books = &mut *calls.lock();
        books.forget(id, computation);
        if computation.end(&outcome)
            && let Some(now) = remember
        {
            let question = computation.question.clone();
            let bytes = id.len() + question.body.len() + outcome.bytes();
            let call = (Arc::clone(id), question);
            books.answered.insert(call, outcome, bytes, now);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Dropped without a panic, it goes with the whole program.
        if panicking() && self.0.computation.ended().is_none() {
            error!("the handler panicked");
            // What callers are told is that it happened, and nothing of the worker's insides.
            let fault = Fault::new(Code::Internal, "the worker failed on this request");
            self.settle(fault.into(), None);
        }
    }
}
