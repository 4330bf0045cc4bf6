//! Temporary.
use serde_json::json;
use std::{collections::BTreeMap, error::Error};
use warren_e2e::{Browser, Stack};
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    for (field, text) in [
        ("batch-from", "5"),
        ("batch-to", "5"),
        ("batch-count", "10000"),
        ("batch-in-flight", "1000"),
    ] {
        browser.fill(field, text).await;
    }
    browser.devtools("Profiler.enable", json!({})).await;
    browser.devtools("Profiler.start", json!({})).await;
    browser.click("batch-run").await;
    browser
        .wait_for("[data-testid=batch-summary][data-state=ended]")
        .await;
    let p = browser.devtools("Profiler.stop", json!({})).await;
    let p = &p["profile"];
    let mut names = BTreeMap::new();
    for n in p["nodes"].as_array().unwrap() {
        names.insert(
            n["id"].as_i64().unwrap(),
            n["callFrame"]["functionName"].as_str().unwrap().to_owned(),
        );
    }
    let mut t: BTreeMap<String, i64> = BTreeMap::new();
    let s = p["samples"].as_array().unwrap();
    let d = p["timeDeltas"].as_array().unwrap();
    for (s, d) in s.iter().zip(d) {
        *t.entry(names[&s.as_i64().unwrap()].clone()).or_default() += d.as_i64().unwrap();
    }
    let mut v: Vec<_> = t.into_iter().collect();
    v.sort_by_key(|x| -x.1);
    for (n, us) in v.into_iter().take(45) {
        println!("{:6} ms {n}", us / 1000);
    }
    std::fs::write("/tmp/batch.cpuprofile", p.to_string())?;
    browser.close().await;
    Ok(())
}
