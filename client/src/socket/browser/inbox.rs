//! What a WebSocket has received and nobody has taken.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageChannel, MessagePort};

use crate::socket::Incoming;

/// Events of a WebSocket in their order.
///
/// The broker sends every reply as a message of its own, and the browser tells of each alone. When
/// many come, it costs less to deal with all that came within one turn of the browser's event loop
/// together; above all, the requests that follow from these leave in one message then.
pub(super) struct Inbox {
    incoming: RefCell<VecDeque<Incoming>>,
    receiver: RefCell<Option<Waker>>,
    gather: Cell<bool>,
    /// Whether the receiver is to be woken at the end of this turn.
    in_turn: Cell<bool>,
    /// A message that is sent here comes back behind all events that wait already. Timers take
    /// longer, and those of a hidden page far longer.
    turn: MessagePort,
}

/// Tells an [`Inbox`] that a turn is over.
pub(super) struct Turns {
    port: MessagePort,
    _on_end: Closure<dyn FnMut()>,
}

impl Inbox {
    pub(super) fn new() -> (Rc<Self>, Turns) {
        let channel = MessageChannel::new().expect("every browser has channels");
        let inbox = Rc::new(Self {
            incoming: RefCell::default(),
            receiver: RefCell::default(),
            gather: Cell::new(false),
            in_turn: Cell::new(false),
            turn: channel.port1(),
        });
        let on_end = Closure::new({
            let inbox = Rc::clone(&inbox);
            move || inbox.end_turn()
        });
        let port = channel.port2();
        port.set_onmessage(Some(on_end.as_ref().unchecked_ref()));
        let turns = Turns {
            port,
            _on_end: on_end,
        };
        (inbox, turns)
    }

    /// Whether events are to be taken together from now on.
    pub(super) fn gather(&self, gather: bool) {
        self.gather.set(gather);
    }

    /// Something happened. The first after a silence is taken at once.
    pub(super) fn put(&self, incoming: Incoming) {
        self.incoming.borrow_mut().push_back(incoming);
        if !self.in_turn.get() {
            self.wake();
        }
    }

    /// Takes the next event, or waits for it.
    pub(super) fn poll_take(&self, cx: &Context<'_>) -> Poll<Incoming> {
        if let Some(incoming) = self.incoming.borrow_mut().pop_front() {
            return Poll::Ready(incoming);
        }
        let mut receiver = self.receiver.borrow_mut();
        if !receiver
            .as_ref()
            .is_some_and(|known| known.will_wake(cx.waker()))
        {
            *receiver = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    fn end_turn(&self) {
        self.in_turn.set(false);
        if !self.incoming.borrow().is_empty() {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(receiver) = &*self.receiver.borrow() {
            receiver.wake_by_ref();
        }
        if self.gather.get() {
            let sent = self.turn.post_message(&JsValue::UNDEFINED);
            self.in_turn.set(sent.is_ok());
        }
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
        self.port.close();
    }
}
