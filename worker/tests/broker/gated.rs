//! A handler that tells when it runs, and waits for a word before it ends.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Instant,
};

use tokio::sync::watch;
use warren_contract::{Fault, Fibonacci};
use warren_worker::{Context, Handler};

use crate::stage::{LIMIT, POLL, within};

/// Answers n with n, once the gate is open or nobody waits any more.
#[derive(Clone)]
pub(crate) struct Gated {
    state: watch::Sender<State>,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// How often the handler was called.
    pub(crate) calls: usize,
    /// How many calls have not ended.
    pub(crate) running: usize,
    /// The most calls that ran at once.
    pub(crate) most: usize,
    /// How many calls ended because their callers gave up.
    pub(crate) stopped: usize,
}

impl Gated {
    pub(crate) fn shut() -> Self {
        Self {
            state: watch::Sender::default(),
            gate: Arc::default(),
        }
    }

    pub(crate) fn opened() -> Self {
        let gated = Self::shut();
        gated.open();
        gated
    }

    pub(crate) fn open(&self) {
        *self.gate.0.lock().expect("no holder panics") = true;
        self.gate.1.notify_all();
    }

    pub(crate) fn state(&self) -> State {
        *self.state.borrow()
    }

    pub(crate) async fn reaches(&self, what: &str, condition: impl FnMut(&State) -> bool) {
        let mut state = self.state.subscribe();
        within(what, state.wait_for(condition))
            .await
            .expect("the sender is in self");
    }
}

impl Handler for Gated {
    type Procedure = Fibonacci;

    fn handle(&self, n: u64, context: &Context) -> Result<u64, Fault> {
        self.state.send_modify(|state| {
            state.calls += 1;
            state.running += 1;
            state.most = state.most.max(state.running);
        });
        let limit = Instant::now() + LIMIT;
        let mut open = self.gate.0.lock().expect("no holder panics");
        while !*open && !context.is_cancelled() && Instant::now() < limit {
            let waited = self.gate.1.wait_timeout(open, POLL);
            (open, _) = waited.expect("no holder panics");
        }
        drop(open);
        self.state.send_modify(|state| {
            state.running -= 1;
            state.stopped += usize::from(context.is_cancelled());
        });
        Ok(n)
    }
}
