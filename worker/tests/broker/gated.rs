//! A handler that tells when it runs, and waits for a word before it ends.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Instant,
};

use tokio::sync::watch;
use warren_contract::{Fault, Fibonacci};
use warren_worker::{Context, Handler};

use crate::stage::{LIMIT, POLL, within};

/// Answers n with n, once the gate is open or nobody waits any more. Says that it takes n steps.
#[derive(Clone)]
pub(crate) struct Gated {
    state: watch::Sender<State>,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Default)]
struct Gate {
    open: bool,
    /// How many steps whatever runs is to have done.
    steps: u64,
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
        self.gate.0.lock().expect("no holder panics").open = true;
        self.gate.1.notify_all();
    }

    /// Lets what runs, and what will run, go as far as this.
    pub(crate) fn advance_to(&self, steps: u64) {
        self.gate.0.lock().expect("no holder panics").steps = steps;
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
        context.expect_steps(n);
        let mut done = 0;
        let limit = Instant::now() + LIMIT;
        let mut gate = self.gate.0.lock().expect("no holder panics");
        while !gate.open && !context.is_cancelled() && Instant::now() < limit {
            context.advance(gate.steps - done);
            done = gate.steps;
            let waited = self.gate.1.wait_timeout(gate, POLL);
            (gate, _) = waited.expect("no holder panics");
        }
        drop(gate);
        self.state.send_modify(|state| {
            state.running -= 1;
            state.stopped += usize::from(context.is_cancelled());
        });
        Ok(n)
    }
}
