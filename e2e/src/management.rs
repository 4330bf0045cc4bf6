//! RabbitMQ's management API, as the broker's administrator.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use url::Url;
use warren_rabbitmq::Node;

/// `guest:guest` in HTTP's basic scheme (RFC 7617).
const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

/// How long an answer may take, on a machine that is busy with other tests.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What HTTP says of what is not there.
const NOT_FOUND: u16 = 404;

/// The management API of one node. Paths are those under `/api/`.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    url: String,
    agent: Agent,
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
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            // One that is kept would break when the node restarts.
            .max_idle_connections(0);
        Self {
            url: node.management_url(),
            agent: config.build().into(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let got = self
            .agent
            .get(self.at(path))
            .header("authorization", GUEST)
            .call()
            .and_then(|mut response| response.body_mut().read_json());
        got.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    pub(crate) fn put(&self, path: &str, what: &Value) {
        let put = self
            .agent
            .put(self.at(path))
            .header("authorization", GUEST)
            .send_json(what);
        put.unwrap_or_else(|error| panic!("PUT {path}: {error}"));
    }

    pub(crate) fn post(&self, path: &str, what: &Value) {
        let posted = self
            .agent
            .post(self.at(path))
            .header("authorization", GUEST)
            .send_json(what);
        posted.unwrap_or_else(|error| panic!("POST {path}: {error}"));
    }

    /// Posts a question, which has an answer.
    pub(crate) fn ask(&self, path: &str, what: &Value) -> Value {
        let answered = self
            .agent
            .post(self.at(path))
            .header("authorization", GUEST)
            .send_json(what)
            .and_then(|mut response| response.body_mut().read_json());
        answered.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    pub(crate) fn delete(&self, path: &str) {
        let deleted = self
            .agent
            .delete(self.at(path))
            .header("authorization", GUEST)
            .call();
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
        let mut url = Url::parse(&self.at("connections")).expect("the node's address is a URL");
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(name);
        }
        let closed = self
            .agent
            .delete(url.as_str())
            .header("authorization", GUEST)
            .call();
        match closed {
            Ok(_) | Err(ureq::Error::StatusCode(NOT_FOUND)) => {}
            Err(error) => panic!("DELETE {url}: {error}"),
        }
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/{path}", self.url)
    }
}
