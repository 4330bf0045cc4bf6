//! What a computation may know of the call that it serves, and what it tells of itself.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use warren_contract::Progress;

/// What a computation may know of the call that it serves, and what it tells of itself. Clones
/// are of the same call; the default is a call that nobody gives up, for trying handlers by
/// themselves.
///
/// A look, or a word, costs about as much as using a variable, but not nothing: in a tight loop,
/// now and then is enough.
#[derive(Clone, Debug, Default)]
pub struct Context {
    shared: Arc<Shared>,
}

/// Nothing else is passed between threads by these, so that relaxed access will do.
#[derive(Debug, Default)]
struct Shared {
    cancelled: AtomicBool,
    done: AtomicU64,
    /// Zero until the handler knows.
    total: AtomicU64,
}

impl Context {
    /// Whether the caller has given up, so that nobody waits for the response. Once true, it
    /// stays so.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Relaxed)
    }

    pub(crate) fn cancel(&self) {
        self.shared.cancelled.store(true, Relaxed);
    }

    /// Says how many steps the computation takes in all. Callers that want to see how far it is
    /// are told from then on.
    pub fn expect_steps(&self, total: u64) {
        self.shared.total.store(total, Relaxed);
    }

    /// Says that so many more steps are done.
    pub fn advance(&self, steps: u64) {
        self.shared.done.fetch_add(steps, Relaxed);
    }

    /// How far the computation is; `None` as long as it does not say how many steps it takes.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        match self.shared.total.load(Relaxed) {
            0 => None,
            total => Some(Progress {
                done: self.shared.done.load(Relaxed).min(total),
                total,
            }),
        }
    }
}
