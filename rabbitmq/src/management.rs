//! A node's management API, as the administrator of `definitions.json`.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

/// `guest:guest` in HTTP's basic scheme (RFC 7617).
const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

/// An answer takes milliseconds; a queue with members on several nodes a second or two, on a
/// machine that is busy with their start.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The management API at one node. Paths are those under `/api/`.
#[derive(Debug)]
pub(crate) struct Management {
    url: String,
    agent: Agent,
}

impl Management {
    /// That of the node whose management page is at `url`, without a slash at the end.
    pub(crate) fn at(url: &str) -> Self {
        let config = Agent::config_builder().timeout_global(Some(TIMEOUT));
        Self {
            url: format!("{url}/api"),
            agent: config.build().into(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, ureq::Error> {
        self.agent
            .get(format!("{}/{path}", self.url))
            .header("authorization", GUEST)
            .call()?
            .body_mut()
            .read_json()
    }

    pub(crate) fn post(&self, path: &str, what: &Value) -> Result<(), ureq::Error> {
        self.agent
            .post(format!("{}/{path}", self.url))
            .header("authorization", GUEST)
            .send_json(what)?;
        Ok(())
    }
}
