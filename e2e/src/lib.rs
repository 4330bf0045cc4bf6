//! What the end-to-end tests stand on. Everything in it is real: RabbitMQ, workers, the built
//! page, Chromium, and the programs of RabbitMQ's tutorials.
//!
//! - [`Stack`]: a broker's virtual host of one's own, and what runs on it.
//! - [`HaProxy`]: what stands before a cluster, with TLS.
//! - [`Browser`]: Chromium, and the page as a user sees it.
//! - [`Peer`]: a program in the form of the tutorials.
//! - [`warren`]: the terminal command.
//! - [`on_terminal`]: what a command shows to a person.
//! - [`Traffic`]: calls all the time, each of which must succeed.
//! - [`until`], [`within`]: waiting, with an end.
//! - [`chaos`]: calls of all kinds, while everything under them is disturbed.
//! - [`soak`]: very many calls, and the memory that they take.
//! - [`fibonacci`]: what a worker should say.
//!
//! A harness has nobody to report an error to: it panics, in words that say what to do.

mod browser;
pub mod chaos;
mod fibonacci;
mod haproxy;
mod management;
mod peer;
pub mod soak;
mod stack;
mod terminal;
mod traffic;
mod wait;

pub use browser::{Browser, CallRow, Scheme, View};
pub use fantoccini::key::Key;
pub use fibonacci::fibonacci;
pub use haproxy::HaProxy;
pub use peer::{Peer, PeerKind};
pub use stack::{ControlTap, Stack, warren, warren_command};
pub use terminal::on_terminal;
pub use traffic::{HeldUp, Traffic};
pub use wait::{PATIENCE, until, within};
pub use xtask::stack::Worker;
