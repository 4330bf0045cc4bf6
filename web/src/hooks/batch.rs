//! Running a batch, and seeing how it goes.

use std::{cell::RefCell, rc::Rc};

use gloo::timers::callback::{Interval, Timeout};
use uuid::Uuid;
use warren_client::Policy;
use yew::prelude::*;

use super::{Calls, use_calls};
use crate::{
    input::{BatchRequest, CallRequest},
    state::{Batch, BatchOutcome, BatchSummary, Origin, Outcome, Timestamp},
};

/// How often the numbers are brought up to date while a batch runs, in milliseconds.
const PERIOD_MS: u32 = 100;

/// How many calls are made, or given up, without a pause: some milliseconds' worth.
const AT_ONCE: usize = 50;

/// The batch that runs or ran last, and the way to run one and to stop it.
pub(crate) struct BatchHandle {
    /// How it goes, or went; `None` before the first.
    pub(crate) summary: Option<BatchSummary>,
    /// Begins a batch, unless one runs.
    pub(crate) run: Callback<BatchRequest>,
    /// Makes no more calls, and gives up those that are pending.
    pub(crate) stop: Callback<()>,
}

/// A batch of this component's own, which is stopped when the component goes; only below a
/// [`CallsProvider`](super::CallsProvider).
#[hook]
pub(crate) fn use_batch() -> BatchHandle {
    let calls = use_calls();
    let summary = use_state_eq(|| None);
    let runner = use_mut_ref(|| None::<Rc<Runner>>);
    let run = {
        let (runner, show) = (runner.clone(), summary.setter());
        use_callback((), move |request, ()| {
            let mut runner = runner.borrow_mut();
            if runner.as_ref().is_none_or(|runner| runner.has_ended()) {
                *runner = Some(Runner::start(request, calls.clone(), show.clone()));
            }
        })
    };
    let stop = use_callback((), move |(), ()| {
        if let Some(runner) = &*runner.borrow() {
            runner.stop();
        }
    });
    use_effect_with((), {
        let stop = stop.clone();
        move |()| move || stop.emit(())
    });
    BatchHandle {
        summary: (*summary).clone(),
        run,
        stop,
    }
}

/// Keeps the calls of one batch going.
struct Runner {
    calls: Calls,
    request: BatchRequest,
    began: Timestamp,
    batch: RefCell<Batch>,
    show: UseStateSetter<Option<BatchSummary>>,
    /// Shows how it goes, until it has ended.
    showing: RefCell<Option<Interval>>,
}

impl Runner {
    fn start(
        request: BatchRequest,
        calls: Calls,
        show: UseStateSetter<Option<BatchSummary>>,
    ) -> Rc<Self> {
        let runner = Rc::new(Self {
            calls,
            request,
            began: Timestamp::now(),
            batch: RefCell::new(Batch::new(request)),
            show,
            showing: RefCell::default(),
        });
        let shown = runner.clone();
        let showing = Interval::new(PERIOD_MS, move || shown.show());
        *runner.showing.borrow_mut() = Some(showing);
        runner.make_calls();
        runner.show();
        runner
    }

    fn has_ended(&self) -> bool {
        self.batch.borrow().has_ended()
    }

    /// Makes calls until as many are pending as may be. The page draws, and takes clicks, between
    /// some of them and the next.
    fn make_calls(self: &Rc<Self>) {
        for _ in 0..AT_ONCE {
            let Some(n) = self.next_call() else {
                return;
            };
            let request = CallRequest {
                n,
                deadline: self.request.deadline,
                policy: Policy::FailFast,
            };
            let (runner, made) = (self.clone(), Timestamp::now());
            self.calls.make_of_batch(request, move |outcome| {
                runner.settled(made, outcome);
            });
        }
        let runner = self.clone();
        Timeout::new(0, move || runner.make_calls()).forget();
    }

    fn next_call(&self) -> Option<u64> {
        self.batch.borrow_mut().next_call()
    }

    fn settled(self: &Rc<Self>, made: Timestamp, outcome: &Outcome) {
        let now = Timestamp::now();
        let outcome = match outcome {
            Outcome::Done(_) => BatchOutcome::Done(now.since(made)),
            Outcome::Failed { code, .. } => BatchOutcome::Failed(*code),
            Outcome::Cancelled => BatchOutcome::Cancelled,
        };
        self.batch
            .borrow_mut()
            .settle(outcome, now.since(self.began));
        self.make_calls();
        self.end_if_over();
    }

    fn stop(&self) {
        self.batch
            .borrow_mut()
            .stop(Timestamp::now().since(self.began));
        let log = self.calls.log().read();
        let pending = log
            .iter()
            .filter(|call| call.origin == Origin::Batch && call.is_pending());
        cancel(self.calls.clone(), pending.map(|call| call.id).collect());
        drop(log);
        self.end_if_over();
    }

    fn end_if_over(&self) {
        if self.has_ended() && self.showing.borrow_mut().take().is_some() {
            self.show();
        }
    }

    fn show(&self) {
        let elapsed = Timestamp::now().since(self.began);
        let summary = self.batch.borrow_mut().summary(elapsed);
        self.show.set(Some(summary));
    }
}

/// Gives calls up, some of them at once.
fn cancel(calls: Calls, mut pending: Vec<Uuid>) {
    let rest = pending.split_off(pending.len().min(AT_ONCE));
    for call in pending {
        calls.cancel(call);
    }
    if !rest.is_empty() {
        Timeout::new(0, move || cancel(calls, rest)).forget();
    }
}
