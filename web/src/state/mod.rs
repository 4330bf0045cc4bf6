//! What the page remembers; plain data, without a browser.

mod calls;
mod path;

pub(crate) use calls::{CallId, CallRecord, Calls, CallsAction, Outcome};
pub(crate) use path::PathStage;
