//! The codec: bytes to frames and back.

mod grammar;
mod limits;
mod properties;
mod support;
mod vectors;
