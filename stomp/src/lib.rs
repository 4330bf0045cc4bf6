//! STOMP 1.2 without I/O: frames, an incremental decoder, an encoder, and a session.
//!
//! Nothing here opens a socket or reads a clock. Bytes and the time are passed in, and bytes and
//! events are taken out, so that every behaviour can be tested in virtual time.
//!
//! - [`Frame`], with its [`Command`] and [`Headers`], is one STOMP frame in memory.
//! - [`encode`] turns a frame into bytes; [`Decoder`] turns bytes, in whatever chunks they come,
//!   into frames, within [`Limits`].
//! - [`Session`] is one connection's life: CONNECT, heart-beats, subscriptions, receipts, errors,
//!   and exactly one [`Closed`] that says who ended it and why.
//!
//! The protocol is [STOMP 1.2](https://stomp.github.io/stomp-specification-1.2.html), as RabbitMQ
//! speaks it; where the two differ, the item concerned says so.
//!
//! ```
//! use warren_stomp::{Command, Decoder, Frame, Limits, encode};
//!
//! let request = Frame::new(Command::Send)
//!     .with_header("destination", "/exchange/rpc_queue/me")
//!     .with_body("30");
//! let mut bytes = Vec::new();
//! encode(&request, &mut bytes);
//! assert_eq!(
//!     bytes,
//!     b"SEND\ndestination:/exchange/rpc_queue/me\ncontent-length:2\n\n30\0",
//! );
//!
//! let mut decoder = Decoder::new(Limits::default());
//! let (mut first, mut second) = bytes.split_at(10);
//! assert_eq!(decoder.decode(&mut first)?, None);
//! let frame = decoder.decode(&mut second)?.expect("the rest of the frame");
//! assert_eq!(frame.header("destination"), Some("/exchange/rpc_queue/me"));
//! assert_eq!(frame.body, b"30");
//! # Ok::<(), warren_stomp::DecodeError>(())
//! ```

mod command;
mod decode;
mod encode;
mod escape;
mod frame;
mod headers;
mod session;

pub use command::Command;
pub use decode::{DecodeError, Decoder, Limits, Part};
pub use encode::encode;
pub use frame::Frame;
pub use headers::Headers;
pub use session::{
    CHUNK_BYTES, Closed, DISCONNECT_RECEIPT, DISCONNECT_TIMEOUT, Event, HeartBeat, NotConnected,
    ProtocolError, SILENCE_TOLERANCE, ServerError, Session, SessionConfig, VERSION,
};
