//! The session, in virtual time, against a server that the tests play.

mod closing;
mod connecting;
mod frames;
mod heart_beats;
mod support;
