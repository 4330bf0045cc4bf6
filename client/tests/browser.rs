//! The client in a real browser, where no broker is to be had. With one, it is tested end to end.
#![cfg(target_arch = "wasm32")]

use std::time::Duration;

use warren_client::{CallError, CallOptions, Client, Config, ConnectionState, Disconnect, Policy};
use warren_contract::{Code, Fibonacci};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A client whose broker is at `url`.
fn client_at(url: &str) -> Client {
    Client::connect(Config {
        urls: url.into(),
        ..Config::default()
    })
}

const SOON: CallOptions = CallOptions {
    deadline: Some(Duration::from_secs(3)),
    policy: Policy::FailFast,
    progress: None,
    traceparent: None,
};

/// Calls, waits for the call to fail as not connected, and returns why there is no connection.
async fn why_not_connected(client: &Client) -> Disconnect {
    let error = client.call_with::<Fibonacci>(30, SOON).await;
    let error = error.expect_err("there is no broker");
    assert_eq!(error.code(), Code::Unavailable);
    match error {
        CallError::NotConnected {
            because: Some(reason),
            ..
        } => reason,
        other => panic!("another error: {other}"),
    }
}

#[wasm_bindgen_test]
async fn a_call_to_a_broker_that_is_not_there_ends_at_its_deadline() {
    let client = client_at("ws://127.0.0.1:9/ws");
    let reason = why_not_connected(&client).await;
    let words = reason.to_string();
    assert!(words.contains("ws://127.0.0.1:9/ws"), "{words}");
    assert!(words.contains("the browser could not connect"), "{words}");
}

#[wasm_bindgen_test]
async fn an_address_that_is_none_is_explained_by_the_browser() {
    let client = client_at("nonsense://");
    let reason = why_not_connected(&client).await;
    assert!(matches!(reason, Disconnect::Unreachable { .. }), "{reason}");
    assert!(reason.to_string().contains("nonsense"), "{reason}");
}

#[wasm_bindgen_test]
async fn a_call_that_is_dropped_is_forgotten_and_a_client_can_be_closed() {
    let client = client_at("ws://127.0.0.1:9/ws");
    drop(client.call::<Fibonacci>(30));
    let pending = client.call::<Fibonacci>(30);
    let connection = client.connection();
    client.close().await;
    assert_eq!(*connection.borrow(), ConnectionState::Closed);
    assert_eq!(pending.await, Err(CallError::Closed));
}
