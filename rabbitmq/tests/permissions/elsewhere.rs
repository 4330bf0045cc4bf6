//! `web` at the management API, and in another virtual host.

use serde_json::json;

use crate::management::{GUEST, WEB, get, post, put};
use crate::web_stomp::WebStomp;
use crate::{connect, stage};

/// What HTTP says of a user who may not be there at all.
const UNAUTHORIZED: u16 = 401;

/// What it says of what is made.
const CREATED: u16 = 201;

#[test]
fn the_management_api_is_closed_to_it() {
    for path in [
        "whoami",
        "overview",
        "definitions",
        "connections",
        "queues",
        "exchanges/%2f/rpc_queue/bindings/source",
        "users",
    ] {
        assert_eq!(get(path, WEB).0, UNAUTHORIZED, "{path}");
        assert_eq!(get(path, GUEST).0, 200, "{path}");
    }
    let message = json!({
        "routing_key": "another-client",
        "properties": {},
        "payload": "",
        "payload_encoding": "string",
    });
    let publish = "exchanges/%2f/rpc.bounce/publish";
    assert_eq!(post(publish, WEB, &message), UNAUTHORIZED);
    let more = json!({ "value": 1_000_000 });
    let limit = "user-limits/web/max-connections";
    assert_eq!(put(limit, WEB, &more), UNAUTHORIZED);
}

/// Its permissions are those of the virtual hosts into which the definitions were imported.
#[tokio::test]
async fn it_does_not_get_into_another_virtual_host() {
    assert_eq!(put("vhosts/not-warrens", GUEST, &json!({})), CREATED);
    let refused = connect("web", "not-warrens").await;
    refused.expect_err("web has no permission there");
    let greeting = WebStomp::connect("web", "not-warrens").await;
    assert_eq!(greeting.err().as_deref(), Some("Bad CONNECT"));

    stage("warrens");
    connect("web", "warrens").await.expect("web has some there");
    let greeting = WebStomp::connect("web", "warrens").await;
    greeting.expect("web has some there");
}
