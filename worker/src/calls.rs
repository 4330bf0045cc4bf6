//! Which calls are here, and which of them were given up.

mod remembered;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use self::remembered::Remembered;
use crate::Context;

/// The calls that wait or run here, and the cancels of those that may still come.
///
/// Calls are told apart by their correlation ids alone. A request that is here twice, because its
/// caller sent it again or the broker delivered it again, is cancelled as one.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    here: HashMap<String, Here>,
    cancelled: Remembered,
}

#[derive(Debug, Default)]
struct Here {
    requests: usize,
    context: Context,
}

/// A request that is here for as long as this lives.
#[derive(Debug)]
#[must_use = "a cancel finds the call only while this lives"]
pub(crate) struct Call {
    calls: Arc<Calls>,
    /// `None` if the caller has no name for the call, and so cannot cancel it.
    id: Option<String>,
    context: Context,
}

impl Calls {
    /// A request that came at `now`, perhaps after its cancel.
    pub(crate) fn arrived(self: &Arc<Self>, id: Option<&str>, now: Instant) -> Call {
        let mut call = Call {
            calls: Arc::clone(self),
            id: id.map(str::to_owned),
            context: Context::default(),
        };
        if let Some(id) = id {
            let books = &mut *self.lock();
            let here = books.here.entry(id.to_owned()).or_default();
            here.requests += 1;
            if books.cancelled.contains(id, now) {
                here.context.cancel();
            }
            call.context = here.context.clone();
        }
        call
    }

    /// Cancels the call, whether it is here or still to come.
    pub(crate) fn cancel(&self, id: String, now: Instant) {
        let books = &mut *self.lock();
        if let Some(here) = books.here.get(&id) {
            here.context.cancel();
        }
        books.cancelled.insert(id, now);
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("keeping books does not panic")
    }
}

impl Call {
    /// What the computation may know.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(id) = &self.id else { return };
        let here = &mut self.calls.lock().here;
        if let Some(call) = here.get_mut(id) {
            call.requests -= 1;
            if call.requests == 0 {
                here.remove(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_concerns_the_calls_of_its_id_before_and_after_it() {
        let calls = Arc::new(Calls::default());
        let now = Instant::now();
        let before = [(); 2].map(|()| calls.arrived(Some("id-1"), now));
        let other = calls.arrived(Some("id-2"), now);
        let nameless = calls.arrived(None, now);
        calls.cancel("id-1".to_owned(), now);
        let after = calls.arrived(Some("id-1"), now);
        for call in before.iter().chain([&after]) {
            assert!(call.context().is_cancelled(), "{:?}", call.id);
        }
        for call in [&other, &nameless] {
            assert!(!call.context().is_cancelled(), "{:?}", call.id);
        }
    }

    #[test]
    fn a_second_request_of_the_same_id_does_not_hide_the_first() {
        let calls = Arc::new(Calls::default());
        let now = Instant::now();
        let first = calls.arrived(Some("id-1"), now);
        drop(calls.arrived(Some("id-1"), now));
        calls.cancel("id-1".to_owned(), now);
        assert!(first.context().is_cancelled());
    }

    #[test]
    fn nothing_is_kept_of_calls_that_ended() {
        let calls = Arc::new(Calls::default());
        let now = Instant::now();
        let handlers_own = {
            let twice = [(); 2].map(|()| calls.arrived(Some("id-1"), now));
            assert_eq!(calls.lock().here.len(), 1);
            twice[0].context().clone()
        };
        assert!(calls.lock().here.is_empty());
        assert!(!handlers_own.is_cancelled());
    }
}
