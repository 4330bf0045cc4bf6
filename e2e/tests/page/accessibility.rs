//! Whether everybody can use the page, as far as axe-core can tell.

use warren_e2e::{Browser, Scheme, Stack, View};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_violated_on_a_desk() {
    check(1440, 900).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_violated_on_a_phone() {
    check(390, 844).await;
}

/// Tries the page as it is at first, and after calls, a failure and a batch, in light and dark.
async fn check(width: u32, height: u32) {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "30"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("#settings").await;
    browser.wait_until("online").await;
    let look = async |when: &str| {
        for scheme in Scheme::ALL {
            browser
                .look(View {
                    width,
                    height,
                    scheme,
                })
                .await;
            let violations = browser.violations().await;
            let violations = violations.join("\n\n");
            assert!(violations.is_empty(), "{when}, {scheme:?}:\n{violations}");
        }
    };
    look("at first").await;
    browser.call("20").await;
    browser.fill("n", "31").await;
    browser.click("call").await;
    browser.wait_for_error("out_of_range").await;
    look("after calls").await;
    browser.click("batch-run").await;
    browser.wait_for("[data-testid=batch-summary]").await;
    look("after a batch").await;
    browser.close().await;
}
