//! A visit to a page, in a browser that was never there.

use serde::Deserialize;
use serde_json::json;
use warren_e2e::Browser;

/// Notes when the page can be used first, as the page changes.
const WATCH: &str = "
    new MutationObserver((_, observer) => {
        const is = css => document.querySelector(css) !== null;
        if (is('[data-testid=connection][data-state=online]') && is('[data-testid=call]:enabled')) {
            window.usable = performance.now();
            observer.disconnect();
        }
    }).observe(document, { attributes: true, childList: true, subtree: true });
";

/// What came of that. A file counts if it was asked for before.
const ARRIVAL: &str = "
    const fetched = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .filter(entry => entry.startTime < window.usable);
    return {
        bytes: fetched.reduce((sum, entry) => sum + entry.transferSize, 0),
        painted: performance.getEntriesByName('first-contentful-paint')[0].startTime,
        usable: window.usable,
    };
";

/// Between the browser and the page's server, and how fast the browser's machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    /// Both are on this machine.
    Loopback,
    /// A processor that is 4 times slower, 10 Mbit/s and 40 ms.
    Phone,
}

/// How a page began.
#[derive(Debug, Deserialize)]
pub(super) struct Arrival {
    /// What was fetched until the page could be used, with heads.
    pub(super) bytes: f64,
    /// When anything was seen, in milliseconds.
    pub(super) painted: f64,
    /// When a call could be made, in milliseconds.
    pub(super) usable: f64,
}

/// A page in a browser of its own.
pub(super) struct Visit(Browser);

impl Visit {
    pub(super) async fn begin(url: &str, network: Network) -> Self {
        let browser = Browser::open("about:blank").await;
        let watch = json!({ "source": WATCH });
        browser
            .devtools("Page.addScriptToEvaluateOnNewDocument", watch)
            .await;
        if network == Network::Phone {
            let bytes_per_second = 10_000_000 / 8;
            let conditions = json!({
                "offline": false,
                "latency": 40,
                "downloadThroughput": bytes_per_second,
                "uploadThroughput": bytes_per_second,
            });
            browser.devtools("Network.enable", json!({})).await;
            browser
                .devtools("Network.emulateNetworkConditions", conditions)
                .await;
            browser
                .devtools("Emulation.setCPUThrottlingRate", json!({ "rate": 4 }))
                .await;
        }
        browser.go_to(url).await;
        Self(browser)
    }

    /// Waits until the page can be used, and all of it is there.
    pub(super) async fn arrival(&self) -> Arrival {
        self.0.wait_until("online").await;
        self.0.wait_for("[data-testid=batch-run]:enabled").await;
        serde_json::from_value(self.0.run(ARRIVAL).await).expect("three numbers")
    }

    /// In bytes.
    pub(super) async fn memory(&self) -> f64 {
        self.0.page_bytes().await as f64
    }

    /// Makes a batch of calls of fib(5), and gives how many were answered in a second.
    pub(super) async fn batch(&self, calls: u32, in_flight: u32) -> f64 {
        let (calls, in_flight) = (calls.to_string(), in_flight.to_string());
        let fields = [
            ("batch-from", "5"),
            ("batch-to", "5"),
            ("batch-count", &calls),
            ("batch-in-flight", &in_flight),
        ];
        for (field, text) in fields {
            self.0.fill(field, text).await;
        }
        self.0.click("batch-run").await;
        let ended = format!("[data-testid=batch-summary][data-state=ended][data-done='{calls}']");
        let summary = self.0.wait_for(&ended).await;
        let rate = summary.attr("data-rps").await.expect("the page is there");
        let rate = rate.expect("it tells the rate");
        rate.parse().expect("a number")
    }

    pub(super) async fn end(self) {
        self.0.close().await;
    }
}
