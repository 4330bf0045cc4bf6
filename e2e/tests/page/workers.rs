//! Whether there is a worker, and what becomes of calls if there is none.

use warren_e2e::{Browser, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_counts_the_workers_that_are_there() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser
        .wait_for("[data-testid=workers][data-count='0']")
        .await;
    let hare = stack.worker("hare", &[]);
    browser
        .wait_for("[data-testid=workers][data-count='1']")
        .await;
    let _rabbit = stack.worker("rabbit", &[]);
    browser
        .wait_for("[data-testid=workers][data-count='2']")
        .await;
    hare.kill().expect("the worker dies");
    browser
        .wait_for("[data-testid=workers][data-count='1']")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_for_a_worker_that_comes_back() {
    let stack = Stack::shared();
    let page = stack.page();
    let worker = stack.worker("hare", &[]);
    let browser = Browser::open(&page.url()).await;
    assert_eq!(browser.call("10").await, "55");
    worker.stop().expect("the worker stops");

    browser.fill("n", "20").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-n='20']")
        .await;
    let _worker = stack.worker("rabbit", &[]);
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    browser.close().await;
}
