//! A web server in a thread of this process.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use axum::Router;
use tokio::sync::oneshot;

/// A web server on 127.0.0.1 that ends when this is dropped.
#[derive(Debug)]
#[must_use = "the server ends on drop"]
pub struct WebServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WebServer {
    /// Takes the port `port` of 127.0.0.1, or any free one if that is 0, for [`WebServer::start`].
    ///
    /// # Errors
    /// The port is taken.
    pub fn bind(port: u16) -> io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port))
    }

    /// Serves `pages` where `listener` listens.
    ///
    /// # Errors
    /// The operating system refused a thread.
    pub fn start(listener: TcpListener, pages: Router) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("web server".into())
            .spawn(move || {
                runtime.block_on(async {
                    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
                        return;
                    };
                    // Without waiting for open connections: browsers keep theirs for minutes.
                    tokio::select! {
                        _ = axum::serve(listener, pages) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address of the server's root, with a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        // Dropping the sender is the signal.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_free_again_after_drop() {
        let listener = WebServer::bind(0).expect("a port");
        let port = listener.local_addr().expect("it has one").port();
        let server = WebServer::start(listener, Router::new()).expect("a server");
        assert!(!warren_rabbitmq::is_free(port));
        drop(server);
        assert!(warren_rabbitmq::is_free(port));
    }
}
