//! Calls and their outcomes.

use std::collections::BTreeSet;

use tokio::time::timeout;
use warren_contract::Pong;
use warren_e2e::{Browser, Key, PATIENCE, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn fib_30_is_832040() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;

    assert_eq!(browser.call("30").await, "832040");
    let row = "[data-testid=call-row][data-state=done][data-n='30'][data-worker=hare]";
    browser.wait_for(row).await;

    browser.fill("n", "10").await;
    browser.press(Key::Enter, "n").await;
    browser.wait_for("[data-testid=result][data-n='10']").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_n_is_explained_and_not_sent() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    let cases = [
        ("", "invalid_argument"),
        ("hello", "invalid_argument"),
        ("3.5", "invalid_argument"),
        ("-1", "out_of_range"),
        ("51", "out_of_range"),
    ];
    for (n, code) in cases {
        browser.fill("n", n).await;
        browser.press(Key::Enter, "n").await;
        let words = browser.wait_for_error(code).await;
        assert!(words.contains("50"), "{n:?}: the range is said: {words}");
    }
    browser.wait_for("[data-testid=calls]").await;
    assert_eq!(browser.count("[data-testid=call-row]").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workers_fault_is_shown_with_its_code() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.fill("n", "30").await;
    browser.click("call").await;
    let words = browser.wait_for_error("out_of_range").await;
    assert!(words.contains("20"), "what is allowed is said: {words}");
    browser
        .wait_for("[data-testid=call-row][data-state=failed]")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_twenty_calls() {
    let stack = Stack::shared();
    let _workers = ["hare", "rabbit"].map(|name| stack.worker(name, &["--concurrency", "1"]));
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.fill("n", "25").await;
    for _ in 0..20 {
        browser.click("call").await;
    }
    let css = "[data-testid=call-row][data-state=done]";
    browser.wait_for_count(css, 20).await;
    let workers: BTreeSet<_> = browser.attributes(css, "data-worker").await;
    assert_eq!(workers, BTreeSet::from(["hare".into(), "rabbit".into()]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_stops_at_its_worker() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let client = stack.client();
    let mut workers = client.workers();
    let mut until_busy = async |busy: u16| -> Pong {
        let is_so = |workers: &Option<Vec<Pong>>| {
            let hare = workers.as_ref().and_then(|workers| workers.first());
            hare.is_some_and(|hare| hare.busy == busy)
        };
        let known = timeout(PATIENCE, workers.wait_for(is_so)).await;
        let known = known.unwrap_or_else(|_| panic!("the worker is never busy with {busy}"));
        let known = known.expect("the client lives").clone();
        known.expect("it is known").remove(0)
    };
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.fill("deadline", "5m").await;
    // Each would keep its worker busy for much longer than it is waited for.
    browser.fill("n", "50").await;

    browser.click("call").await;
    until_busy(1).await;
    browser.click("cancel").await;
    until_busy(0).await;

    browser.press(Key::Enter, "n").await;
    until_busy(1).await;
    browser.press(Key::Escape, "n").await;
    let hare = until_busy(0).await;

    assert_eq!(hare.served, 0, "neither came to its end");
    let cancelled = "[data-testid=call-row][data-state=cancelled]";
    browser.wait_for_count(cancelled, 2).await;
    browser.wait_for_error("cancelled").await;
    browser.close().await;
}
