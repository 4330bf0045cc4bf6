//! What the page remembers; plain data, without a browser.

mod calls;
mod path;
mod time;

pub(crate) use calls::{CallLog, CallRecord, Done, Origin, Outcome, RowState};
pub(crate) use path::PathStage;
pub(crate) use time::Timestamp;
