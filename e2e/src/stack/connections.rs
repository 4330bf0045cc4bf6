//! Which connections there are to a stack's virtual host. The broker's statistics, from which it
//! tells them, are some seconds late.

use super::Stack;
use crate::{PATIENCE, management::OpenConnection, until};

impl Stack {
    /// The names of all Web-STOMP connections.
    #[must_use]
    pub fn web_connections(&self) -> Vec<String> {
        self.of_pages().map(|one| one.name).collect()
    }

    /// The name of the node at which the only Web-STOMP connection is, once the broker knows of it.
    pub async fn node_of_web_connection(&self) -> String {
        let mut nodes = Vec::new();
        until("one connection is listed", PATIENCE, async || {
            nodes = self.of_pages().map(|one| one.node).collect();
            nodes.len() == 1
        })
        .await;
        nodes.remove(0)
    }

    /// The names that the workers gave their connections.
    #[must_use]
    pub fn worker_connections(&self) -> Vec<String> {
        self.of_workers().filter_map(|one| one.owner).collect()
    }

    /// The name of the node at which the worker of this name is.
    #[must_use]
    pub fn node_of_worker(&self, name: &str) -> Option<String> {
        self.of_workers()
            .find(|one| one.owner.as_deref() == Some(name))
            .map(|one| one.node)
    }

    /// Lets the broker close all Web-STOMP connections, once it knows of one.
    pub async fn close_web_connections(&self) {
        let mut names = Vec::new();
        until("a connection is listed", PATIENCE, async || {
            names = self.web_connections();
            !names.is_empty()
        })
        .await;
        for name in names {
            self.management.close_connection(&name);
        }
    }

    fn of_pages(&self) -> impl Iterator<Item = OpenConnection> {
        self.open().filter(|one| one.is_web)
    }

    fn of_workers(&self) -> impl Iterator<Item = OpenConnection> {
        self.open().filter(|one| !one.is_web)
    }

    fn open(&self) -> impl Iterator<Item = OpenConnection> {
        let all = self.management.connections().into_iter();
        all.filter(|one| one.vhost == self.vhost)
    }
}
