//! `web` at the management API, and in another virtual host.

use std::time::Duration;

use serde_json::json;
use ureq::Agent;
use warren_rabbitmq::shared;

use crate::web_stomp::WebStomp;
use crate::{connect, stage};

/// `web:web` and `guest:guest` in HTTP's basic scheme (RFC 7617).
const WEB: &str = "Basic d2ViOndlYg==";
const GUEST: &str = "Basic Z3Vlc3Q6Z3Vlc3Q=";

/// What HTTP says of a user who may not be there at all.
const UNAUTHORIZED: u16 = 401;

fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(60)))
        .http_status_as_error(false);
    config.build().into()
}

#[test]
fn the_management_api_is_closed_to_it() {
    let node = shared().expect("a broker");
    let agent = agent();
    for path in [
        "whoami",
        "overview",
        "definitions",
        "connections",
        "queues",
        "exchanges/%2f/rpc_queue/bindings/source",
        "users",
    ] {
        let url = format!("{}/api/{path}", node.management_url());
        let status = |login| {
            let got = agent.get(&url).header("authorization", login).call();
            got.expect("the management API answers").status().as_u16()
        };
        assert_eq!(status(WEB), UNAUTHORIZED, "{path}");
        assert_eq!(status(GUEST), 200, "{path}");
    }
    let url = format!(
        "{}/api/exchanges/%2f/rpc.bounce/publish",
        node.management_url()
    );
    let message = json!({
        "routing_key": "another-client",
        "properties": {},
        "payload": "",
        "payload_encoding": "string",
    });
    let posted = agent
        .post(&url)
        .header("authorization", WEB)
        .send_json(message);
    let status = posted.expect("the management API answers").status();
    assert_eq!(status.as_u16(), UNAUTHORIZED);
}

/// Its permissions are those of the virtual hosts into which the definitions were imported.
#[tokio::test]
async fn it_does_not_get_into_another_virtual_host() {
    let node = shared().expect("a broker");
    let url = format!("{}/api/vhosts/not-warrens", node.management_url());
    let added = agent()
        .put(&url)
        .header("authorization", GUEST)
        .send_empty();
    assert!(
        added
            .expect("the management API answers")
            .status()
            .is_success()
    );
    connect("web", "not-warrens")
        .await
        .expect_err("web has no permission there");
    let greeting = WebStomp::connect("web", "not-warrens").await;
    assert_eq!(greeting.err().as_deref(), Some("Bad CONNECT"));

    stage("warrens");
    connect("web", "warrens").await.expect("web has some there");
    let greeting = WebStomp::connect("web", "warrens").await;
    greeting.expect("web has some there");
}
