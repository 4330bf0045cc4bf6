//! Serves pages that are measured.

use std::{io, path::PathBuf};

use axum::{
    Router,
    http::{HeaderName, HeaderValue},
};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};
use xtask::WebServer;

/// What isolates a page from all others, and so lets it read the clock to 5 µs instead of 100 µs.
/// See <https://developer.mozilla.org/docs/Web/API/Performance_API/High_precision_timing>.
const ISOLATED: [(&str, &str); 2] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

/// Serves each folder below its name, to pages that may read the clock as exactly as there is.
///
/// # Errors
/// The operating system refused a port or a thread.
pub(crate) fn serve<const N: usize>(folders: [(&str, PathBuf); N]) -> io::Result<WebServer> {
    WebServer::start(WebServer::bind(0)?, router(folders))
}

fn router<const N: usize>(folders: [(&str, PathBuf); N]) -> Router {
    let mut router = Router::new();
    for (name, folder) in folders {
        router = router.nest_service(&format!("/{name}"), ServeDir::new(folder));
    }
    for (name, value) in ISOLATED {
        let header = SetResponseHeaderLayer::overriding(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        router = router.layer(header);
    }
    router
}
