//! Calls procedures behind RabbitMQ, through its Web-STOMP plugin, from a browser or from a
//! terminal. Every call settles by its deadline, with a reply or a [`CallError`].
//!
//! ```no_run
//! # async fn example() -> Result<(), warren_client::CallError> {
//! use warren_client::{Client, Config};
//! use warren_contract::Fibonacci;
//!
//! let client = Client::connect(Config::default());
//! let reply = client.call::<Fibonacci>(30).await?;
//! assert_eq!(reply.value, 832_040);
//! # Ok(())
//! # }
//! ```
//!
//! From the outside in:
//!
//! - [`Client`] and [`Call`]: what users hold.
//! - `driver`: the one task behind a `Client`. It moves bytes, commands and timers between the
//!   socket, the clients' handles and the engine, and decides nothing.
//! - [`engine`]: all decisions, without I/O: when to connect, what to send, how each call settles.
//! - `tap`: the driver's bytes as frames again, for whoever wants to [watch](Client::wire) them.
//! - `socket`: a WebSocket in the browser and one on tokio, of the same shape.
//! - `ids`: correlation ids and the like.
//! - `diagnose`: what is wrong between here and the workers, and how to mend it; not in a browser.
//! - `Tls`: whom to trust at a `wss://…`; not in a browser, which decides that by itself.

mod call;
mod client;
mod config;
mod connection;
#[cfg(not(target_arch = "wasm32"))]
pub mod diagnose;
mod driver;
pub mod engine;
mod error;
mod ids;
mod passcode;
mod socket;
mod tap;
mod times;
#[cfg(not(target_arch = "wasm32"))]
mod tls;
mod traceparent;
mod urls;
mod version;

pub use call::{Call, CallOptions, Policy, Raw, RawRequest, Reply, Stage};
pub use client::{Client, Counters};
pub use config::{Config, Mode};
pub use connection::{ConnectionState, Disconnect};
pub use error::CallError;
pub use passcode::{Passcode, PasscodeSource, Token};
pub use tap::{Direction, SHOWN_BODY_BYTES, WAITING_FRAMES, WireFrame, WireKind};
pub use times::Times;
#[cfg(not(target_arch = "wasm32"))]
pub use tls::{Tls, TlsError};
pub use traceparent::{InvalidTraceparent, Traceparent};
pub use urls::{NoUrl, Urls};
