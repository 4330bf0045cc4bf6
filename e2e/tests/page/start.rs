//! What the page is told when it is opened.

use std::{fs, path::Path};

use warren_e2e::{Browser, Stack};
use xtask::{Checkout, page};

#[tokio::test(flavor = "multi_thread")]
async fn an_address_can_ask_for_a_call() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&format!("{}?n=20&run", page.url())).await;
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_config_json_is_noted_and_the_defaults_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let stack = Stack::shared();
    // Above it is the page as well, whose scripts the server lets run.
    let dist = folder.path().join("dist");
    copy_folder(&Checkout::here().dist(), &dist);
    copy_folder(&Checkout::here().dist(), &dist.join("broken"));
    fs::write(dist.join("broken/config.json"), r#"{"url":"#).expect("a file");
    let page = page::serve(&dist, stack.page_config()).expect("a free port");
    let browser = Browser::open(&format!("{}broken/", page.url())).await;
    let note = browser.wait_for("[data-testid=note]").await;
    let words = note.text().await.expect("a text");
    assert!(words.contains("config.json is broken"), "{words}");
    let said = browser.text().await;
    assert!(said.contains("ws://127.0.0.1:15674/ws"), "{said}");
    browser.close().await;
}

/// The page's files lie in one folder, without any in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for file in fs::read_dir(from).expect("the page is built") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}
