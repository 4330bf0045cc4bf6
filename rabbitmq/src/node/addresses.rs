//! Where a node is for its clients.

use std::path::PathBuf;

use super::Node;
use crate::{management::Management, password::Password};

impl Node {
    /// Where AMQP clients connect: as `guest`, to the virtual host `/`.
    #[must_use]
    pub fn amqp_url(&self) -> String {
        self.amqp_url_of("/")
    }

    /// Where AMQP clients connect: as `guest`, to the virtual host `vhost`, whose name must need no
    /// encoding in a URL, except for slashes.
    #[must_use]
    pub fn amqp_url_of(&self, vhost: &str) -> String {
        format!(
            "amqp://guest:guest@127.0.0.1:{}/{}",
            self.ports.amqp,
            vhost.replace('/', "%2f")
        )
    }

    /// Where Warren's workers connect: as `worker`, who may do what they need and no more.
    #[must_use]
    pub fn worker_amqp_url(&self) -> String {
        self.worker_amqp_url_of("/")
    }

    /// Like [`Node::worker_amqp_url`], for the virtual host `vhost` as in [`Node::amqp_url_of`].
    #[must_use]
    pub fn worker_amqp_url_of(&self, vhost: &str) -> String {
        let worker = format!("worker:{}@", Password::of_worker().reveal());
        self.amqp_url_of(vhost).replacen("guest:guest@", &worker, 1)
    }

    /// The file with the password of the user `worker`, which this process made, and which its
    /// owner alone may read.
    #[must_use]
    pub fn worker_password_file(&self) -> PathBuf {
        self.files.worker_password()
    }

    /// Where STOMP clients connect over WebSocket.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.ports.web_stomp)
    }

    /// Where AMQP clients connect over TLS: as `guest`, to the virtual host `/`. Only a node with
    /// [`Tls`] listens there.
    #[must_use]
    pub fn amqps_url(&self) -> String {
        format!("amqps://guest:guest@localhost:{}/%2f", self.ports.amqps)
    }

    /// Where STOMP clients connect over WebSocket and TLS. Only a node with [`Tls`] listens there.
    #[must_use]
    pub fn wss_url(&self) -> String {
        format!("wss://localhost:{}/ws", self.ports.web_stomps)
    }

    /// Where the management page and HTTP API are, without a slash at the end.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.management)
    }

    /// The HTTP API, as `guest`.
    #[must_use]
    pub fn management(&self) -> Management {
        Management::at(&self.management_url())
    }
}
