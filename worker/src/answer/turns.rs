//! Whose turn it is to be computed, and on which thread.

use std::{
    collections::BTreeMap,
    fmt,
    mem::take,
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
    time::Instant,
};
use tracing::Span;

use super::job::Job;
use crate::{calls::Waiting, metrics::ServiceMetrics, procedures::Serve};

/// The turns of one service: so many computations at once, first come, first served.
#[derive(Debug)]
pub(super) struct Turns {
    state: Mutex<State>,
    concurrency: NonZeroU16,
    pub(super) response_bytes: usize,
    pub(super) metrics: Arc<ServiceMetrics>,
    /// Has a receiver in each job.
    pub(super) jobs: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    free: u16,
    /// By their numbers, which go up. Empty as long as a place is free.
    waiting: BTreeMap<u64, Turn>,
    next_number: u64,
    is_stopping: bool,
}

/// A request that waits for its turn.
pub(super) struct Turn {
    pub(super) call: Waiting,
    pub(super) procedure: Arc<dyn Serve>,
    pub(super) arrived: Instant,
    pub(super) expires_in: Option<Duration>,
    /// Within which it is computed.
    pub(super) span: Span,
    pub(super) word: Word,
}

/// What becomes of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The computation begins, or has begun, for this request.
    Begun,
    /// The caller's time was over before its turn came.
    Expired,
    /// The worker stopped before its turn came.
    Stopped,
}

/// Tells a request what becomes of its turn; nothing if another request of the same call had its
/// turn before, or nobody wants it any more.
#[derive(Debug)]
pub(super) struct Word {
    request: oneshot::Sender<Verdict>,
    is_prompt: bool,
}

impl Word {
    /// A word, and where it is heard. One that is not prompt is that of the beginning at the end: it
    /// saves whoever waits for the end alone from being woken before.
    pub(super) fn new(is_prompt: bool) -> (Self, oneshot::Receiver<Verdict>) {
        let (request, heard) = oneshot::channel();
        (Self { request, is_prompt }, heard)
    }

    fn tell(self, verdict: Verdict) {
        // Whoever has gone need not know.
        let _ = self.request.send(verdict);
    }
}

/// Says, by its end at the latest, that the computation has begun.
#[derive(Debug)]
pub(super) struct Begun(Option<Word>);

impl Begun {
    fn new(word: Word) -> Self {
        if !word.is_prompt {
            return Self(Some(word));
        }
        word.tell(Verdict::Begun);
        Self(None)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(word) = self.0.take() {
            word.tell(Verdict::Begun);
        }
    }
}

/// One of the places for computations. Its end gives it to whose turn it is.
#[derive(Debug)]
pub(super) struct Place(Option<Arc<Turns>>);

impl Turns {
    pub(super) fn new(
        concurrency: NonZeroU16,
        response_bytes: usize,
        metrics: Arc<ServiceMetrics>,
    ) -> Self {
        let state = State {
            free: concurrency.get(),
            waiting: BTreeMap::new(),
            next_number: 0,
            is_stopping: false,
        };
        Self {
            state: Mutex::new(state),
            concurrency,
            response_bytes,
            metrics,
            jobs: watch::Sender::default(),
        }
    }

    /// The most computations at once.
    pub(super) fn concurrency(&self) -> u16 {
        self.concurrency.get()
    }

    /// How many computations run now.
    pub(super) fn busy(&self) -> u16 {
        self.concurrency() - self.lock().free
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().is_stopping
    }

    /// Begins the computation at once if there is a place, and in its turn otherwise. Returns the
    /// turn's number.
    pub(super) fn enqueue(self: &Arc<Self>, turn: Turn) -> u64 {
        let mut state = self.lock();
        let number = state.next_number;
        state.next_number += 1;
        if state.is_stopping {
            drop(state);
            turn.word.tell(Verdict::Stopped);
        } else if state.free == 0 {
            state.waiting.insert(number, turn);
        } else {
            state.free -= 1;
            drop(state);
            match self.begin(turn) {
                Some(job) => job.start(),
                None => drop(Place(Some(Arc::clone(self)))),
            }
        }
        number
    }

    /// Forgets a turn that nobody wants any more, should it still be to come.
    pub(super) fn forget(&self, number: u64) {
        let unwanted = self.lock().waiting.remove(&number);
        // Not under the lock: the calls have one of their own.
        drop(unwanted);
    }

    /// Lets what waits go, and what comes.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.is_stopping = true;
        let waiting = take(&mut state.waiting);
        drop(state);
        for turn in waiting.into_values() {
            if turn.call.ticket().computation().is_waiting() {
                turn.word.tell(Verdict::Stopped);
            }
        }
    }

    /// The job of a turn that has come to a place, if there is anything to compute for it.
    fn begin(self: &Arc<Self>, turn: Turn) -> Option<Job> {
        let Turn {
            call,
            procedure,
            arrived,
            expires_in,
            span,
            word,
        } = turn;
        // The broker drops what expires in its queue, but not what waits here.
        if expires_in.is_some_and(|wait| arrived.elapsed() >= wait) {
            word.tell(Verdict::Expired);
            return None;
        }
        let running = call.begin()?;
        let busy = self.metrics.begin(procedure.name(), arrived.elapsed());
        Some(Job {
            place: Place(Some(Arc::clone(self))),
            busy,
            begun: Begun::new(word),
            running,
            procedure,
            span,
            response_bytes: self.response_bytes,
            here: self.jobs.subscribe(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("keeping turns does not panic")
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("call", &self.call)
            .field("procedure", &self.procedure.name())
            .finish_non_exhaustive()
    }
}

impl Place {
    /// The job whose turn it is at this place; if there is none, the place is free.
    pub(super) fn next(mut self) -> Option<Job> {
        self.hand_on()
    }

    fn hand_on(&mut self) -> Option<Job> {
        let turns = self.0.take()?;
        loop {
            let mut state = turns.lock();
            let Some((_, turn)) = state.waiting.pop_first() else {
                state.free += 1;
                return None;
            };
            drop(state);
            if let Some(job) = turns.begin(turn) {
                return Some(job);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whoever ends the runtime ends all that it would compute.
        if let Some(job) = self.hand_on()
            && Handle::try_current().is_ok()
        {
            job.start();
        }
    }
}
