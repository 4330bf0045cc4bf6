//! Batches: many calls, kept going, and how they went.

use warren_e2e::{Browser, Key, PATIENCE, Stack};
use xtask::WebServer;

/// Opens the page, and waits until it has the worker's lane, after which nothing moves any more.
async fn open(page: &WebServer, worker: &str) -> Browser {
    let browser = Browser::open(&page.url()).await;
    let lane = format!("[data-testid=lane][data-worker={worker}]");
    browser.wait_for(&lane).await;
    browser
}

/// Fills the form: which n, how many calls, and how many at once.
async fn fill(browser: &Browser, [from, to, count, in_flight]: [&str; 4]) {
    let fields = [
        ("batch-from", from),
        ("batch-to", to),
        ("batch-count", count),
        ("batch-in-flight", in_flight),
    ];
    for (field, text) in fields {
        browser.fill(field, text).await;
    }
}

/// A number that the summary tells.
async fn number(browser: &Browser, name: &str) -> f64 {
    let script = format!(
        "return Number(document.querySelector('[data-testid=batch-summary]').getAttribute('{name}') ?? NaN)"
    );
    browser.run(&script).await.as_f64().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_10000_calls_with_1000_in_flight_is_done_and_its_numbers_are_right() {
    let stack = Stack::shared();
    let _workers = ["hare", "rabbit"].map(|name| stack.worker(name, &[]));
    let page = stack.page();
    let browser = open(&page, "hare").await;
    fill(&browser, ["5", "7", "10000", "1000"]).await;
    browser.click("batch-run").await;
    // Nothing is said of how fast it is: the machine may be busy.
    let ended =
        "return document.querySelector('[data-testid=batch-summary][data-state=ended]') !== null";
    browser.wait_until_true(ended, PATIENCE * 5).await;
    browser
        .wait_for("[data-testid=batch-summary][data-done='10000'][data-failed='0']")
        .await;
    let [rps, p50, p99] = [
        number(&browser, "data-rps").await,
        number(&browser, "data-p50-ms").await,
        number(&browser, "data-p99-ms").await,
    ];
    assert!(rps > 0.0 && p50 > 0.0 && p50 <= p99, "{rps} {p50} {p99}");
    // What is drawn is what was counted: the bars are as many as the calls, in shares of the
    // highest.
    let label = browser.wait_for(".histogram svg[role=img]").await;
    let label = label.attr("aria-label").await.expect("it is there");
    let label = label.expect("it has a text alternative");
    assert!(
        label.contains("10,000 calls") && label.contains("p90"),
        "{label}"
    );
    let bar = "[data-testid=batch-progress][aria-valuenow='100']";
    browser.wait_for(bar).await;
    // Each worker has done its part of them, for this page.
    let lanes = "return [...document.querySelectorAll('[data-testid=lane]')].every(lane =>
        lane.querySelector('path.done') && !lane.textContent.includes(' 0 of them for this page'))";
    browser.wait_until_true(lanes, PATIENCE).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_round_its_range() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = open(&page, "hare").await;
    fill(&browser, ["9", "11", "7", "2"]).await;
    browser.press(Key::Enter, "batch-count").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended][data-done='7']")
        .await;
    for (n, count) in [("9", 3), ("10", 2), ("11", 2)] {
        let css = format!("[data-testid=call-row][data-state=done][data-n='{n}']");
        browser.wait_for_count(&css, count).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_stopped_gives_up_what_is_pending_and_makes_no_more() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--concurrency", "1"]);
    let page = stack.page();
    let browser = open(&page, "hare").await;
    // The first would keep the worker busy for much longer than this test waits.
    fill(&browser, ["50", "50", "1000", "20"]).await;
    browser.fill("batch-deadline", "1h").await;
    browser.click("batch-run").await;
    let pending = "[data-testid=call-row]:is([data-state=queued], [data-state=waiting])";
    browser.wait_for_count(pending, 20).await;
    browser.click("batch-stop").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=stopped][data-done='0'][data-failed='0']")
        .await;
    let cancelled = "[data-testid=call-row][data-state=cancelled]";
    browser.wait_for_count(cancelled, 20).await;
    assert_eq!(browser.count("[data-testid=call-row]").await, 20);
    browser
        .wait_for("[data-testid=batch-codes] [data-code='given up']")
        .await;

    // The worker is free again.
    fill(&browser, ["10", "10", "5", "5"]).await;
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended][data-done='5']")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_a_batch_are_counted_by_code() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let page = stack.page();
    let browser = open(&page, "hare").await;
    fill(&browser, ["19", "22", "40", "10"]).await;
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended][data-done='20'][data-failed='20']")
        .await;
    let code = browser
        .wait_for("[data-testid=batch-codes] [data-code=out_of_range]")
        .await;
    assert_eq!(code.text().await.expect("a text"), "out_of_range 20");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_without_a_worker_fails_at_once() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for_workers(0).await;
    fill(&browser, ["5", "5", "500", "100"]).await;
    // It would be waited for much longer than this test waits.
    browser.fill("batch-deadline", "1h").await;
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended][data-done='0'][data-failed='500']")
        .await;
    browser
        .wait_for("[data-testid=batch-codes] [data-code=unavailable]")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistaken_batch_is_explained_and_not_run() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    let cases = [
        (["x", "5", "10", "1"], "batch-from", "“x”"),
        (["5", "4", "10", "1"], "batch-to", "below From"),
        (["5", "5", "100001", "1"], "batch-count", "100000"),
        (["5", "5", "10", "0"], "batch-in-flight", "10000"),
    ];
    for (texts, field, words) in cases {
        fill(&browser, texts).await;
        browser.click("batch-run").await;
        let css = format!("[data-testid={field}][aria-invalid=true]:focus");
        browser.wait_for(&css).await;
        let said = browser.wait_for("[data-testid=batch-error]").await;
        let said = said.text().await.expect("a text");
        assert!(said.contains(words), "{field}: {said}");
    }
    browser
        .wait_for("[data-testid=batch-summary][data-state=none]")
        .await;
    assert_eq!(browser.count("[data-testid=call-row]").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_follow_replies_of_the_same_turn_leave_together() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = open(&page, "hare").await;
    // The first 100 calls leave in two messages. Their replies come while the page is busy.
    let count_messages = "
        const { send } = WebSocket.prototype;
        window.messages = 0;
        WebSocket.prototype.send = function (data) {
            send.call(this, data);
            if (++window.messages === 2) {
                const begin = performance.now();
                while (performance.now() - begin < 1000) {}
            }
        };";
    browser.run(count_messages).await;
    fill(&browser, ["5", "5", "200", "100"]).await;
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended][data-done='200']")
        .await;
    let messages = browser.run("return window.messages").await;
    let messages = messages.as_u64().expect("a number");
    assert!(messages < 50, "{messages} messages for 200 calls");
    browser.close().await;
}
