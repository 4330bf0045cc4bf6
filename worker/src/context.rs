//! What a computation may know of the call that it serves.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// What a computation may know of the call that it serves. Clones are of the same call; the
/// default is a call that nobody gives up, for trying handlers by themselves.
#[derive(Clone, Debug, Default)]
pub struct Context {
    cancelled: Arc<AtomicBool>,
}

impl Context {
    /// Whether the caller has given up, so that nobody waits for the response. Once true, it
    /// stays so.
    ///
    /// A look costs about as much as reading a variable, but not nothing: in a tight loop, look
    /// now and then.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        // Nothing else is passed between the threads by this flag.
        self.cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}
