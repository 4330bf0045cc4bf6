//! The codec: bytes to frames and back.

mod limits;
mod properties;
mod support;
mod vectors;
