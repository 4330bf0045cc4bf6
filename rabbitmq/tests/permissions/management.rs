//! RabbitMQ's management API.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use warren_rabbitmq::shared;

/// `web:web` and `guest:guest` in HTTP's basic scheme (RFC 7617).
pub(crate) const WEB: &str = "Basic d2ViOndlYg==";
pub(crate) const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(60)))
        .http_status_as_error(false);
    config.build().into()
}

fn at(path: &str) -> String {
    let node = shared().expect("a broker");
    format!("{}/api/{path}", node.management_url())
}

/// The status and the body of the answer to who gets this with this login.
pub(crate) fn get(path: &str, login: &str) -> (u16, Value) {
    let request = agent().get(at(path)).header("authorization", login);
    let mut answer = request.call().expect("the management API answers");
    let body = answer.body_mut().read_json().expect("it is JSON");
    (answer.status().as_u16(), body)
}

/// What the administrator gets.
pub(crate) fn known(path: &str) -> Value {
    let (status, body) = get(path, GUEST);
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// The status of the answer to who puts this with this login.
pub(crate) fn put(path: &str, login: &str, what: &Value) -> u16 {
    let request = agent().put(at(path)).header("authorization", login);
    let answer = request.send_json(what);
    answer
        .expect("the management API answers")
        .status()
        .as_u16()
}

/// The status of the answer to who posts this with this login.
pub(crate) fn post(path: &str, login: &str, what: &Value) -> u16 {
    let request = agent().post(at(path)).header("authorization", login);
    let answer = request.send_json(what);
    answer
        .expect("the management API answers")
        .status()
        .as_u16()
}
