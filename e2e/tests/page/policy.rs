//! What the page may do, by its server's word.

use serde_json::json;
use warren_e2e::{Browser, PATIENCE, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn all_of_the_page_works_within_its_policy() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    assert_eq!(browser.call("20").await, "6765");
    browser.wait_for("#settings").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_can_run_and_reach_nothing_else() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser
        .run(
            "window.refused = [];
             document.addEventListener('securitypolicyviolation', event =>
                 window.refused.push(event.effectiveDirective));
             const script = document.createElement('script');
             script.textContent = 'window.ran = true';
             document.body.append(script);
             const style = document.createElement('style');
             style.textContent = '*{}';
             document.body.append(style);
             try { new WebSocket('ws://127.0.0.1:1/ws'); } catch {}
             fetch('http://127.0.0.1:1/').catch(() => {});",
        )
        .await;
    let all = "return window.refused.length >= 4";
    browser.wait_until_true(all, PATIENCE).await;
    let refused = browser.run("return window.refused.sort()").await;
    let expected = json!([
        "connect-src",
        "connect-src",
        "script-src-elem",
        "style-src-elem"
    ]);
    assert_eq!(refused, expected);
    let ran = browser.run("return window.ran === undefined").await;
    assert_eq!(ran, json!(true));
    browser.close().await;
}
