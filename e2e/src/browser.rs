//! Chromium, driven through WebDriver, and the page in it as a user sees it.

mod memory;
mod view;

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, key::Key, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use warren_rabbitmq::Child;

pub use view::{Scheme, View};

use crate::{PATIENCE, until};

/// A call in the page's list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CallRow {
    /// What was asked for.
    pub n: u64,
    /// Where the call is, or what became of it.
    pub state: String,
    /// The Fibonacci number, if it is done.
    pub value: Option<u64>,
    /// The code of one that failed.
    pub code: Option<String>,
    /// What is said of the failure.
    pub error: Option<String>,
}

/// A Chromium with one window, and a profile that nobody used before.
#[derive(Debug)]
pub struct Browser {
    // In this order: the window goes before the browser, and that before its profile.
    client: Client,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium and opens `url`.
    pub async fn open(url: &str) -> Self {
        Self::open_with(url, &[], &[]).await
    }

    /// Like [`Browser::open`], but whoever signed the server's certificate is trusted.
    pub async fn open_anyway(url: &str) -> Self {
        Self::open_with(url, &["--ignore-certificate-errors"], &[]).await
    }

    /// Like [`Browser::open`], but hidden pages are treated as a user's browser treats them,
    /// which ChromeDriver prevents otherwise; and sooner, namely after 10 s: then their timers run
    /// once a minute.
    pub async fn open_thrifty(url: &str) -> Self {
        let arguments = ["--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/10"];
        let without = [
            "disable-background-timer-throttling",
            "disable-backgrounding-occluded-windows",
            "disable-renderer-backgrounding",
        ];
        Self::open_with(url, &arguments, &without).await
    }

    async fn open_with(url: &str, arguments: &[&str], without: &[&str]) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser's profile");
        let (driver, port) = start_driver(&profile);
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&profile, arguments, without))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("ChromeDriver starts Chromium");
        client.goto(url).await.expect("the page loads");
        Self {
            client,
            driver,
            _profile: profile,
        }
    }

    /// Opens another address in the same window.
    pub async fn go_to(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// Waits until the page counts so many workers.
    pub async fn wait_for_workers(&self, count: usize) {
        let css = format!("[data-testid=workers][data-count='{count}']");
        self.wait_for(&css).await;
    }

    /// Waits for the first element that matches the CSS selector.
    pub async fn wait_for(&self, css: &str) -> Element {
        match self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await
        {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}; the page says:\n{}", self.text().await),
        }
    }

    /// How many elements match the CSS selector now.
    pub async fn count(&self, css: &str) -> usize {
        let found = self.client.find_all(Locator::Css(css)).await;
        found.expect("the selector is well-formed").len()
    }

    /// Waits until exactly `count` elements match the CSS selector.
    pub async fn wait_for_count(&self, css: &str, count: usize) {
        let script = "return document.querySelectorAll(arguments[0]).length === arguments[1]";
        let arguments = vec![json!(css), json!(count)];
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let found = self.client.execute(script, arguments.clone()).await;
            if found.expect("the selector is well-formed") == Value::Bool(true) {
                return;
            }
        }
        panic!("{} and not {count} of {css}", self.count(css).await);
    }

    /// The different values that the attribute has among the elements that match.
    pub async fn attributes(&self, css: &str, name: &str) -> BTreeSet<String> {
        let elements = self.client.find_all(Locator::Css(css)).await;
        let mut values = BTreeSet::new();
        for element in elements.expect("the selector is well-formed") {
            values.extend(element.attr(name).await.expect("the element is there"));
        }
        values
    }

    /// The calls, newest first, as the page exports them: its list draws only what is seen.
    pub async fn rows(&self) -> Vec<CallRow> {
        self.wait_for("[data-testid=calls]").await;
        let script = "
            const { createObjectURL } = URL, { click } = HTMLAnchorElement.prototype;
            let file;
            URL.createObjectURL = blob => createObjectURL.call(URL, file = blob);
            HTMLAnchorElement.prototype.click = () => {};
            document.querySelector('[data-testid=calls-json]').click();
            URL.createObjectURL = createObjectURL;
            HTMLAnchorElement.prototype.click = click;
            return file.text().then(JSON.parse);
        ";
        serde_json::from_value(self.run(script).await).expect("calls as the page exports them")
    }

    /// All that the page says.
    pub async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await;
        body.expect("a page has a body")
            .text()
            .await
            .expect("it has a text")
    }

    /// Waits until the page's connection is in this state.
    pub async fn wait_until(&self, state: &str) {
        let css = format!("[data-testid=connection][data-state={state}]");
        self.wait_for(&css).await;
    }

    /// Fills `text` into the field, instead of what was there.
    pub async fn fill(&self, test_id: &str, text: &str) {
        let field = self.wait_for(&format!("[data-testid={test_id}]")).await;
        let select_all = Key::Control + "a";
        field.send_keys(&select_all).await.expect("a field of text");
        let text = if text.is_empty() {
            Key::Delete.to_string()
        } else {
            text.to_owned()
        };
        field.send_keys(&text).await.expect("it takes text");
    }

    /// Presses a key in the field.
    pub async fn press(&self, key: Key, test_id: &str) {
        let field = self.wait_for(&format!("[data-testid={test_id}]")).await;
        let key = key.to_string();
        field.send_keys(&key).await.expect("it takes keys");
    }

    /// Presses a key where the keyboard is.
    pub async fn press_here(&self, key: Key) {
        let focused = self.client.active_element().await;
        let focused = focused.expect("the page has the focus");
        let key = key.to_string();
        focused.send_keys(&key).await.expect("it takes keys");
    }

    /// Clicks the element.
    pub async fn click(&self, test_id: &str) {
        let button = self.wait_for(&format!("[data-testid={test_id}]")).await;
        button.click().await.expect("it can be clicked");
    }

    /// Calls fib(n) and waits for its result.
    pub async fn call(&self, n: &str) -> String {
        self.fill("n", n).await;
        self.click("call").await;
        let css = format!("[data-testid=result][data-n='{n}']");
        let result = self.wait_for(&css).await;
        result.text().await.expect("a result has a text")
    }

    /// Waits for an error with this code, and returns what is said of it.
    pub async fn wait_for_error(&self, code: &str) -> String {
        let css = format!("[data-testid=error][data-code={code}]");
        let error = self.wait_for(&css).await;
        error.text().await.expect("an error has a text")
    }

    /// Runs a script in the page, as the body of a function, and gives what it returns.
    pub async fn run(&self, script: &str) -> Value {
        let returned = self.client.execute(script, Vec::new()).await;
        returned.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until the script returns true.
    pub async fn wait_until_true(&self, script: &str, at_most: Duration) {
        let is_true = async || self.run(script).await == Value::Bool(true);
        until(script, at_most, is_true).await;
    }

    /// Puts the window out of sight.
    pub async fn hide(&self) {
        self.client
            .minimize_window()
            .await
            .expect("it can be hidden");
        let hidden = "return document.visibilityState === 'hidden'";
        self.wait_until_true(hidden, PATIENCE).await;
    }

    /// Brings the hidden window back.
    pub async fn show(&self) {
        // A window gets its place only when it is seen.
        let placed = self.client.set_window_rect(0, 0, 1_000, 1_000).await;
        placed.expect("it can be shown");
        let visible = "return document.visibilityState === 'visible'";
        self.wait_until_true(visible, PATIENCE).await;
    }

    /// Stops everything in the page, as browsers do with a page that was long hidden. The
    /// connection stays open on the browser's side.
    pub async fn freeze(&self) {
        self.set_lifecycle("frozen").await;
    }

    /// Lets a frozen page go on.
    pub async fn thaw(&self) {
        self.set_lifecycle("active").await;
    }

    async fn set_lifecycle(&self, state: &str) {
        self.devtools("Page.setWebLifecycleState", json!({ "state": state }))
            .await;
    }

    /// Gives a command of the Chrome DevTools protocol, and returns what it answers.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let both = json!({ "cmd": command, "params": parameters });
        let answer = self
            .client
            .issue_cmd(DriverCommand("goog/cdp/execute", both))
            .await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// What the browser wrote to its console as an error since the last look.
    pub async fn console_errors(&self) -> Vec<String> {
        let command = DriverCommand("se/log", json!({ "type": "browser" }));
        let log = self.client.issue_cmd(command).await;
        let log = log.expect("ChromeDriver keeps a log");
        let entries = log.as_array().map(Vec::as_slice).unwrap_or_default();
        entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// Makes the window this large, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let resized = self.client.set_window_size(width, height).await;
        resized.expect("the window can be resized");
    }

    /// Closes the window, which ends the page as a user's leaving does.
    pub async fn close(self) {
        let closed = self.client.close().await;
        closed.expect("the browser closes");
    }
}

