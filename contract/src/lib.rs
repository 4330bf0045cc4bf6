//! What both ends of a call agree on; nothing here does I/O.
//!
//! - [`Procedure`]: a procedure's name and types. [`Fibonacci`] is the demonstration.
//! - [`Fault`] and its [`Code`]: how a call fails, on the wire and in the API.
//! - [`Progress`]: how far a computation is.
//! - [`Pong`]: what a worker says of itself when it is asked.
//! - [`Topology`]: the names of a service's exchanges and queues.
//! - [`MessageType`] and [`header`]: the names that messages carry.

mod code;
mod fault;
pub mod header;
mod message_type;
mod pong;
mod procedure;
mod progress;
mod topology;

pub use code::{Code, UnknownCode};
pub use fault::Fault;
pub use message_type::{MessageType, UnknownMessageType};
pub use pong::{Pong, ServedProcedure};
pub use procedure::{Fibonacci, MAX_REQUEST_BYTES, Procedure};
pub use progress::Progress;
pub use topology::{BOUNCE_EXCHANGE, DEFAULT_SERVICE, Topology};
