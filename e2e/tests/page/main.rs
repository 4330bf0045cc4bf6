//! The built page in Chromium: what a user does, and sees.

mod batch;
mod calls;
mod connection;
mod counters;
mod later;
mod out_of_sight;
mod progress;
mod start;
mod workers;