/// A command of ChromeDriver's own: its path, and what it takes.
#[derive(Debug)]
struct DriverCommand(&'static str, Value);

impl fantoccini::wd::WebDriverCompatibleCommand for DriverCommand {
    fn endpoint(
        &self,
        base_url: &url::Url,
        session_id: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session_id.unwrap_or_default();
        base_url.join(&format!("session/{session}/{}", self.0))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

fn capabilities(profile: &TempDir, arguments: &[&str], without: &[&str]) -> Capabilities {
    let user_data = format!("--user-data-dir={}", profile.path().display());
    let mut all_arguments = vec![
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        &user_data,
    ];
    all_arguments.extend(arguments);
    let mut options = json!({ "args": all_arguments, "excludeSwitches": without });
    if let Ok(chromium) = env::var("WARREN_CHROMIUM") {
        options["binary"] = Value::String(chromium);
    }
    Capabilities::from_iter([
        ("goog:chromeOptions".to_owned(), options),
        ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" })),
    ])
}

/// Starts ChromeDriver on a port that it chooses, and returns that.
fn start_driver(profile: &TempDir) -> (Child, u16) {
    let program = env::var("WARREN_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    let mut command = Command::new(&program);
    command
        .arg("--port=0")
        // Chromium writes to its home, too.
        .env("HOME", profile.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut driver = match Child::spawn(&mut command) {
        Ok(driver) => driver,
        Err(error) => panic!("cannot run {program} ({error}): run `cargo xtask test`"),
    };
    let output = driver.take_stdout().expect("its output is piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let port = lines
        .find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        })
        .expect("ChromeDriver says its port");
    // It stops when nobody reads what it says.
    thread::spawn(move || lines.for_each(drop));
    (driver, port)
}
