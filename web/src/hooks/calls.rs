//! Making calls, giving them up, and seeing what becomes of them.

use std::{cell::RefCell, collections::BTreeMap, future, ops::Deref, rc::Rc, time::Duration};

use futures_util::FutureExt;
use tokio::{select, sync::watch};
use warren_client::{Call, CallError, CallOptions, Client, Stage};
use warren_contract::Fibonacci;
use wasm_bindgen_futures::spawn_local;
use web_time::Instant;
use yew::prelude::*;

use super::client::use_client;
use crate::{
    input::CallRequest,
    state::{CallId, CallRecord, Calls, CallsAction, Outcome},
};

/// How often workers are asked to tell how far they are: often enough to be seen moving.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// The calls, and the way to make one and to give one up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallsHandle {
    calls: UseReducerHandle<Calls>,
    /// Makes a call.
    pub(crate) call: Callback<CallRequest>,
    /// Gives a call up. One that is settled stays as it is.
    pub(crate) cancel: Callback<CallId>,
}

impl Deref for CallsHandle {
    type Target = Calls;

    fn deref(&self) -> &Calls {
        &self.calls
    }
}

/// Lets its children make calls; only below a [`ClientProvider`](super::ClientProvider).
#[component]
pub(crate) fn CallsProvider(props: &html::ChildrenProps) -> Html {
    let client = use_client();
    let calls = use_reducer(Calls::default);
    let pending = use_mut_ref(Pending::default);

    let call = {
        let pending = pending.clone();
        let dispatcher = calls.dispatcher();
        use_callback((), move |request, ()| {
            make(request, &client, &pending, &dispatcher);
        })
    };
    let cancel = use_callback((), move |id, ()| {
        if let Some(call) = pending.borrow().calls.get(&id) {
            call.borrow().cancel();
        }
    });

    let handle = CallsHandle {
        calls,
        call,
        cancel,
    };
    html! {
        <ContextProvider<CallsHandle> context={handle}>
            { props.children.clone() }
        </ContextProvider<CallsHandle>>
    }
}

/// The calls; only below a [`CallsProvider`].
#[hook]
pub(crate) fn use_calls() -> CallsHandle {
    use_context().expect("the app puts everything below a CallsProvider")
}

/// A call that its task awaits, and that can be cancelled meanwhile.
type PendingCall = Rc<RefCell<Call<Fibonacci>>>;

/// The calls that are pending.
#[derive(Default)]
struct Pending {
    last: u64,
    calls: BTreeMap<CallId, PendingCall>,
}

impl Pending {
    fn add(&mut self, call: PendingCall) -> CallId {
        self.last += 1;
        let id = CallId(self.last);
        self.calls.insert(id, call);
        id
    }
}

fn make(
    request: CallRequest,
    client: &Client,
    pending: &Rc<RefCell<Pending>>,
    dispatcher: &UseReducerDispatcher<Calls>,
) {
    let options = CallOptions {
        deadline: Some(request.deadline),
        policy: request.policy,
        progress: Some(PROGRESS_EVERY),
    };
    let call = client.call_with::<Fibonacci>(request.n, options);
    let made = Instant::now();
    let mut stage = call.stage();
    let call = Rc::new(RefCell::new(call));
    let id = pending.borrow_mut().add(call.clone());
    dispatcher.dispatch(CallsAction::Made(CallRecord {
        id,
        request,
        made,
        stage: Stage::default(),
        outcome: None,
    }));

    let pending = pending.clone();
    let dispatcher = dispatcher.clone();
    spawn_local(async move {
        let outcome = loop {
            select! {
                biased;
                outcome = future::poll_fn(|cx| call.borrow_mut().poll_unpin(cx)) => break outcome,
                stage = next(&mut stage) => dispatcher.dispatch(CallsAction::Staged(id, stage)),
            }
        };
        let outcome = match outcome {
            Ok(reply) => Outcome::Done(reply),
            Err(CallError::Cancelled) => Outcome::Cancelled {
                after: made.elapsed(),
            },
            Err(error) => Outcome::Failed(error),
        };
        pending.borrow_mut().calls.remove(&id);
        dispatcher.dispatch(CallsAction::Settled(id, outcome));
    });
}

/// Waits for a call's next stage, for ever if there is none.
async fn next(stage: &mut Option<watch::Receiver<Stage>>) -> Stage {
    if let Some(stage) = stage
        && stage.changed().await.is_ok()
    {
        *stage.borrow_and_update()
    } else {
        future::pending().await
    }
}
