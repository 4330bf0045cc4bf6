//! What is seen. What has state, or a life of its own, is a component; what only shows its
//! arguments is a function.

mod batch;
mod batch_form;
mod batch_summary;
mod call_form;
mod call_list;
mod call_panel;
mod call_row;
mod chamber;
mod connection;
mod counter_line;
mod field;
mod frame_detail;
mod frame_row;
mod frames;
mod histogram;
mod lane;
mod masthead;
mod notes;
mod outcome;
mod path;
mod progress;
mod section;
mod settings;
mod time_bar;
mod wire;
mod worker_count;
mod workers;

pub(crate) use batch::Batch;
pub(crate) use call_list::CallList;
pub(crate) use call_panel::CallPanel;
pub(crate) use counter_line::CounterLine;
pub(crate) use masthead::masthead;
pub(crate) use notes::notes;
pub(crate) use settings::Settings;
pub(crate) use wire::Wire;
pub(crate) use workers::Workers;
