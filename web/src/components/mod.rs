//! What is seen. What has state, or a life of its own, is a component; what only shows its
//! arguments is a function.

mod call_form;
mod call_list;
mod call_panel;
mod connection;
mod counter_line;
mod field;
mod masthead;
mod notes;
mod outcome;
mod path;
mod progress;
mod time_bar;
mod worker_count;

pub(crate) use call_list::CallList;
pub(crate) use call_panel::CallPanel;
pub(crate) use counter_line::CounterLine;
pub(crate) use masthead::masthead;
pub(crate) use notes::notes;
pub(crate) use path::Path;
