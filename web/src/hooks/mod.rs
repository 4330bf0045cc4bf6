//! How components come by the client, its connection and the calls.
//!
//! [`ClientProvider`] and [`CallsProvider`] are the only ones that hold the client; everything
//! below them sees states, and callbacks that change them.

mod batch;
mod calls;
mod client;
mod counters;
mod elapsed;
mod follow;
mod history;
mod keep;
mod roving;
mod rows;
mod settings;
mod store;
mod visible;
mod wire;
mod workers;

pub(crate) use batch::use_batch;
pub(crate) use calls::{Calls, CallsProvider, use_call_log, use_calls};
pub(crate) use client::{ClientProvider, EarlyClient, use_connection};
pub(crate) use counters::use_counters;
pub(crate) use elapsed::use_elapsed;
pub(crate) use history::use_history;
pub(crate) use keep::{copy, download, stored};
pub(crate) use roving::{tab_index, use_roving};
pub(crate) use rows::{Rows, use_rows};
pub(crate) use settings::{SETTINGS, Settings, use_own_settings, use_settings};
pub(crate) use store::{Store, use_selected};
pub(crate) use wire::{Wire, use_traffic, use_wire, use_wire_log};
pub(crate) use workers::{use_lanes, use_worker_count};
