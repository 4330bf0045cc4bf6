//! Where the broker is, set on the page.

use serde_json::{Value, json};
use tokio::time::timeout;
use warren_contract::Pong;
use warren_e2e::{Browser, PATIENCE, Stack};
use xtask::page::PageConfig;

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_tried_before_they_are_saved() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page_with(PageConfig {
        passcode: "wrong".to_owned(),
        ..stack.page_config()
    });
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("offline").await;

    browser.fill("settings-passcode", "wrong, too").await;
    browser.click("settings-save").await;
    let error = browser.wait_for("[data-testid=settings-error]").await;
    let words = error.text().await.expect("a text");
    assert!(words.contains("rong login or passcode"), "{words}");
    assert_eq!(saved(&browser).await, Value::Null);
    let typed = "return document.getElementById('set-passcode').value";
    assert_eq!(browser.run(typed).await, json!("wrong, too"));

    browser.fill("settings-passcode", "web").await;
    browser.click("settings-save").await;
    browser.wait_until("online").await;
    assert_eq!(browser.call("10").await, "55");
    let saved = saved(&browser).await;
    assert_eq!(
        (&saved["login"], &saved["passcode"]),
        (&json!("web"), &Value::Null)
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_holds_until_it_is_forgotten() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page_with(PageConfig {
        passcode: "wrong".to_owned(),
        ..stack.page_config()
    });
    let browser = Browser::open(&page.url()).await;
    browser.fill("settings-passcode", "web").await;
    browser.click("settings-keep").await;
    browser.click("settings-save").await;
    browser.wait_until("online").await;

    browser.go_to(&page.url()).await;
    browser.wait_until("online").await;
    browser.click("settings-forget").await;
    browser.wait_until("offline").await;
    assert_eq!(saved(&browser).await, Value::Null);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_settings_give_up_what_is_under_way() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.fill("deadline", "5m").await;
    // It would keep its worker busy for much longer than it is waited for.
    browser.fill("n", "50").await;
    browser.click("call").await;
    until_busy(&stack, 1).await;
    browser.click("settings-save").await;
    until_busy(&stack, 0).await;
    browser.wait_until("online").await;
    assert_eq!(browser.call("10").await, "55");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutorial_mode_brings_its_login() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    let mode = browser.wait_for("[data-testid=settings-mode]").await;
    mode.select_by_value("tutorial").await.expect("an option");
    browser.click("settings-save").await;
    let login = "return JSON.parse(localStorage.getItem('warren.settings'))?.login === 'guest'";
    browser.wait_until_true(login, PATIENCE).await;
    browser.wait_until("online").await;
    assert_eq!(browser.call("10").await, "55");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_urls_are_set_tried_and_kept() {
    const DEAD: &str = "ws://127.0.0.1:9/ws";
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page_with(PageConfig {
        urls: vec![DEAD.to_owned(), stack.ws().to_owned()],
        ..stack.page_config()
    });
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    let shown = browser.wait_for("[data-testid=connection] code").await;
    assert_eq!(shown.text().await.expect("a text"), stack.ws());
    browser.wait_for("[data-testid=settings-url]").await;
    let value = "return document.getElementById('set-url').value";
    assert_eq!(
        browser.run(value).await,
        json!(format!("{DEAD}, {}", stack.ws()))
    );

    browser.fill("settings-url", "/ws").await;
    browser.click("settings-save").await;
    let error = browser.wait_for("[data-testid=settings-error]").await;
    let words = error.text().await.expect("a text");
    assert!(words.contains("“/ws”"), "{words}");

    browser
        .fill("settings-url", &format!("{} {DEAD}", stack.ws()))
        .await;
    browser.click("settings-save").await;
    let is_saved = "return JSON.parse(localStorage.getItem('warren.settings')) !== null";
    browser.wait_until_true(is_saved, PATIENCE).await;
    assert_eq!(saved(&browser).await["url"], json!([stack.ws(), DEAD]));
    browser.wait_until("online").await;
    browser.go_to(&page.url()).await;
    browser.wait_until("online").await;
    assert_eq!(browser.call("10").await, "55");
    browser.close().await;
}

/// Waits until the one worker computes this many calls.
async fn until_busy(stack: &Stack, busy: u16) {
    let client = stack.client();
    let mut workers = client.workers();
    let is_so = |workers: &Option<Vec<Pong>>| {
        let hare = workers.as_ref().and_then(|workers| workers.first());
        hare.is_some_and(|hare| hare.busy == busy)
    };
    let known = timeout(PATIENCE, workers.wait_for(is_so)).await;
    known
        .unwrap_or_else(|_| panic!("the worker is never busy with {busy}"))
        .expect("the client lives");
}

/// What the browser keeps.
async fn saved(browser: &Browser) -> Value {
    browser
        .run("return JSON.parse(localStorage.getItem('warren.settings'))")
        .await
}
