//! Making calls, giving them up, and seeing what becomes of them.

use std::{cell::RefCell, collections::BTreeMap, ops::Deref, rc::Rc};

use futures_util::future::{AbortHandle, Aborted, abortable};
use warren_client::{CallOptions, Client};
use warren_contract::Fibonacci;
use wasm_bindgen_futures::spawn_local;
use web_time::Instant;
use yew::prelude::*;

use super::client::use_client;
use crate::{
    input::CallRequest,
    state::{CallId, CallRecord, Calls, CallsAction, Outcome},
};

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
        if let Some(give_up) = pending.borrow().give_up.get(&id) {
            give_up.abort();
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

/// The calls that are pending, and how to give each up.
#[derive(Default)]
struct Pending {
    last: u64,
    give_up: BTreeMap<CallId, AbortHandle>,
}

impl Pending {
    fn add(&mut self, give_up: AbortHandle) -> CallId {
        self.last += 1;
        let id = CallId(self.last);
        self.give_up.insert(id, give_up);
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
        ..CallOptions::default()
    };
    let (call, give_up) = abortable(client.call_with::<Fibonacci>(request.n, options));
    let made = Instant::now();
    let id = pending.borrow_mut().add(give_up);
    dispatcher.dispatch(CallsAction::Made(CallRecord {
        id,
        request,
        made,
        outcome: None,
    }));

    let pending = pending.clone();
    let dispatcher = dispatcher.clone();
    spawn_local(async move {
        // Awaiting consumes the call, so that one that was given up is dropped here, which tells
        // the client.
        let outcome = match call.await {
            Ok(Ok(reply)) => Outcome::Done(reply),
            Ok(Err(error)) => Outcome::Failed(error),
            Err(Aborted) => Outcome::Cancelled {
                after: made.elapsed(),
            },
        };
        pending.borrow_mut().give_up.remove(&id);
        dispatcher.dispatch(CallsAction::Settled(id, outcome));
    });
}
