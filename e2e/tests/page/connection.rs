//! The connection, as it comes and goes.

use warren_e2e::{Browser, Stack};
use warren_rabbitmq::Node;
use xtask::page::PageConfig;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_worker_survive_a_restart_of_the_broker() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    assert_eq!(browser.call("10").await, "55");

    node.stop().expect("the broker stops");
    browser.wait_until("offline").await;
    browser.fill("deadline", "5m").await;
    browser.fill("n", "20").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=waiting][data-n='20']")
        .await;

    node.start_again().expect("the broker starts again");
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_go_on_while_the_connection_is_lost() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.fill("batch-from", "50").await;
    browser.fill("batch-to", "50").await;
    browser.fill("batch-count", "1").await;
    browser.click("batch-run").await;
    browser.fill("deadline", "5m").await;
    browser.fill("n", "49").await;
    browser.click("call").await;
    let row =
        |n: u32, state: &str| format!("[data-testid=call-row][data-n='{n}'][data-state={state}]");
    browser.wait_for(&row(49, "running")).await;
    browser.wait_for(&row(50, "queued")).await;
    let busy = "[data-testid=lane][data-standing=serving]";
    browser.wait_for(busy).await;

    node.stop().expect("the broker stops");
    browser.wait_until("offline").await;
    for n in [49, 50] {
        browser.wait_for(&row(n, "waiting")).await;
    }
    browser
        .wait_for("[data-testid=lane][data-standing=unknown]")
        .await;
    let text = browser.text().await;
    for words in ["Waiting for the connection", "not heard of now"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let label = browser
        .wait_for("[data-testid=chamber-worker]")
        .await
        .attr("aria-label")
        .await
        .expect("it is there");
    assert_eq!(label.as_deref(), Some("worker: unknown"));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_broker_is_said_and_a_waiting_call_fails_at_its_deadline() {
    let node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let page = stack.page();
    drop(node);
    let browser = Browser::open(&page.url()).await;
    browser.fill("deadline", "500ms").await;
    browser.fill("n", "20").await;
    browser.click("call").await;
    let words = browser.wait_for_error("unavailable").await;
    assert!(words.contains("ot connected within 500ms"), "{words}");
    // While a try is under way it is `connecting`, so this may take a few of them.
    browser.wait_until("offline").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_in_words() {
    let stack = Stack::shared();
    let page = stack.page_with(PageConfig {
        passcode: "wrong".to_owned(),
        ..stack.page_config()
    });
    let browser = Browser::open(&format!("{}?n=20&run", page.url())).await;
    let words = browser.wait_for_error("unauthenticated").await;
    assert!(words.contains("rong login or passcode"), "{words}");
    browser.wait_until("offline").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_sends_text_frames_is_understood() {
    let node = Node::temporary_with("web_stomp.ws_frame = text\n").expect("a broker");
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("Häsin", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    assert_eq!(browser.call("10").await, "55");
    browser
        .wait_for("[data-testid=call-row][data-worker='Häsin']")
        .await;
    browser.close().await;

    let output = stack.warren(&["call", "10", "--json"]);
    let reply: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reply["worker"], "Häsin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_flight_survives_a_crash_of_the_broker() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    send_to_nobody(&browser).await;

    // The broker keeps no request over its end.
    node.kill().expect("the broker dies");
    browser.wait_until("offline").await;
    browser
        .wait_for("[data-testid=call-row][data-state=waiting]")
        .await;
    node.start_again().expect("the broker starts again");
    let _worker = stack.worker("hare", &[]);
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    assert_eq!(text_of(&browser, "resent").await, "1");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_broker_closes_is_replaced_and_a_call_in_flight_succeeds() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    send_to_nobody(&browser).await;

    stack.close_web_connections().await;
    assert_eq!(text_of(&browser, "reconnects").await, "1");
    assert_eq!(text_of(&browser, "resent").await, "1");
    let _worker = stack.worker("hare", &[]);
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    browser.close().await;
}

/// Calls fib(20) for which there is no worker yet, and waits until it is sent.
async fn send_to_nobody(browser: &Browser) {
    browser.wait_until("online").await;
    browser.fill("n", "20").await;
    browser.fill("deadline", "5m").await;
    browser.click("wait").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=queued]")
        .await;
}

async fn text_of(browser: &Browser, test_id: &str) -> String {
    let element = browser.wait_for(&format!("[data-testid={test_id}]")).await;
    element.text().await.expect("a text")
}
