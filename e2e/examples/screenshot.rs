//! Makes the README's picture of the page: `cargo run -p warren-e2e --example screenshot`.
//!
//! It wants what the tests want: run `cargo xtask test` once before.

use std::{error::Error, fs};

use warren_e2e::{Browser, Stack};
use xtask::Checkout;

/// The window, with its frame, in CSS pixels.
const SIZE: (u32, u32) = (1280, 1150);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let stack = Stack::shared();
    let _workers = ["hare", "rabbit"].map(|name| stack.worker(name, &["--concurrency", "1"]));
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.resize(SIZE.0, SIZE.1).await;
    browser.wait_until("online").await;
    for n in ["7", "35", "24", "12", "30"] {
        browser.call(n).await;
    }

    let folder = Checkout::here().root().join("docs");
    fs::create_dir_all(&folder)?;
    let file = folder.join("page.png");
    fs::write(&file, browser.screenshot().await)?;
    eprintln!("{}", file.display());
    browser.close().await;
    Ok(())
}
