//! Replies that belong to no call.

use warren_e2e::{Browser, PATIENCE, Peer, PeerKind, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn doubled_unknown_and_unreadable_replies_are_counted_and_harm_no_call() {
    let stack = Stack::shared();
    let _server = Peer::start(&stack, PeerKind::Babbling);
    let page = stack.page();
    // Without pings, so that nothing is received but what the babbling server sends.
    let browser = Browser::open(&format!("{}?mode=tutorial", page.url())).await;
    browser.wait_until("online").await;
    for (n, expected, dropped) in [("10", "55", "2"), ("20", "6765", "4")] {
        assert_eq!(browser.call(n).await, expected);
        for counter in ["unmatched", "malformed"] {
            let script = format!(
                "return document.querySelector('#wire [data-testid={counter}]')?.textContent === '{dropped}'"
            );
            browser.wait_until_true(&script, PATIENCE).await;
        }
        let result = browser.wait_for("[data-testid=result]").await;
        assert_eq!(result.text().await.expect("a text"), expected);
    }
    let done = "[data-testid=call-row][data-state=done]";
    browser.wait_for_count(done, 2).await;
    assert_eq!(browser.count("[data-testid=call-row]").await, 2);
    for counter in ["resent", "reconnects"] {
        let css = format!("[data-testid={counter}]");
        assert_eq!(browser.count(&css).await, 0, "{counter}: nothing to tell");
    }
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.close().await;
}
