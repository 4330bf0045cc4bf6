//! Warren in a page of its own, to be measured in a browser; natively there is nothing in it.
//!
//! - [`calls`]: calls through `warren-client`, for `calls.html`.
//! - [`decode`]: decoding by `warren-stomp`, for `decode.html`.

#[cfg(target_arch = "wasm32")]
pub mod calls;
#[cfg(target_arch = "wasm32")]
pub mod decode;
