//! Making calls, giving them up, and seeing what becomes of them.

use std::{cell::RefCell, collections::HashMap, future, rc::Rc, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{
    select,
    sync::{broadcast, watch},
};
use uuid::Uuid;
use warren_client::{Call, CallError, CallOptions, Client, Reply, Stage, WireFrame};
use warren_contract::Fibonacci;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{Store, client::use_client, use_connection, use_selected, workers::use_told_lanes};
use crate::{
    input::CallRequest,
    state::{
        BarEnd, CallEnd, CallLog, CallRecord, Done, Lanes, Origin, Outcome, Timestamp,
        unheard_stage,
    },
    words,
};

/// How often workers are asked to tell how far they are: often enough to be seen moving.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The calls, and the way to make one and to give one up.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    log: Store<CallLog>,
    lanes: Store<Lanes>,
    frames: Rc<RefCell<Option<Frames>>>,
    client: Client,
    pending: Rc<RefCell<HashMap<Uuid, PendingCall>>>,
}

/// What goes over the wire, from the first frame on.
type Frames = broadcast::Receiver<Arc<WireFrame>>;

/// A call that its task awaits, and that can be cancelled meanwhile.
type PendingCall = Rc<RefCell<Call<Fibonacci>>>;

/// There is one for the page.
impl PartialEq for Calls {
    fn eq(&self, other: &Self) -> bool {
        self.log == other.log
    }
}

impl Calls {
    /// What is known of the calls.
    pub(crate) fn log(&self) -> &Store<CallLog> {
        &self.log
    }

    /// Who computes them.
    pub(super) fn lanes(&self) -> &Store<Lanes> {
        &self.lanes
    }

    /// What asks them.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// What goes over the wire, from the first frame on, for the first that asks.
    pub(super) fn take_frames(&self) -> Option<Frames> {
        self.frames.take()
    }

    /// Makes a call for a person.
    pub(crate) fn make(&self, request: CallRequest) {
        let options = CallOptions {
            progress: Some(PROGRESS_EVERY),
            ..options(request)
        };
        self.spawn(request, Origin::Form, options, |_| ());
    }

    /// Makes a call of a batch, which tells no progress, and shows its outcome to `settled`.
    pub(crate) fn make_of_batch(
        &self,
        request: CallRequest,
        settled: impl FnOnce(&Outcome) + 'static,
    ) -> Uuid {
        self.spawn(request, Origin::Batch, options(request), settled)
    }

    /// Gives a call up. One that is settled stays as it is.
    pub(crate) fn cancel(&self, id: Uuid) {
        if let Some(call) = self.pending.borrow().get(&id) {
            call.borrow().cancel();
        }
    }

    /// Gives up all calls that are pending.
    fn cancel_all(&self) {
        for call in self.pending.borrow().values() {
            call.borrow().cancel();
        }
    }

    /// Looks at a call in all parts of the page, or at none.
    pub(crate) fn select(&self, id: Option<Uuid>) {
        self.log.update(|log| log.select(id));
    }

    fn spawn(
        &self,
        request: CallRequest,
        origin: Origin,
        options: CallOptions,
        settled: impl FnOnce(&Outcome) + 'static,
    ) -> Uuid {
        let call = self.client.call_with::<Fibonacci>(request.n, options);
        let id = call.id();
        let mut stage = call.stage();
        let call = Rc::new(RefCell::new(call));
        self.pending.borrow_mut().insert(id, call.clone());
        let record = CallRecord {
            id,
            request,
            origin,
            made: Timestamp::now(),
            stage: match &stage {
                Some(_) => Stage::Waiting,
                None => unheard_stage(self.client.connection().borrow().is_online()),
            },
            settled: None,
        };
        self.log.update(|log| log.made(record));

        let Self {
            log,
            lanes,
            pending,
            ..
        } = self.clone();
        spawn_local(async move {
            let outcome = loop {
                select! {
                    biased;
                    outcome = future::poll_fn(|cx| call.borrow_mut().poll_unpin(cx)) => break outcome,
                    stage = next(&mut stage) => {
                        if let Stage::Running { worker: Some(worker), .. } = &stage {
                            lanes.update(|lanes| lanes.running(id, worker, Timestamp::now()));
                        }
                        log.update(|log| log.staged(id, stage));
                    }
                }
            };
            pending.borrow_mut().remove(&id);
            let at = Timestamp::now();
            lanes.update(|lanes| lanes.settled(id, call_end(&outcome), at));
            let outcome = understand(outcome);
            settled(&outcome);
            log.update(|log| log.settled(id, at, outcome));
        });
        id
    }
}

