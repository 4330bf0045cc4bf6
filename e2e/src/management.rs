//! RabbitMQ's management API, for tests.

use form_urlencoded::byte_serialize;
use serde_json::Value;
use warren_rabbitmq::Node;

/// What HTTP says of what is not there.
const NOT_FOUND: u16 = 404;

/// The management API of one node. What fails, panics.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    api: warren_rabbitmq::Management,
}

/// A connection that the broker knows.
#[derive(Clone, Debug)]
pub(crate) struct OpenConnection {
    pub(crate) name: String,
    pub(crate) vhost: String,
    /// The name of the node that holds it.
    pub(crate) node: String,
    pub(crate) is_web: bool,
    /// The name that a worker gives itself.
    pub(crate) owner: Option<String>,
}

impl Management {
    pub(crate) fn of(node: &Node) -> Self {
        Self {
            api: node.management(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let got = self.api.get(path);
        got.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    pub(crate) fn put(&self, path: &str, what: &Value) {
        let put = self.api.put(path, what);
        put.unwrap_or_else(|error| panic!("PUT {path}: {error}"));
    }

    pub(crate) fn post(&self, path: &str, what: &Value) {
        let posted = self.api.post(path, what);
        posted.unwrap_or_else(|error| panic!("POST {path}: {error}"));
    }

    /// Posts a question, which has an answer.
    pub(crate) fn ask(&self, path: &str, what: &Value) -> Value {
        let answered = self.api.ask(path, what);
        answered.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    pub(crate) fn delete(&self, path: &str) {
        let deleted = self.api.delete(path);
        deleted.unwrap_or_else(|error| panic!("DELETE {path}: {error}"));
    }

    /// The connections that there are. The broker's statistics, from which it tells them, are some
    /// seconds late.
    pub(crate) fn connections(&self) -> Vec<OpenConnection> {
        let listed = self.get("connections");
        let read = |connection: &Value| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            Some(OpenConnection {
                name: text(&connection["name"])?,
                vhost: text(&connection["vhost"])?,
                node: text(&connection["node"])?,
                is_web: text(&connection["protocol"])?.contains("STOMP"),
                owner: text(&connection["client_properties"]["connection_name"]),
            })
        };
        let listed = listed.as_array().expect("a list of connections");
        listed.iter().filter_map(read).collect()
    }

    /// Closes a connection, unless it has gone meanwhile.
    pub(crate) fn close_connection(&self, name: &str) {
        // The name has spaces.
        let name: String = byte_serialize(name.as_bytes()).collect();
        let path = format!("connections/{}", name.replace('+', "%20"));
        match self.api.delete(&path) {
            Ok(()) | Err(ureq::Error::StatusCode(NOT_FOUND)) => {}
            Err(error) => panic!("DELETE {path}: {error}"),
        }
    }
}
