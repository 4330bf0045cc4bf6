//! Which calls are here, what came of those that were, and which of them were given up.

mod computation;
mod recent;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use tracing::error;
use warren_contract::{Code, Fault};

pub(crate) use self::computation::{Cancelled, Computation};
use self::recent::{Limits, Recent};
use crate::outcome::Outcome;

/// How many cancels are remembered, and for how long. An id has at most 255 bytes, so that all of
/// them together take at most some 6 MB, whoever sends them. What is forgotten costs a
/// computation that nobody waits for.
const CANCELS: Limits = Limits {
    number: 16_384,
    bytes: 16_384 * 255,
    age: LONGEST,
};

/// How many answers are remembered, how much of them (with their requests, and besides some 300
/// bytes for each), and for how long. What is forgotten costs another computation of a request
/// that comes again.
const ANSWERS: Limits = Limits {
    number: 16_384,
    bytes: 16 * 1024 * 1024,
    age: LONGEST,
};

/// Requests do not wait longer than their deadlines, which are seconds to minutes.
const LONGEST: Duration = Duration::from_secs(600);

/// The calls that wait or run here, the answers to those that did, and the cancels of those that
/// may still come.
///
/// Requests of the same correlation id and the same body are one call, which is computed once: one
/// that its caller sent again, or the broker delivered again. A cancel concerns all calls of its
/// id. Requests without an id have nothing to do with each other.
#[derive(Debug)]
pub(crate) struct Calls {
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    here: HashMap<String, Vec<Here>>,
    cancelled: Recent<str, ()>,
    answered: Recent<Question, Arc<Outcome>>,
}

/// A call for which requests wait, or that runs.
#[derive(Debug)]
struct Here {
    computation: Arc<Computation>,
    waiting: usize,
    /// When the last of its callers gives up by itself; `None` if one never does.
    wanted_until: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Question {
    id: String,
    body: Vec<u8>,
}

/// What is known of a call when a request of it comes.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It was given up.
    Cancelled,
    /// It was answered not long ago.
    Answered(Arc<Outcome>),
    /// It is to be computed, or is being computed.
    Here(Waiting),
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
    id: Option<String>,
    computation: Arc<Computation>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            books: Mutex::new(Books {
                here: HashMap::new(),
                cancelled: Recent::new(CANCELS),
                answered: Recent::new(ANSWERS),
            }),
        }
    }
}

impl Calls {
    /// A request that came at `now`, and whose caller waits until `until`.
    pub(crate) fn arrived(
        self: &Arc<Self>,
        id: Option<&str>,
        body: &[u8],
        now: Instant,
        until: Option<Instant>,
    ) -> Arrival {
        let body = body.to_vec();
        let computation = match id {
            None => Arc::new(Computation::new(body)),
            Some(id) => {
                let id = id.to_owned();
                let books = &mut *self.lock();
                if books.cancelled.find(&id, now).is_some() {
                    return Arrival::Cancelled;
                }
                let question = Question { id, body };
                if let Some(outcome) = books.answered.find(&question, now) {
                    return Arrival::Answered(Arc::clone(outcome));
                }
                books.wait_for(question, until)
            }
        };
        Arrival::Here(Waiting(Ticket {
            calls: Arc::clone(self),
            id: id.map(str::to_owned),
            computation,
        }))
    }

    /// Cancels what is here under this id, and what is still to come.
    pub(crate) fn cancel(&self, id: String, now: Instant) {
        let books = &mut *self.lock();
        for here in books.here.remove(&id).into_iter().flatten() {
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
    /// One request more waits for this call.
    fn wait_for(
        &mut self,
        Question { id, body }: Question,
        until: Option<Instant>,
    ) -> Arc<Computation> {
        let here = self.here.entry(id).or_default();
        let same = here.iter_mut().find(|here| here.computation.body == body);
        if let Some(here) = same {
            here.waiting += 1;
            here.wanted_until = here
                .wanted_until
                .zip(until)
                .map(|(known, new)| known.max(new));
            return Arc::clone(&here.computation);
        }
        let computation = Arc::new(Computation::new(body));
        here.push(Here {
            computation: Arc::clone(&computation),
            waiting: 1,
            wanted_until: until,
        });
        computation
    }

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
        let here = books.find(id, &self.computation);
        let unwanted = |here: &Here| here.wanted_until.is_some_and(|until| until <= now);
        if here.is_some_and(|here| unwanted(here)) {
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
            let question = Question {
                id: id.clone(),
                body: computation.body.clone(),
            };
            let bytes = question.id.len() + question.body.len() + outcome.bytes();
            books.answered.insert(question, outcome, bytes, now);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.computation.ended().is_none() {
            error!("the handler panicked");
            // What callers are told is that it happened, and nothing of the worker's insides.
            let fault = Fault::new(Code::Internal, "the worker failed on this request");
            self.settle(fault.into(), None);
        }
    }
}
