//! Everything that a person runs, and the stack of processes that the end-to-end tests share
//! with it.
//!
//! - [`up`], [`test`], [`chaos`], [`soak`], [`bench`], [`screenshots`], [`weight`],
//!   [`site`], [`definitions`], [`audit`], [`doctor`]: the commands.
//! - [`stack`]: workers that cannot outlive their starter; the broker is [`warren_rabbitmq::Node`].
//! - [`page`]: serves the built page, by a [`WebServer`].
//! - [`tools`]: what must be installed, and how it gets there.
//! - [`artifacts`]: what is built from this checkout.
//! - [`Checkout`]: where everything lies.

pub mod artifacts;
pub mod audit;
pub mod bench;
pub mod chaos;
mod checkout;
mod command;
pub mod definitions;
pub mod doctor;
mod lock;
pub mod page;
mod progress;
pub mod screenshots;
pub mod site;
pub mod soak;
mod split;
pub mod stack;
mod tally;
pub mod test;
pub mod tools;
pub mod up;
mod web_server;
pub mod weight;

pub use checkout::Checkout;
pub use web_server::WebServer;
