//! Temporary.
use serde_json::{Value, json};
use std::{error::Error, fs, time::Duration};
use warren_e2e::{Browser, Stack};

async fn shot(browser: &Browser, id: &str, name: &str) {
    let b = browser.run(&format!("const r = document.getElementById('{id}').getBoundingClientRect(); return [r.x + scrollX, r.y + scrollY, r.width, r.height]")).await;
    let v: Vec<f64> = b
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect();
    let a = browser.devtools("Page.captureScreenshot", json!({"format":"png","captureBeyondViewport":true,"clip":{"x":v[0],"y":v[1],"width":v[2],"height":v[3],"scale":1}})).await;
    fs::write(
        format!("/tmp/batch-shots/{name}.b64"),
        a["data"].as_str().unwrap(),
    )
    .unwrap();
}

async fn all(browser: &Browser, what: &str) {
    for (w, h, size) in [(1440, 900, "desk"), (390, 844, "phone")] {
        browser
            .devtools(
                "Emulation.setDeviceMetricsOverride",
                json!({"width":w,"height":h,"deviceScaleFactor":1,"mobile":false}),
            )
            .await;
        for scheme in ["light", "dark"] {
            browser
                .devtools(
                    "Emulation.setEmulatedMedia",
                    json!({"features":[{"name":"prefers-color-scheme","value":scheme}]}),
                )
                .await;
            tokio::time::sleep(Duration::from_millis(250)).await;
            shot(browser, "batch", &format!("{what}-batch-{size}-{scheme}")).await;
            shot(
                browser,
                "workers",
                &format!("{what}-workers-{size}-{scheme}"),
            )
            .await;
        }
    }
    browser
        .devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width":1440,"height":900,"deviceScaleFactor":1,"mobile":false}),
        )
        .await;
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stack = Stack::shared();
    let hare = stack.worker("hare", &["--concurrency", "1"]);
    let _rabbit = stack.worker("rabbit", &["--concurrency", "2"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_for("[data-testid=lane]").await;
    all(&browser, "0").await;
    for n in ["38", "36", "39", "25", "37", "39", "38", "20"] {
        browser.fill("n", n).await;
        browser.click("call").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    browser
        .wait_for_count("[data-testid=call-row][data-state=done]", 8)
        .await;
    for (f, t) in [
        ("batch-from", "25"),
        ("batch-to", "33"),
        ("batch-count", "1500"),
        ("batch-in-flight", "50"),
    ] {
        browser.fill(f, t).await;
    }
    browser.click("batch-run").await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    shot(&browser, "batch", "1-batch-running").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended]")
        .await;
    for n in ["50", "50", "50"] {
        browser.fill("n", n).await;
        browser.click("call").await;
    }
    tokio::time::sleep(Duration::from_millis(3000)).await;
    hare.kill()?;
    tokio::time::sleep(Duration::from_millis(6000)).await;
    browser.click("cancel").await;
    browser.wait_for("[data-testid=lane] path.broken").await;
    browser.fill("batch-to", "60").await;
    browser.click("batch-run").await;
    all(&browser, "2").await;
    let _: Value = json!({});
    browser.close().await;
    Ok(())
}
