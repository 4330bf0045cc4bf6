//! The part of the page that is fetched later.

use std::{
    fs,
    path::{Path, PathBuf},
};

use warren_e2e::{Browser, Stack};
use xtask::{Checkout, page};

use crate::start::copy_folder;

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_could_not_be_fetched_is_fetched_at_a_click() {
    let folder = tempfile::tempdir().expect("a folder");
    let dist = folder.path().join("dist");
    copy_folder(&Checkout::here().dist(), &dist);
    let part = part(&dist);
    fs::remove_file(part.with_extension("wasm.br")).expect("it is there compressed, too");
    let aside = folder.path().join("aside");
    fs::rename(&part, &aside).expect("a file is moved");
    let stack = Stack::shared();
    let page = page::serve(&dist, stack.page_config()).expect("a free port");

    let browser = Browser::open(&page.url()).await;
    let again = browser
        .wait_for("[role=alert] [data-testid=fetch-again]")
        .await;
    assert_eq!(browser.count("#settings").await, 0);
    browser.wait_until("online").await;
    fs::rename(&aside, &part).expect("a file is moved");
    again.click().await.expect("it can be clicked");
    browser.wait_for("#settings").await;
    assert_eq!(browser.count("[data-testid=fetch-again]").await, 0);
    browser.close().await;
}

/// The file of the part.
fn part(dist: &Path) -> PathBuf {
    let files = fs::read_dir(dist).expect("the page is built");
    let mut files = files.map(|file| file.expect("a file").path());
    let is_part = |file: &PathBuf| file.to_string_lossy().ends_with("_later.wasm");
    files.find(is_part).expect("the page was built in parts")
}
