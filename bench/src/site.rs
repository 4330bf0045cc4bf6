//! Serves pages that are measured.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    thread::{self, JoinHandle},
};

use axum::{Router, http::HeaderName};
use tokio::sync::oneshot;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

/// What isolates a page from all others, and so lets it read the clock to 5 µs instead of 100 µs.
/// See <https://developer.mozilla.org/docs/Web/API/Performance_API/High_precision_timing>.
const ISOLATED: [(&str, &str); 2] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
];

/// A web server on 127.0.0.1 that ends when this is dropped.
#[derive(Debug)]
#[must_use = "the server ends on drop"]
pub struct Site {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Serves each folder below its name, to pages that may read the clock as exactly as there is.
    ///
    /// # Errors
    /// The operating system refused a port or a thread.
    pub fn serve<const N: usize>(folders: [(&str, PathBuf); N]) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let pages = router(folders);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("site".into()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                    return;
                };
                tokio::select! {
                    _ = axum::serve(listener, pages) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self {
            port,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address of a file, such as `peers/stompjs.html`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        format!("http://{address}/{path}")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Dropping the sender is the signal.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

fn router<const N: usize>(folders: [(&str, PathBuf); N]) -> Router {
    let mut router = Router::new();
    for (name, folder) in folders {
        router = router.nest_service(&format!("/{name}"), ServeDir::new(folder));
    }
    for (name, value) in ISOLATED {
        let header = SetResponseHeaderLayer::overriding(
            HeaderName::from_static(name),
            axum::http::HeaderValue::from_static(value),
        );
        router = router.layer(header);
    }
    router
}
