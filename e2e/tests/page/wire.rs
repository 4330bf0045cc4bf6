//! The frames that go over the wire, and the picture in which they move.

use std::collections::BTreeSet;

use warren_e2e::{Browser, Key, PATIENCE, Stack};
use xtask::page::PageConfig;

/// The rows of requests and replies of calls, as what they say.
const WORDS: &str = "return [...document.querySelectorAll('[data-testid=frame]')]
    .map(row => row.dataset.direction + ' ' + row.querySelector('.frame-words')?.textContent)";

/// Whether the first frame that is lit up can be seen.
const LIT_IN_SIGHT: &str = "
    const lit = document.querySelector('[data-testid=frame][data-selected=true]');
    if (!lit) return false;
    const frame = lit.getBoundingClientRect();
    const log = document.querySelector('[data-testid=wire]').parentElement.getBoundingClientRect();
    return log.top <= frame.top && frame.bottom <= log.bottom;
";

#[tokio::test(flavor = "multi_thread")]
async fn the_frames_of_an_older_call_are_brought_into_sight() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=wire]").await;
    for n in 1..=9 {
        browser.call(&n.to_string()).await;
    }
    click(&browser, "[data-testid=call-row][data-n='1'] .pick").await;
    browser.wait_until_true(LIT_IN_SIGHT, PATIENCE).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frames_of_a_call_are_shown_and_light_up_with_it() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=wire]").await;
    assert_eq!(browser.call("20").await, "6765");
    assert_eq!(browser.call("30").await, "832040");
    let newest = "return document.querySelector('.frame-words')?.textContent
        === 'result 832040 from hare'";
    browser.wait_until_true(newest, PATIENCE).await;
    let words = browser.run(WORDS).await;
    let words: Vec<String> = serde_json::from_value(words).expect("texts");
    let expected = [
        "received result 832040 from hare",
        "received started from hare",
        "sent request fibonacci 30 to rpc_queue",
        "received result 6765 from hare",
    ];
    let calls = words.iter().filter(|words| !words.contains("progress"));
    let calls: Vec<_> = calls.take(expected.len()).collect();
    assert_eq!(calls, expected, "{words:#?}");

    // A call lights its frames up, and no others.
    click(&browser, "[data-testid=call-row][data-n='20'] .pick").await;
    let lit = "[data-testid=frame][data-selected=true]";
    browser
        .wait_for(&format!("{lit}[data-direction=sent]"))
        .await;
    let texts = format!(
        "return [...document.querySelectorAll('{lit}')].map(row => row.textContent).join()"
    );
    let of_20 = browser.run(&texts).await.to_string();
    assert!(
        of_20.contains("6765") && !of_20.contains("832040"),
        "{of_20}"
    );

    // A frame lights its call up.
    click(&browser, "[data-testid=frame] .pick").await;
    browser
        .wait_for("[data-testid=call-row][data-n='30'][data-selected=true]")
        .await;
    let detail = browser.wait_for("[data-testid=wire-detail]").await;
    let detail = detail.text().await.expect("a text");
    for part in [
        "MESSAGE",
        "fib(30)",
        "correlation-id",
        "x-compute-us",
        "832040",
    ] {
        assert!(detail.contains(part), "{part}: {detail}");
    }

    // Escape closes the frame, and the keyboard goes on where the frames are.
    let close = browser.wait_for("[data-testid=wire-detail] button").await;
    let escape = Key::Escape.to_string();
    close.send_keys(&escape).await.expect("it takes keys");
    browser.wait_for_count("[data-testid=wire-detail]", 0).await;
    let focused =
        "return document.querySelector('[data-testid=wire]').contains(document.activeElement)";
    browser.wait_until_true(focused, PATIENCE).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_filtered_paused_and_cleared() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=wire]").await;
    assert_eq!(browser.call("20").await, "6765");
    assert_eq!(browser.call("30").await, "832040");
    let frame = "[data-testid=frame]";
    let sent = "[data-testid=frame][data-command=SEND]";
    browser
        .wait_for(&format!("{frame}[data-command=CONNECTED]"))
        .await;

    // Pings are hidden until they are asked for.
    browser.wait_for_count(sent, 2).await;
    click(&browser, "[data-testid=wire-scope] option:last-child").await;
    let pings = "return [...document.querySelectorAll('.frame-words')]
        .some(words => words.textContent === 'ping to rpc_queue.control')";
    browser.wait_until_true(pings, PATIENCE).await;
    click(&browser, "[data-testid=wire-scope] option:first-child").await;
    browser.wait_for_count(sent, 2).await;

    browser.fill("wire-filter", "832040").await;
    browser.wait_for_count(frame, 1).await;
    browser.fill("wire-filter", "").await;

    browser.click("wire-clear").await;
    browser.wait_for_count(frame, 0).await;
    browser.click("wire-pause").await;
    assert_eq!(browser.call("10").await, "55");
    browser.click("wire-pause").await;
    assert_eq!(browser.call("11").await, "89");
    browser.wait_for_count(sent, 1).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passcode_is_nowhere_on_the_page() {
    let stack = Stack::shared();
    // The broker refuses it, but it was sent.
    let page = stack.page_with(PageConfig {
        passcode: "s3cret".to_owned(),
        ..stack.page_config()
    });
    let browser = Browser::open(&page.url()).await;
    let connect = "[data-testid=frame][data-command=CONNECT]";
    browser.wait_for(connect).await;
    click(&browser, &format!("{connect} .pick")).await;
    let detail = browser.wait_for("[data-testid=wire-detail]").await;
    let detail = detail.text().await.expect("a text");
    assert!(
        detail.contains("passcode") && detail.contains("(hidden)"),
        "{detail}"
    );
    let page = browser
        .run("return document.documentElement.outerHTML")
        .await;
    assert!(!page.to_string().contains("s3cret"));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_move_through_the_picture_and_then_it_is_still() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=chamber-queue]").await;
    browser
        .run(
            "window.moved = new Set();
             new MutationObserver(() => document.querySelectorAll('.dot')
                 .forEach(dot => moved.add(dot.classList.value)))
                 .observe(document.querySelector('.path svg'), { subtree: true, childList: true });",
        )
        .await;
    browser.click("wait").await;
    browser.fill("n", "30").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=chamber-queue][data-count='1']")
        .await;
    browser
        .wait_for("[data-testid=chamber-page][data-count='1']")
        .await;

    let _worker = stack.worker("hare", &[]);
    browser.wait_for("[data-testid=result][data-n='30']").await;
    for (chamber, count) in [("queue", 0), ("page", 0), ("worker", 1), ("replies", 1)] {
        let css = format!("[data-testid=chamber-{chamber}][data-count='{count}']");
        browser.wait_for(&css).await;
    }
    browser
        .wait_for("[data-testid=chamber-replies][aria-label='reply queue: 1 reply']")
        .await;
    browser.wait_for_count(".dot", 0).await;
    let moved = browser.run("return [...moved]").await;
    let mut moved: BTreeSet<String> = serde_json::from_value(moved).expect("texts");
    // Whether a worker tells of progress depends on how fast it is.
    moved.remove("dot news");
    let expected = ["dot reply", "dot to-queue", "dot to-worker"].map(String::from);
    assert_eq!(moved, BTreeSet::from(expected));

    // What has the focus is explained.
    browser
        .run("document.querySelector('[data-testid=chamber-queue]').focus()")
        .await;
    let caption = "return document.querySelector('.path figcaption').textContent
        .startsWith('Requests wait here')";
    browser.wait_until_true(caption, PATIENCE).await;
    browser.close().await;
}

async fn click(browser: &Browser, css: &str) {
    let element = browser.wait_for(css).await;
    element.click().await.expect("it can be clicked");
}
