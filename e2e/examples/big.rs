//! Temporary.
use std::error::Error;
use warren_e2e::{Browser, Stack};
async fn tasks(b: &Browser, what: &str) {
    let t = b.run("const t = window.longTasks.map(Math.round).sort((a, b) => b - a); window.longTasks.length = 0; const s = document.querySelector('[data-testid=batch-summary]').dataset; return `${t.length}: ${t.slice(0, 6).join(', ')} ms; ${JSON.stringify(s)} ${document.querySelector('[data-testid=batch-codes]')?.textContent} ${[...new Set([...document.querySelectorAll('.became')].map(e => e.textContent))].slice(0,5)} workers ${document.querySelector('[data-testid=workers]').textContent}`").await;
    println!("{what} {t}");
}
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser
        .wait_for("[data-testid=lane][data-worker=hare]")
        .await;
    browser.run("window.longTasks = []; new PerformanceObserver(list => window.longTasks.push(...list.getEntries().map(e => e.duration))).observe({ type: 'longtask', buffered: true });").await;
    for (field, text) in [
        ("batch-from", "5"),
        ("batch-to", "5"),
        ("batch-count", "20000"),
        ("batch-in-flight", "10000"),
        ("batch-deadline", "5m"),
    ] {
        browser.fill(field, text).await;
    }
    tasks(&browser, "before").await;
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended]")
        .await;
    tasks(&browser, "10000 in flight").await;
    browser.fill("batch-from", "50").await;
    browser.fill("batch-to", "50").await;
    browser.click("batch-run").await;
    browser.wait_until_true("return document.querySelector('.batch-numbers').textContent.includes('In flight10,000')", std::time::Duration::from_secs(60)).await;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    tasks(&browser, "made").await;
    browser.click("batch-stop").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=stopped]")
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    tasks(&browser, "stopped").await;
    browser.close().await;
    Ok(())
}
