//! What can be done with the list of calls.

use serde_json::{Value, json};
use warren_e2e::{Browser, Stack};

const ROWS: &str = "[data-testid=call-row]";
const DONE: &str = "[data-testid=call-row][data-state=done]";
const FAILED: &str = "[data-testid=call-row][data-state=failed]";

/// Keeps what the page hands out as a file in `window.file`, and its name in `window.fileName`.
const CATCH_FILES: &str = "
    const create = URL.createObjectURL;
    URL.createObjectURL = blob => { window.file = blob; return create.call(URL, blob); };
    HTMLAnchorElement.prototype.click = function () { window.fileName = this.download; };
";

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_filtered_exported_and_cleared() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.call("10").await;
    browser.fill("n", "30").await;
    browser.click("call").await;
    browser.wait_for(FAILED).await;
    assert_eq!(browser.count(ROWS).await, 2);

    choose(&browser, "failed").await;
    browser.wait_for_count(DONE, 0).await;
    assert_eq!(browser.count(FAILED).await, 1);
    choose(&browser, "all").await;
    browser.wait_for_count(ROWS, 2).await;

    browser.run(CATCH_FILES).await;
    browser.click("calls-json").await;
    let file = browser.run("return file.text()").await;
    let file: Value = serde_json::from_str(file.as_str().expect("a text")).expect("it is JSON");
    let of = |index: usize, name: &str| file[index][name].clone();
    assert_eq!(of(0, "code"), json!("out_of_range"));
    assert_eq!((of(1, "n"), of(1, "value")), (json!(10), json!(55)));
    assert_eq!(of(1, "worker"), json!("hare"));
    let parts = ["way_us", "queued_us", "computing_us", "back_us"];
    let parts = parts.map(|name| of(1, name).as_u64().expect("a part of the time"));
    let whole = of(1, "round_trip_us").as_u64().expect("the whole time");
    let difference = whole.abs_diff(parts.iter().sum());
    assert!(
        difference <= 4,
        "each part is rounded: {parts:?} of {whole}"
    );

    browser.click("calls-csv").await;
    let name = browser.run("return fileName").await;
    assert_eq!(name, json!("warren-calls.csv"));
    let file = browser.run("return file.text()").await;
    let lines: Vec<_> = file.as_str().expect("a text").lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[1].contains(",30,30000,") && lines[2].contains(",55,hare,"));

    browser.click("calls-clear").await;
    browser.wait_for_count(ROWS, 0).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_repeated_and_given_up_in_its_row() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.call("10").await;
    browser.wait_for(DONE).await;
    browser.run(&press("Repeat fib(10)")).await;
    browser.wait_for_count(DONE, 2).await;

    browser.fill("deadline", "5m").await;
    browser.fill("n", "50").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=running]")
        .await;
    browser.run(&press("Cancel fib(50)")).await;
    browser
        .wait_for("[data-testid=call-row][data-state=cancelled]")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_outlive_a_reload() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.call("10").await;
    browser.fill("n", "30").await;
    browser.click("call").await;
    browser.wait_for(FAILED).await;
    let before = browser.rows().await;

    browser.go_to(&page.url()).await;
    browser.wait_for_count(ROWS, 2).await;
    assert_eq!(browser.rows().await, before);
    // They are somebody's earlier calls, and not this page's newest.
    assert_eq!(browser.count("[data-testid=result]").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_is_drawn_only_where_it_is_seen() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    let calls: Vec<_> = (1..=1_000).map(stored).collect();
    let calls = serde_json::to_string(&calls).expect("JSON");
    let store = format!("localStorage.setItem('warren.calls', {})", json!(calls));
    // The page that is left must not store its own, which is empty.
    browser.go_to(&format!("{}config.json", page.url())).await;
    browser.run(&store).await;
    browser.go_to(&page.url()).await;
    browser.wait_for("[data-testid=call-row][data-n='1']").await;
    let drawn = browser.count(ROWS).await;
    assert!((40..200).contains(&drawn), "{drawn} of 1000 are drawn");

    let scroller = "document.querySelector('[data-testid=calls]').parentElement";
    browser
        .run(&format!("{scroller}.scrollTop = {scroller}.scrollHeight"))
        .await;
    browser
        .wait_for("[data-testid=call-row][data-n='1000']")
        .await;
    let drawn = browser.count(ROWS).await;
    assert!((40..200).contains(&drawn), "{drawn} of 1000 are drawn");
    browser.close().await;
}

/// A cancelled call as the page stores it, the `n`-th of a list.
fn stored(n: u32) -> Value {
    json!({
        "id": format!("00000000-0000-4000-8000-{n:012}"), "made": "2026-11-21T15:05:45Z", "n": n,
        "deadline_ms": 30_000, "waits": false, "batch": false, "state": "cancelled", "took_us": 5,
        "unserved": false,
    })
}

/// Presses the button that says this to a screen reader.
fn press(label: &str) -> String {
    format!("document.querySelector(\"[aria-label='{label}']\").click()")
}

async fn choose(browser: &Browser, option: &str) {
    let select = browser.wait_for("[data-testid=calls-filter]").await;
    select.select_by_label(option).await.expect("an option");
}
