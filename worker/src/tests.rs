//! The harness on a broker in memory, in virtual time: what comes in, and what goes out.
//!
//! - `settling`: replies and acknowledgements, one request at a time and many.
//! - `calls`: requests that come again, cancels, procedures that must not be done twice.
//! - `endings`: drains, lost connections, a queue that is deleted, refusals.
//! - `nodes`: a broker of several nodes.
//! - `procedures`: several of them, of both kinds, and what they know of their callers.
//!
//! `memory` is the broker, `rig` a worker at it.

mod calls;
mod endings;
mod memory;
mod nodes;
mod procedures;
mod rig;
mod settling;
