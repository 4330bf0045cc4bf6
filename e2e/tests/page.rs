//! The built page in Chromium: what a user does, and sees.

use std::{collections::BTreeSet, fs, path::Path};

use warren_e2e::{Browser, Key, Stack};
use warren_rabbitmq::Node;
use xtask::{
    Checkout,
    page::{PageConfig, PageServer},
};

#[tokio::test(flavor = "multi_thread")]
async fn fib_30_is_832040() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;

    assert_eq!(browser.call("30").await, "832040");
    let row = "[data-testid=call-row][data-state=done][data-n='30'][data-worker=hare]";
    browser.wait_for(row).await;

    browser.fill("n", "10").await;
    browser.press(Key::Enter, "n").await;
    browser.wait_for("[data-testid=result][data-n='10']").await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.close().await;
}

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
async fn a_bad_n_is_explained_and_not_sent() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    let cases = [
        ("", "invalid_argument"),
        ("hello", "invalid_argument"),
        ("3.5", "invalid_argument"),
        ("-1", "out_of_range"),
        ("51", "out_of_range"),
    ];
    for (n, code) in cases {
        browser.fill("n", n).await;
        browser.press(Key::Enter, "n").await;
        let words = browser.wait_for_error(code).await;
        assert!(words.contains("50"), "{n:?}: the range is said: {words}");
    }
    assert_eq!(browser.count("[data-testid=call-row]").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workers_fault_is_shown_with_its_code() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.fill("n", "30").await;
    browser.click("call").await;
    let words = browser.wait_for_error("out_of_range").await;
    assert!(words.contains("20"), "what is allowed is said: {words}");
    browser
        .wait_for("[data-testid=call-row][data-state=failed]")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_twenty_calls() {
    let stack = Stack::shared();
    let _workers = ["hare", "rabbit"].map(|name| stack.worker(name, &["--concurrency", "1"]));
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    browser.fill("n", "25").await;
    for _ in 0..20 {
        browser.click("call").await;
    }
    let css = "[data-testid=call-row][data-state=done]";
    browser.wait_for_count(css, 20).await;
    let workers: BTreeSet<_> = browser.attributes(css, "data-worker").await;
    assert_eq!(workers, BTreeSet::from(["hare".into(), "rabbit".into()]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_counts_the_workers_that_are_there() {
    let stack = Stack::shared();
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser
        .wait_for("[data-testid=workers][data-count='0']")
        .await;
    let hare = stack.worker("hare", &[]);
    browser
        .wait_for("[data-testid=workers][data-count='1']")
        .await;
    let _rabbit = stack.worker("rabbit", &[]);
    browser
        .wait_for("[data-testid=workers][data-count='2']")
        .await;
    hare.kill().expect("the worker dies");
    browser
        .wait_for("[data-testid=workers][data-count='1']")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_for_a_worker_that_comes_back() {
    let stack = Stack::shared();
    let page = stack.page();
    let worker = stack.worker("hare", &[]);
    let browser = Browser::open(&page.url()).await;
    assert_eq!(browser.call("10").await, "55");
    worker.stop().expect("the worker stops");

    browser.fill("n", "20").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-n='20']")
        .await;
    let _worker = stack.worker("rabbit", &[]);
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_worker_survive_a_restart_of_the_broker() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("hare", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    assert_eq!(browser.call("10").await, "55");

    node.stop().expect("the broker stops");
    browser.wait_until("offline").await;
    browser.fill("deadline", "5m").await;
    browser.fill("n", "20").await;
    browser.click("call").await;
    browser
        .wait_for("[data-testid=call-row][data-state=waiting][data-n='20']")
        .await;

    node.start_again().expect("the broker starts again");
    let result = browser.wait_for("[data-testid=result][data-n='20']").await;
    assert_eq!(result.text().await.expect("a text"), "6765");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_broker_is_said_and_a_waiting_call_fails_at_its_deadline() {
    let node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let page = stack.page();
    drop(node);
    let browser = Browser::open(&page.url()).await;
    browser.fill("deadline", "500ms").await;
    browser.fill("n", "20").await;
    browser.click("call").await;
    let words = browser.wait_for_error("unavailable").await;
    assert!(words.contains("ot connected within 500ms"), "{words}");
    // While a try is under way it is `connecting`, so this may take a few of them.
    browser.wait_until("offline").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_in_words() {
    let stack = Stack::shared();
    let page = stack.page_with(PageConfig {
        passcode: "wrong".to_owned(),
        ..stack.page_config()
    });
    let browser = Browser::open(&format!("{}?n=20&run", page.url())).await;
    let words = browser.wait_for_error("unauthenticated").await;
    assert!(words.contains("rong login or passcode"), "{words}");
    browser.wait_until("offline").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_sends_text_frames_is_understood() {
    let node = Node::temporary_with("web_stomp.ws_frame = text\n").expect("a broker");
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("Häsin", &[]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    assert_eq!(browser.call("10").await, "55");
    browser
        .wait_for("[data-testid=call-row][data-worker='Häsin']")
        .await;
    browser.close().await;

    let output = stack.warren(&["call", "10", "--json"]);
    let reply: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reply["worker"], "Häsin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_config_json_is_noted_and_the_defaults_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let stack = Stack::shared();
    copy_folder(&Checkout::here().dist(), &folder.path().join("broken"));
    let file = folder.path().join("broken/config.json");
    fs::write(file, r#"{"url":"#).expect("a file");
    let page = PageServer::start(folder.path(), stack.page_config(), 0).expect("a free port");
    let browser = Browser::open(&format!("{}broken/", page.url())).await;
    let note = browser.wait_for("[data-testid=note]").await;
    let words = note.text().await.expect("a text");
    assert!(words.contains("config.json is broken"), "{words}");
    let said = browser.text().await;
    assert!(said.contains("ws://127.0.0.1:15674/ws"), "{said}");
    browser.close().await;
}

/// The page's files lie in one folder, without any in it.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for file in fs::read_dir(from).expect("the page is built") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_frees_its_worker() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--concurrency", "1"]);
    let page = stack.page();
    let browser = Browser::open(&page.url()).await;
    browser.wait_until("online").await;
    // Each would keep the one worker busy for much longer than the last call is waited for.
    browser.fill("n", "50").await;
    browser.click("call").await;
    browser.click("cancel").await;
    browser.click("call").await;
    browser.press(Key::Escape, "n").await;
    let cancelled = "[data-testid=call-row][data-state=cancelled]";
    browser.wait_for_count(cancelled, 2).await;

    assert_eq!(browser.call("10").await, "55");
    browser.close().await;
}