/// Lets its children make calls; only below a [`ClientProvider`](super::ClientProvider). When it
/// goes, calls that are pending are given up: they would keep the client and its connection.
#[component]
pub(crate) fn CallsProvider(props: &html::ChildrenProps) -> Html {
    let client = use_client();
    let calls = use_state(|| Calls {
        log: Store::new(CallLog::default()),
        lanes: Store::new(Lanes::default()),
        frames: Rc::new(RefCell::new(Some(client.wire()))),
        client,
        pending: Rc::default(),
    });
    use_told_lanes(&calls);
    let is_online = use_connection().is_online();
    use_effect_with(is_online, {
        let log = calls.log().clone();
        move |&is_online| log.update(|log| log.connected(is_online))
    });
    use_effect_with((), {
        let calls = (*calls).clone();
        move |()| move || calls.cancel_all()
    });
    html! {
        <ContextProvider<Calls> context={(*calls).clone()}>
            { props.children.clone() }
        </ContextProvider<Calls>>
    }
}

/// The calls; only below a [`CallsProvider`].
#[hook]
pub(crate) fn use_calls() -> Calls {
    use_context().expect("the app puts everything below a CallsProvider")
}

/// What `select` makes of the calls, now and whenever it changes.
#[hook]
pub(crate) fn use_call_log<V, F>(select: F) -> V
where
    V: Clone + PartialEq + 'static,
    F: Fn(&CallLog) -> V + 'static,
{
    let calls = use_calls();
    use_selected(calls.log(), select)
}

fn options(request: CallRequest) -> CallOptions {
    CallOptions {
        deadline: Some(request.deadline),
        policy: request.policy,
        progress: None,
        traceparent: None,
    }
}

/// What lanes show of an outcome.
fn call_end(outcome: &Result<Reply<u64>, CallError>) -> CallEnd<'_> {
    match outcome {
        Ok(reply) => CallEnd::Replied {
            worker: reply.worker.as_deref(),
            compute: reply.compute,
            back: reply.times.map(|times| times.back).unwrap_or_default(),
        },
        Err(CallError::Cancelled) => CallEnd::Without(BarEnd::Cancelled),
        // Nobody heard of the worker's end, and this is how it shows.
        Err(CallError::WorkersLeft { .. }) => CallEnd::Without(BarEnd::Broken),
        Err(_) => CallEnd::Without(BarEnd::Failed),
    }
}

fn understand(outcome: Result<Reply<u64>, CallError>) -> Outcome {
    match outcome {
        Ok(reply) => Outcome::Done(Done {
            value: reply.value,
            worker: reply.worker,
            compute: reply.compute,
            round_trip: reply.round_trip,
            times: reply.times,
        }),
        Err(CallError::Cancelled) => Outcome::Cancelled,
        Err(error) => Outcome::Failed {
            code: error.code(),
            words: words::sentence(&error.to_string()),
            unserved: matches!(
                error,
                CallError::NoWorker { .. }
                    | CallError::WorkersLeft { .. }
                    | CallError::NoService { .. }
            ),
        },
    }
}

/// Waits for a call's next stage, for ever if there is none.
async fn next(stage: &mut Option<watch::Receiver<Stage>>) -> Stage {
    if let Some(stage) = stage
        && stage.changed().await.is_ok()
    {
        stage.borrow_and_update().clone()
    } else {
        future::pending().await
    }
}
