//! What is seen. What has state, or a life of its own, is a component; what only shows its
//! arguments is a function.
//!
//! One module for each part of the page, from the top: [`masthead`], [`call`], [`calls`], [`wire`],
//! [`workers`], [`batch`], [`settings`].

mod batch;
mod call;
mod calls;
mod field;
mod masthead;
mod notes;
mod prose;
mod section;
mod settings;
mod wire;
mod workers;

pub(crate) use batch::Batch;
pub(crate) use call::CallPanel;
pub(crate) use calls::CallList;
pub(crate) use masthead::masthead;
pub(crate) use notes::notes;
pub(crate) use settings::Settings;
pub(crate) use wire::Wire;
pub(crate) use workers::Workers;
