//! Measures whether the page stays at ease under load: `cargo run -p warren-e2e --example
//! page_at_ease`.
//!
//! 10,000 calls with 1,000 in flight, three times in a row, in Chromium against a real broker and
//! one worker. It prints what the README tells: the longest tasks of the page's thread, and the
//! memory that is in use after garbage was collected. It wants what the tests want: run
//! `cargo xtask test` once before.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;

use serde_json::{Value, json};
use warren_e2e::{Browser, Stack};

/// How often the batch is run.
const RUNS: u32 = 3;

/// Notes tasks that are longer than 50 ms, which is what browsers report, and keeps hold of the
/// page's own memory.
const WATCH: &str = "
    window.longTasks = [];
    new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(e => e.duration)))
        .observe({ type: 'longtask', buffered: true });
    addEventListener('TrunkApplicationStarted', event => { window.wasm = event.detail.wasm; });
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open("about:blank").await;
    let script = json!({ "source": WATCH });
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", script)
        .await;
    browser.go_to(&page.url()).await;
    browser
        .wait_for("[data-testid=lane][data-worker=hare]")
        .await;
    for (field, text) in [
        ("batch-from", "5"),
        ("batch-to", "5"),
        ("batch-count", "10000"),
        ("batch-in-flight", "1000"),
    ] {
        browser.fill(field, text).await;
    }
    println!("{}", memory(&browser, "before").await);
    for run in 1..=RUNS {
        browser.run("window.longTasks.length = 0").await;
        browser.click("batch-run").await;
        browser
            .wait_for("[data-testid=batch-summary][data-state=running]")
            .await;
        browser
            .wait_for("[data-testid=batch-summary][data-state=ended]")
            .await;
        let told = browser
            .run(
                "const { done, rps, p50Ms, p99Ms } = document.querySelector('[data-testid=batch-summary]').dataset;
                 return `${done} done, ${rps} replies/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms`",
            )
            .await;
        let tasks = browser
            .run(
                "const tasks = window.longTasks.map(Math.round).sort((a, b) => b - a);
                 return `${tasks.length} tasks over 50 ms, the longest: ${tasks.slice(0, 5).join(', ')} ms`",
            )
            .await;
        println!("run {run}: {}; {}", text(&told), text(&tasks));
        println!("{}", memory(&browser, "  after").await);
    }
    browser.close().await;
    Ok(())
}

/// What is in use once garbage was collected.
async fn memory(browser: &Browser, when: &str) -> String {
    browser
        .devtools("HeapProfiler.collectGarbage", json!({}))
        .await;
    let used = browser
        .run("return `JavaScript ${(performance.memory.usedJSHeapSize / 1e6).toFixed(1)} MB, WebAssembly ${(window.wasm.memory.buffer.byteLength / 1e6).toFixed(1)} MB, ${document.querySelectorAll('*').length} elements`")
        .await;
    format!("{when}: {}", text(&used))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
