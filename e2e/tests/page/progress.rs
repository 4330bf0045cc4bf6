//! How far a call is.

use warren_e2e::{Browser, Stack};

/// Notes in `window.seen` every state of the newest call, and every figure of its bar.
const RECORD: &str = r#"
    window.seen = [];
    new MutationObserver(() => {
        const row = document.querySelector("[data-testid=call-row]");
        const bar = document.querySelector("[data-testid=progress]");
        const figure = bar ? bar.getAttribute("aria-valuenow") : "none";
        const entry = [row ? row.dataset.state : "none", figure];
        if (JSON.stringify(seen.at(-1)) !== JSON.stringify(entry)) seen.push(entry);
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
"#;

/// A state, and the figure of the bar: `"none"` without a bar, null if it has no figure.
type Seen = Vec<(String, Option<String>)>;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_call_shows_how_far_it_is() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.wait_for("[data-testid=calls]").await;
    browser.run(RECORD).await;
    browser.fill("deadline", "5m").await;
    browser.fill("n", "45").await;
    browser.click("call").await;
    let bar = browser.wait_for("[data-testid=progress]").await;
    for (name, value) in [
        ("role", "progressbar"),
        ("aria-label", "Progress of fib(45)"),
        ("aria-valuemin", "0"),
        ("aria-valuemax", "100"),
    ] {
        let actual = bar.attr(name).await.expect("the bar is there");
        assert_eq!(actual.as_deref(), Some(value), "{name}");
    }
    let running = "[data-testid=call-row][data-state=running][data-n='45']";
    assert_eq!(browser.count(running).await, 1);
    browser.wait_for("[data-testid=result][data-n='45']").await;
    assert_eq!(browser.count("[data-testid=progress]").await, 0);

    let seen: Seen = serde_json::from_value(browser.run("return seen").await).expect("a list");
    let figures: Vec<u8> = seen
        .iter()
        .filter_map(|(_, figure)| figure.as_deref()?.parse().ok())
        .collect();
    assert!(figures.len() > 3, "{seen:?}");
    assert!(
        figures.is_sorted() && figures.iter().all(|figure| *figure <= 100),
        "{seen:?}"
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ends_in_a_blink_shows_no_bar() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.wait_for("[data-testid=calls]").await;
    browser.run(RECORD).await;
    for n in ["1", "2", "3"] {
        browser.call(n).await;
    }
    let seen: Seen = serde_json::from_value(browser.run("return seen").await).expect("a list");
    let done = |(state, _): &(String, _)| state == "done";
    assert!(seen.iter().any(done), "the calls are seen: {seen:?}");
    let without_bar = |(_, figure): &(_, Option<String>)| figure.as_deref() == Some("none");
    assert!(seen.iter().all(without_bar), "{seen:?}");
    browser.close().await;
}
