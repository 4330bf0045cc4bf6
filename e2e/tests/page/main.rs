//! The built page in Chromium: what a user does, and sees.

mod accessibility;
mod batch;
mod calls;
mod connection;
mod counters;
mod keyboard;
mod later;
mod list;
mod looks;
mod out_of_sight;
mod policy;
mod progress;
mod settings;
mod start;
mod wire;
mod workers;
