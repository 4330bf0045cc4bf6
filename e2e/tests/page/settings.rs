//! Where the broker is, set on the page.

use serde_json::{Value, json};
use warren_e2e::{Browser, Stack};
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

/// What the browser keeps.
async fn saved(browser: &Browser) -> Value {
    browser
        .run("return JSON.parse(localStorage.getItem('warren.settings'))")
        .await
}
