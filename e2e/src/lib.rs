//! What the end-to-end tests stand on. Everything in it is real: RabbitMQ, workers, the built
//! page, Chromium, and the programs of RabbitMQ's tutorials.
//!
//! - [`Stack`]: a broker's virtual host of one's own, and what runs on it.
//! - [`Browser`]: Chromium, and the page as a user sees it.
//! - [`Peer`]: a program in the form of the tutorials.
//! - [`warren`]: the terminal command.
//!
//! A harness has nobody to report an error to: it panics, in words that say what to do.

mod browser;
mod management;
mod peer;
mod stack;

pub use browser::{Browser, PATIENCE};
pub use fantoccini::key::Key;
pub use peer::{Peer, PeerKind};
pub use stack::{Stack, warren};
pub use xtask::stack::Worker;
