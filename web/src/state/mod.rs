//! What the page remembers; plain data, without a browser.

mod batch;
mod calls;
pub(crate) mod history;
mod lanes;
mod latency;
mod load;
mod path;
mod plot;
mod time;
mod traffic;
mod wire;

pub(crate) use batch::{Batch, BatchOutcome, BatchSummary, Percentiles};
pub(crate) use calls::{CallLog, CallRecord, Done, Origin, Outcome, RowState, unheard_stage};
pub(crate) use lanes::{
    BarEnd, CallEnd, LANE_HEIGHT, LANE_WIDTH, LaneView, Lanes, Standing, WorkerCount,
};
pub(crate) use load::Load;
pub(crate) use path::PathStage;
pub(crate) use plot::{HEIGHT as PLOT_HEIGHT, MarkPlace, Plot, mark_places};
pub(crate) use time::{Timestamp, micros};
pub(crate) use traffic::{Dot, Traffic};
pub(crate) use wire::{Meaning, WireEntry, WireFilter, WireLog, WireScope};
