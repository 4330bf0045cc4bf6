//! What the page remembers; plain data, without a browser.

#[cfg_attr(not(test), expect(dead_code, reason = "nothing runs a batch yet"))]
mod batch;
mod calls;
pub(crate) mod history;
#[cfg_attr(not(test), expect(dead_code, reason = "nothing draws lanes yet"))]
mod lanes;
#[cfg_attr(not(test), expect(dead_code, reason = "nothing runs a batch yet"))]
mod latency;
mod path;
mod time;

pub(crate) use calls::{CallLog, CallRecord, Done, Origin, Outcome, RowState};
pub(crate) use path::PathStage;
pub(crate) use time::{Timestamp, micros};
