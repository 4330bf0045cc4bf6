//! Pages that nobody looks at, on a broker that is less patient than usual: otherwise these tests
//! would take minutes.

use std::time::Duration;

use warren_e2e::{Browser, PATIENCE, Stack, until};
use warren_rabbitmq::Node;

/// The broker closes connections that are silent for this long; 60 s unless it is told otherwise.
/// The page's heart-beats are due every 20 s, and leave with the broker's, which come every 10 s:
/// so they are up to 30 s apart where timers hardly run.
const IDLE_LIMIT: Duration = Duration::from_secs(40);

fn impatient_broker() -> Node {
    let limit = IDLE_LIMIT.as_millis();
    let setting = format!("web_stomp.ws_opts.idle_timeout = {limit}\n");
    Node::temporary_with(&setting).expect("a broker")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_whose_timers_hardly_run_keeps_its_connection() {
    let node = impatient_broker();
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open_thrifty(&page.url()).await;
    browser.wait_until("online").await;
    assert_eq!(browser.call("10").await, "55");
    browser
        .run(
            "window.ticked = performance.now();
             const tick = () => { ticked = performance.now(); setTimeout(tick, 1000); };
             tick();",
        )
        .await;
    browser.hide().await;
    // Throttled timers run at each full minute of the browser's clock. So this takes two of them
    // at most.
    let limit = (IDLE_LIMIT + Duration::from_secs(5)).as_millis();
    let without_timers = format!("return performance.now() - ticked > {limit}");
    browser
        .wait_until_true(&without_timers, Duration::from_secs(180))
        .await;
    browser.wait_until("online").await;
    assert_eq!(browser.count("[data-testid=reconnects]").await, 0);

    browser.show().await;
    assert_eq!(browser.call("20").await, "6765");
    assert_eq!(browser.count("[data-testid=reconnects]").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_frozen_until_the_broker_gave_it_up_comes_back_with_its_call() {
    let node = impatient_broker();
    let stack = Stack::of(&node, "/");
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.fill("n", "20").await;
    browser.fill("deadline", "10m").await;
    browser.click("wait").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=queued]")
        .await;
    until("the page's connection is listed", PATIENCE, async || {
        !stack.web_connections().is_empty()
    })
    .await;

    browser.hide().await;
    browser.freeze().await;
    let given_up = async || stack.web_connections().is_empty();
    until("the broker closes it", IDLE_LIMIT + PATIENCE, given_up).await;
    // What it takes from the queue now, it answers to nobody.
    let _worker = stack.worker("hare", &[]);
    browser.thaw().await;
    browser.show().await;
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    for counter in ["reconnects", "resent"] {
        let counter = browser.wait_for(&format!("[data-testid={counter}]")).await;
        assert_eq!(counter.text().await.expect("a text"), "1");
    }
    browser.close().await;
}
