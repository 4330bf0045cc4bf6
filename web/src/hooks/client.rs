//! The client, and the state of its connection.

use std::{cell::Cell, rc::Rc};

use warren_client::{Client, Config, ConnectionState, Disconnect};
use yew::prelude::*;

use super::follow::follow;
use crate::state::Timestamp;

/// The connection's state, and since when it has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Connection {
    /// The state.
    pub(crate) state: ConnectionState,
    /// When the page learnt of it.
    pub(crate) since: Timestamp,
    /// Why the page is not online, from the first failure until it is.
    pub(crate) trouble: Option<Disconnect>,
}

impl Connection {
    /// The connection that is in `state` now, and was in trouble before for the reason `past`.
    fn now(state: ConnectionState, past: Option<Disconnect>) -> Self {
        let trouble = match &state {
            ConnectionState::Offline { reason, .. } => Some(reason.clone()),
            ConnectionState::Connecting { .. } => past,
            ConnectionState::Online { .. } | ConnectionState::Closed => None,
        };
        Self {
            state,
            since: Timestamp::now(),
            trouble,
        }
    }

    /// Whether calls are sent as they are made.
    pub(crate) fn is_online(&self) -> bool {
        self.state.is_online()
    }
}

/// The page's one client. All handles are equal, as there is no other.
#[derive(Clone, Debug)]
pub(super) struct PageClient(pub(super) Client);

impl PartialEq for PageClient {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A client that connects while the page is still to be drawn; there to be taken once, as whoever
/// holds a client keeps its connection.
#[derive(Clone)]
pub(crate) struct EarlyClient(Rc<Cell<Option<Client>>>);

impl EarlyClient {
    /// Begins to connect.
    pub(crate) fn connect(config: Config) -> Self {
        Self(Rc::new(Cell::new(Some(Client::connect(config)))))
    }
}

impl PartialEq for EarlyClient {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct ClientProviderProps {
    /// A client of this very configuration, unless it was taken.
    pub(crate) early: EarlyClient,
    /// The broker and the service. A later change is not looked at.
    pub(crate) config: Config,
    /// What sees the client.
    pub(crate) children: Html,
}

/// Connects a client, and lets its children see the connection.
#[component]
pub(crate) fn ClientProvider(props: &ClientProviderProps) -> Html {
    let client = use_state(|| {
        let early = props.early.0.take();
        PageClient(early.unwrap_or_else(|| Client::connect(props.config.clone())))
    });
    let connection = use_state_eq(|| Connection::now(client.0.connection().borrow().clone(), None));

    let seen = connection.setter();
    let watched = client.0.connection();
    use_effect_with((), move |()| {
        let mut trouble = None;
        follow(watched, move |state| {
            let now = Connection::now(state, trouble.take());
            trouble.clone_from(&now.trouble);
            seen.set(now);
        })
    });

    html! {
        <ContextProvider<PageClient> context={(*client).clone()}>
            <ContextProvider<Connection> context={(*connection).clone()}>
                { props.children.clone() }
            </ContextProvider<Connection>>
        </ContextProvider<PageClient>>
    }
}

/// The client; only below a [`ClientProvider`].
#[hook]
pub(super) fn use_client() -> Client {
    use_context::<PageClient>()
        .expect("the app puts everything below a ClientProvider")
        .0
}

/// The connection's state; only below a [`ClientProvider`].
#[hook]
pub(crate) fn use_connection() -> Connection {
    use_context().expect("the app puts everything below a ClientProvider")
}
