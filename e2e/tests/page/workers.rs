//! Whether there is a worker, and what becomes of calls if there is none.

use warren_e2e::{Browser, PATIENCE, Stack, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_counts_the_workers_that_are_there() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for_workers(0).await;
    let hare = stack.worker("hare", &[]);
    browser.wait_for_workers(1).await;
    let _rabbit = stack.worker("rabbit", &[]);
    browser.wait_for_workers(2).await;
    hare.kill().expect("the worker dies");
    browser.wait_for_workers(1).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_worker_fails_and_the_page_says_how_to_start_one() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for_workers(0).await;
    // It would be waited for much longer than this test waits.
    browser.fill("deadline", "1h").await;
    browser.click("call").await;
    let words = browser.wait_for_error("unavailable").await;
    assert!(words.contains("No worker serves rpc_queue"), "{words}");
    let names = browser
        .run("return document.querySelector('[data-testid=error] code').textContent")
        .await;
    assert_eq!(names, "rpc_queue", "names are set as code");
    assert!(words.contains("warren-worker"), "{words}");
    browser
        .wait_for("[data-testid=call-row][data-state=failed][data-code=unavailable]")
        .await;

    let _worker = stack.worker("hare", &[]);
    browser.wait_for_workers(1).await;
    assert_eq!(browser.call("10").await, "55");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_last_worker_dies_fails() {
    let stack = Stack::shared();
    let worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.fill("deadline", "1h").await;
    browser.fill("n", "50").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=running]")
        .await;
    worker.kill().expect("the worker dies");
    let words = browser.wait_for_error("unavailable").await;
    assert!(words.contains("No worker serves"), "{words}");
    assert!(words.contains("may still serve"), "{words}");
    assert!(words.contains("warren-worker"), "{words}");
    browser.wait_for_workers(0).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_worker_dies_is_in_the_queue_until_another_begins() {
    let stack = Stack::shared();
    let one_at_a_time = ["--concurrency", "1"];
    let hare = stack.worker("hare", &one_at_a_time);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for_workers(1).await;
    browser.fill("deadline", "5m").await;
    let row =
        |n: u32, state: &str| format!("[data-testid=call-row][data-n='{n}'][data-state={state}]");
    browser.fill("n", "49").await;
    browser.click("call").await;
    browser.wait_for(&row(49, "running")).await;
    let _rabbit = stack.worker("rabbit", &one_at_a_time);
    browser.wait_for_workers(2).await;
    browser.fill("n", "50").await;
    browser.click("call").await;
    browser.wait_for(&row(50, "running")).await;

    hare.kill().expect("the worker dies");
    browser.wait_for(&row(49, "queued")).await;
    browser.wait_for(&row(50, "running")).await;
    browser.click("cancel").await;
    browser.wait_for(&row(49, "running")).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_can_wait_for_a_worker() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for_workers(0).await;
    browser.fill("deadline", "5m").await;
    browser.fill("n", "20").await;
    browser.click("wait").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=queued][data-n='20']")
        .await;
    let _worker = stack.worker("hare", &[]);
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_is_seen_dying_and_another_takes_over_its_call() {
    let stack = Stack::shared();
    let hare = stack.worker("hare", &["--concurrency", "1"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.fill("n", "50").await;
    browser.fill("deadline", "1h").await;
    browser.click("call").await;
    let lane = |name: &str, standing: &str, bar: &str| {
        format!("[data-testid=lane][data-worker={name}][data-standing={standing}] path.{bar}")
    };
    browser.wait_for(&lane("hare", "serving", "running")).await;
    let _rabbit = stack.worker("rabbit", &["--concurrency", "1"]);
    browser
        .wait_for("[data-testid=lane][data-worker=rabbit][data-standing=serving]")
        .await;

    hare.kill().expect("the worker dies");
    browser.wait_for(&lane("hare", "gone", "broken")).await;
    browser
        .wait_for(&lane("rabbit", "serving", "running"))
        .await;
    assert_eq!(browser.count(&lane("hare", "gone", "running")).await, 0);
    let dead = browser
        .wait_for("[data-testid=lane][data-worker=hare]")
        .await;
    let words = dead.text().await.expect("a text");
    assert!(words.contains("gone") && words.contains("ago"), "{words}");

    browser.click("cancel").await;
    browser
        .wait_for(&lane("rabbit", "serving", "cancelled"))
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lanes_show_who_computed_what_and_how_much() {
    let stack = Stack::shared();
    let _workers = ["hare", "rabbit"].map(|name| stack.worker(name, &["--concurrency", "1"]));
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.fill("n", "25").await;
    for _ in 0..20 {
        browser.click("call").await;
    }
    let done = "[data-testid=call-row][data-state=done]";
    browser.wait_for_count(done, 20).await;
    for name in ["hare", "rabbit"] {
        let row = format!("{done}[data-worker={name}]");
        let count = browser.count(&row).await;
        let tally = format!("{count} served, {count} of them for this page; 0 failed");
        let script = format!(
            "return document.querySelector('[data-worker={name}][data-testid=lane] .lane-tally')?.textContent === '{tally}'"
        );
        browser.wait_until_true(&script, PATIENCE).await;
        let bar = format!("[data-testid=lane][data-worker={name}] path.done");
        browser.wait_for(&bar).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_does_not_ask_for_the_workers() {
    /// How many pings of a client that does ask show that this one would have asked, too.
    const ENOUGH: u32 = 5;
    let stack = Stack::shared();
    let _hare = stack.worker("hare", &[]);
    let tap = stack.tap_control();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for_workers(1).await;
    let mut pings = Vec::new();
    until("the page pings", PATIENCE, async || {
        pings = tap.take_pings();
        !pings.is_empty()
    })
    .await;
    let of_page = pings.remove(0);

    browser.hide().await;
    // It may be about to ask once more when it is hidden.
    let _ = tap.take_pings();
    let watcher = stack.client();
    let _workers = watcher.workers();
    let (mut of_hidden, mut of_watcher) = (0, 0);
    until("the other client pings", PATIENCE, async || {
        for client in tap.take_pings() {
            if client == of_page {
                of_hidden += 1;
            } else {
                of_watcher += 1;
            }
        }
        of_watcher >= ENOUGH
    })
    .await;
    assert!(of_hidden <= 1, "{of_hidden} pings of a hidden page");

    browser.show().await;
    let _rabbit = stack.worker("rabbit", &[]);
    browser.wait_for_workers(2).await;
    browser.close().await;
}
