//! The WebSocket of a browser.

mod inbox;

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use gloo::timers::future::TimeoutFuture;
use js_sys::{ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use inbox::{Inbox, Turns};

use super::{Incoming, SUBPROTOCOL};
use crate::Config;

/// The longest that a browser's timer runs; a longer one would fire at once.
const LONGEST_TIMER_MS: u32 = i32::MAX as u32;

pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}

/// Never early. A sleep of over 24 days ends after 24 days, and the driver sleeps again.
pub(crate) fn sleep(duration: Duration) -> Sleep {
    let ms = duration.as_nanos().div_ceil(1_000_000);
    let ms = u32::try_from(ms).unwrap_or(LONGEST_TIMER_MS);
    Sleep(TimeoutFuture::new(ms.min(LONGEST_TIMER_MS)))
}

pub(crate) struct Sleep(TimeoutFuture);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// Whom to trust is the browser's business.
pub(crate) struct Trust;

impl Trust {
    pub(crate) fn of(_: &Config) -> Self {
        Self
    }
}

/// A WebSocket whose events go into an inbox. Dropping it closes it, and no event of it comes any
/// more.
pub(crate) struct Socket {
    /// `None` if the browser did not even begin to open it.
    socket: Option<OpenSocket>,
    inbox: Rc<Inbox>,
    _turns: Turns,
}

struct OpenSocket {
    socket: WebSocket,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    pub(crate) fn open(url: &str, _: &Trust) -> Self {
        let (inbox, turns) = Inbox::new();
        let socket = match WebSocket::new_with_str(url, SUBPROTOCOL) {
            Ok(socket) => Some(OpenSocket::listen(socket, &inbox)),
            Err(error) => {
                // A malformed address, or ws: from a page that was loaded over https:.
                let reason = error
                    .dyn_ref::<js_sys::Error>()
                    .map_or_else(|| format!("{error:?}"), |error| error.message().into());
                inbox.put(Incoming::Closed { code: None, reason });
                None
            }
        };
        Self {
            socket,
            inbox,
            _turns: turns,
        }
    }

    /// Whether so many messages are to come that they are better received together than each as
    /// soon as it is there.
    pub(crate) fn gather(&self, many: bool) {
        self.inbox.gather(many);
    }

    pub(crate) fn send(&mut self, bytes: Vec<u8>) {
        if let Some(open) = &self.socket {
            // It fails only while the socket is opening, when the engine sends nothing. Browsers
            // drop silently what is sent after the close, of which the close event tells.
            let _ = open.socket.send_with_u8_array(&bytes);
        }
    }

    pub(crate) async fn receive(&mut self) -> Incoming {
        poll_fn(|cx| self.inbox.poll_take(cx)).await
    }
}

impl OpenSocket {
    fn listen(socket: WebSocket, inbox: &Rc<Inbox>) -> Self {
        socket.set_binary_type(BinaryType::Arraybuffer);

        let on_open = Closure::new({
            let inbox = Rc::clone(inbox);
            move || inbox.put(Incoming::Opened)
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));

        let on_message = Closure::new({
            let inbox = Rc::clone(inbox);
            move |event: MessageEvent| {
                if let Some(bytes) = bytes_of(&event) {
                    inbox.put(Incoming::Data(bytes));
                }
            }
        });
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));

        let on_close = Closure::new({
            let inbox = Rc::clone(inbox);
            move |event: CloseEvent| inbox.put(closed(&event))
        });
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));

        Self {
            socket,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        }
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Closing what is closed already does nothing.
        let _ = self.socket.close();
    }
}

/// RabbitMQ sends text or binary messages, as its `web_stomp.ws_frame` says.
fn bytes_of(event: &MessageEvent) -> Option<Vec<u8>> {
    let data = event.data();
    if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
        Some(Uint8Array::new(buffer).to_vec())
    } else {
        let text = data.dyn_ref::<JsString>()?;
        Some(String::from(text).into_bytes())
    }
}

/// Code 1006 is what browsers report when no close frame came.
fn closed(event: &CloseEvent) -> Incoming {
    const ABNORMAL: u16 = 1006;
    let code = Some(event.code()).filter(|&code| code != ABNORMAL);
    let mut reason = event.reason();
    if code.is_none() && reason.is_empty() {
        reason = "the browser could not connect, or the connection broke off".to_owned();
    }
    Incoming::Closed { code, reason }
}
