//! RabbitMQ's management API, as the broker's administrator.

use serde_json::Value;
use warren_rabbitmq::Node;

/// `guest:guest` in HTTP's basic scheme (RFC 7617).
const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

/// The management API of one node. Paths are those under `/api/`.
#[derive(Clone, Debug)]
pub(crate) struct Management {
    url: String,
}

impl Management {
    pub(crate) fn of(node: &Node) -> Self {
        Self {
            url: node.management_url(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let got = ureq::get(self.at(path))
            .header("authorization", GUEST)
            .call()
            .and_then(|mut response| response.body_mut().read_json());
        got.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    pub(crate) fn put(&self, path: &str, what: &Value) {
        let put = ureq::put(self.at(path))
            .header("authorization", GUEST)
            .send_json(what);
        put.unwrap_or_else(|error| panic!("PUT {path}: {error}"));
    }

    pub(crate) fn post(&self, path: &str, what: &Value) {
        let posted = ureq::post(self.at(path))
            .header("authorization", GUEST)
            .send_json(what);
        posted.unwrap_or_else(|error| panic!("POST {path}: {error}"));
    }

    /// Posts a question, which has an answer.
    pub(crate) fn ask(&self, path: &str, what: &Value) -> Value {
        let answered = ureq::post(self.at(path))
            .header("authorization", GUEST)
            .send_json(what)
            .and_then(|mut response| response.body_mut().read_json());
        answered.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    pub(crate) fn delete(&self, path: &str) {
        let deleted = ureq::delete(self.at(path))
            .header("authorization", GUEST)
            .call();
        deleted.unwrap_or_else(|error| panic!("DELETE {path}: {error}"));
    }

    fn at(&self, path: &str) -> String {
        format!("{}/api/{path}", self.url)
    }
}
