//! What is seen.

mod call_form;
mod call_list;
mod call_panel;
mod connection;
mod field;
mod masthead;
mod notes;
mod outcome;
mod path;
mod time_bar;

pub(crate) use call_list::CallList;
pub(crate) use call_panel::CallPanel;
pub(crate) use masthead::Masthead;
pub(crate) use notes::Notes;
pub(crate) use path::Path;
