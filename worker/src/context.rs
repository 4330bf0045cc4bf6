//! What a computation may know of the call that it serves, and what it tells of itself.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use tokio::{sync::Notify, time::Instant};
use warren_contract::Progress;

/// What a computation may know of the call that it serves, and what it tells of itself. Clones
/// are of the same call; the default is a call that nobody gives up, for trying handlers by
/// themselves.
///
/// Where several requests are one call, the caller is the one whose request came first.
///
/// A look at [`is_cancelled`](Self::is_cancelled), or a word by [`advance`](Self::advance), costs
/// about as much as using a variable, but not nothing: in a tight loop, now and then is enough.
#[derive(Clone, Debug, Default)]
pub struct Context {
    shared: Arc<Shared>,
}

/// What a request says of its caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) user_id: Option<String>,
}

/// Nothing else is passed between threads by the atomics, so that relaxed access will do.
#[derive(Debug, Default)]
struct Shared {
    caller: Arc<Caller>,
    deadline: Mutex<Option<Instant>>,
    cancelled: AtomicBool,
    cancelling: Notify,
    done: AtomicU64,
    /// Zero until the handler knows.
    total: AtomicU64,
}

impl Context {
    /// The context of a call by this caller, who waits until the deadline.
    pub(crate) fn new(caller: Arc<Caller>, deadline: Option<Instant>) -> Self {
        let shared = Shared {
            caller,
            deadline: Mutex::new(deadline),
            ..Shared::default()
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Whether the caller has given up, so that nobody waits for the response. Once true, it
    /// stays so.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Relaxed)
    }

    /// Waits until the caller has given up.
    pub async fn cancelled(&self) {
        let cancelling = self.shared.cancelling.notified();
        // From here on it hears; what was said before is in the flag.
        if !self.is_cancelled() {
            cancelling.await;
        }
    }

    pub(crate) fn cancel(&self) {
        self.shared.cancelled.store(true, Relaxed);
        self.shared.cancelling.notify_waiters();
    }

    /// When the caller gives up by itself; `None` if it does not say. It is not later than that,
    /// as it is counted from the request's coming here, unless others join the call and wait longer.
    #[must_use]
    pub fn deadline(&self) -> Option<std::time::Instant> {
        self.wanted_until().map(Instant::into_std)
    }

    pub(crate) fn wanted_until(&self) -> Option<Instant> {
        *self.lock_deadline()
    }

    /// Another caller waits for the same call.
    pub(crate) fn extend(&self, deadline: Option<Instant>) {
        let mut known = self.lock_deadline();
        *known = known.zip(deadline).map(|(known, new)| known.max(new));
    }

    fn lock_deadline(&self) -> MutexGuard<'_, Option<Instant>> {
        self.shared
            .deadline
            .lock()
            .expect("comparing does not panic")
    }

    /// A header of the request, such as `traceparent`: its text, or its number or truth value as
    /// text. Other kinds of values that AMQP has are left out, as STOMP's clients cannot send
    /// them.
    ///
    /// Anybody who may call can put anything here.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.shared.caller.headers.get(name).map(String::as_str)
    }

    /// All [headers](Self::header) of the request, by name.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = &self.shared.caller.headers;
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The broker's user who sent the request, if the caller says so. The broker refuses a request
    /// that names another than its sender, so that this can be relied on.
    /// See <https://www.rabbitmq.com/docs/validated-user-id>.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.shared.caller.user_id.as_deref()
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_cancel_is_heard_before_and_after_it() {
        let context = Context::default();
        let early = context.clone();
        let early = tokio::spawn(async move { early.cancelled().await });
        tokio::task::yield_now().await;
        let hour = Duration::from_secs(3600);
        assert!(timeout(hour, context.cancelled()).await.is_err());
        context.cancel();
        let heard = async {
            early.await.expect("it does not panic");
            context.cancelled().await;
        };
        timeout(hour, heard).await.expect("both hear it");
    }

    #[test]
    fn a_deadline_is_that_of_the_last_caller() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let cases = [
            (Some(now), Some(later), Some(later)),
            (Some(later), Some(now), Some(later)),
            (Some(now), None, None),
            (None, Some(now), None),
        ];
        for (first, second, expected) in cases {
            let context = Context::new(Arc::default(), first);
            context.extend(second);
            assert_eq!(context.wanted_until(), expected, "{first:?} {second:?}");
        }
    }
}
