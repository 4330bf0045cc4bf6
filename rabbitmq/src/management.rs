//! A node's management API, as the administrator of `definitions.json`.

use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, RequestBuilder, typestate::WithBody};

/// `guest:guest` in HTTP's basic scheme (RFC 7617).
const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

/// An answer takes milliseconds; a queue with members on several nodes a second or two, on a
/// machine that is busy with their start.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The management API at one node (<https://www.rabbitmq.com/docs/management#http-api>), as `guest`.
/// Paths are those under `/api/`, and percent-encoded.
///
/// All of it fails if the node does not answer within a minute, or answers with an error's status.
#[derive(Clone, Debug)]
pub struct Management {
    url: String,
    agent: Agent,
}

#[expect(clippy::missing_errors_doc, reason = "it is said once, above")]
impl Management {
    /// That of the node whose management page is at `url`, without a slash at the end.
    pub(crate) fn at(url: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            // One that is kept would break when the node restarts.
            .max_idle_connections(0);
        Self {
            url: format!("{url}/api"),
            agent: config.build().into(),
        }
    }

    /// What is there.
    pub fn get(&self, path: &str) -> Result<Value, ureq::Error> {
        let request = self.agent.get(self.url(path));
        let mut response = request.header("authorization", GUEST).call()?;
        response.body_mut().read_json()
    }

    /// Puts something there.
    pub fn put(&self, path: &str, what: &Value) -> Result<(), ureq::Error> {
        let request = self.agent.put(self.url(path));
        request.header("authorization", GUEST).send_json(what)?;
        Ok(())
    }

    /// Posts something that has no answer.
    pub fn post(&self, path: &str, what: &Value) -> Result<(), ureq::Error> {
        self.posting(path).send_json(what)?;
        Ok(())
    }

    /// Posts a question, which has an answer.
    pub fn ask(&self, path: &str, what: &Value) -> Result<Value, ureq::Error> {
        let mut response = self.posting(path).send_json(what)?;
        response.body_mut().read_json()
    }

    /// Deletes what is there.
    pub fn delete(&self, path: &str) -> Result<(), ureq::Error> {
        let request = self.agent.delete(self.url(path));
        request.header("authorization", GUEST).call()?;
        Ok(())
    }

    fn posting(&self, path: &str) -> RequestBuilder<WithBody> {
        let request = self.agent.post(self.url(path));
        request.header("authorization", GUEST)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }
}
