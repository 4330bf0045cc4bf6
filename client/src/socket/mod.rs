//! A WebSocket, a timer and a place to run in: for browsers and for tokio, in the same shape.
//!
//! Both modules have the same items, and the driver uses whichever is there:
//!
//! - `Trust` is whom to trust, and who to be, where that is not the browser's business.
//! - `Socket::open` begins to open a WebSocket and returns at once; `send` queues a message and
//!   never waits; `receive` is cancel-safe and gives [`Incoming`]; dropping closes.
//! - `Socket::gather` says whether messages had better come together than each at once.
//! - `sleep`, with its future's type `Sleep`.
//! - `spawn` runs a future to its end.
//! - `Wakes` tells when the device or the page comes back, where there is somebody to ask.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod server;
#[cfg(target_arch = "wasm32")]
mod wakes;

#[cfg(target_arch = "wasm32")]
pub(crate) use browser::{Sleep, Socket, Trust, sleep, spawn};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{NotOpened, Place, Sleep, Socket, Trust, Wakes, sleep, spawn};
#[cfg(target_arch = "wasm32")]
pub(crate) use wakes::Wakes;

/// The STOMP version offered as WebSocket subprotocol. Browsers refuse a server that answers with
/// none of those offered, and RabbitMQ knows this one in every version.
const SUBPROTOCOL: &str = "v12.stomp";

/// What comes out of a socket: `Opened` first, `Closed` last and once; or `Untrusted` alone.
#[derive(Debug)]
pub(crate) enum Incoming {
    Opened,
    /// One WebSocket message, text or binary.
    Data(Vec<u8>),
    Closed {
        /// The code of the close frame, if there was one.
        code: Option<u16>,
        /// Its reason, or what the system says; may be empty.
        reason: String,
    },
    /// It was not opened, for a certificate, which a person has to mend. Browsers do not tell.
    #[cfg(not(target_arch = "wasm32"))]
    Untrusted {
        reason: String,
    },
}
