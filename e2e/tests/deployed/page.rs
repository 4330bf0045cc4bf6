//! The page as nginx serves it, from the folder that `cargo xtask page` fills.

use std::{
    collections::BTreeMap,
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::{Agent, http::Response};
use warren_e2e::{Browser, PATIENCE, Stack};
use warren_rabbitmq::Child;
use xtask::{Checkout, site};

/// How often nginx is asked whether it is there.
const POLL: Duration = Duration::from_millis(20);

/// What two servers may say differently: of themselves, of the connection, and of when a file was
/// written; and nginx alone is told to say anything of TLS.
const OF_THE_SERVER: [&str; 9] = [
    "accept-ranges",
    "connection",
    "content-length",
    "date",
    "etag",
    "last-modified",
    "server",
    "transfer-encoding",
    "vary",
];

const OF_EVERY_RESPONSE: [&str; 7] = [
    "content-security-policy",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
];

/// nginx with the page; it is killed on drop.
struct Site {
    port: u16,
    // Before the folder, from which it reads.
    _nginx: Child,
    folder: TempDir,
}

impl Site {
    fn of(stack: &Stack) -> Self {
        let folder = filled();
        let port = free_port();
        let config = stack.page_config();
        let mut command = start(&folder);
        command
            .env("WARREN_URL", config.urls.join(","))
            .env("WARREN_LOGIN", &config.login)
            .env("WARREN_PASSCODE", &config.passcode)
            .env("WARREN_VHOST", &config.vhost)
            .env("WARREN_QUEUE", &config.queue)
            .env("WARREN_LISTEN", format!("127.0.0.1:{port}"))
            .stdout(Stdio::null());
        let mut nginx = Child::spawn(&mut command).expect("sh is there");
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = nginx.try_wait().expect("it is ours");
            assert!(ended.is_none(), "nginx ended: {ended:?}");
            assert!(begin.elapsed() < PATIENCE, "nginx does not listen");
            std::thread::sleep(POLL);
        }
        Self {
            port,
            _nginx: nginx,
            folder,
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The names of the page's files, but for those that are only compressed.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("page")).expect("the page's folder");
        entries
            .map(|entry| {
                entry
                    .expect("a file")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .filter(|name| !name.ends_with(".br") && !name.ends_with(".gz"))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_within_its_policy() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let site = Site::of(&stack);
    let browser = Browser::open(&site.url()).await;
    assert_eq!(browser.call("20").await, "6765");
    // It came later.
    browser.wait_for("#settings").await;
    let isolated = browser.run("return window.crossOriginIsolated").await;
    assert_eq!(isolated, json!(true));
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    browser.close().await;
}

#[test]
fn every_file_is_served_as_up_serves_it() {
    let stack = Stack::shared();
    let site = Site::of(&stack);
    let page = stack.page();
    let mut paths = site.files();
    assert!(paths.len() > 5, "{paths:?}");
    paths.extend(["".into(), "config.json".into(), "nowhere".into()]);
    for path in paths {
        let ours = get(&format!("{}{path}", page.url()), &[]);
        let theirs = get(&format!("{}{path}", site.url()), &[]);
        assert_eq!(ours.status(), theirs.status(), "{path}");
        let mut headers = [&ours, &theirs].map(headers);
        if path == "nowhere" {
            // nginx says nothing, which is as good: it is asked again.
            headers[0].remove("cache-control");
            headers[1].remove("content-type");
        }
        let [ours, theirs] = headers;
        assert_eq!(ours, theirs, "{path}");
        for name in OF_EVERY_RESPONSE {
            assert!(ours.contains_key(name), "{path} has no {name}");
        }
    }
    let config = |url: String| -> Value {
        let mut response = get(&format!("{url}config.json"), &[]);
        response.body_mut().read_json().expect("JSON")
    };
    assert_eq!(config(site.url()), config(page.url()));
}

#[test]
fn files_come_compressed_as_the_browser_can_take_them() {
    let site = Site::of(&Stack::shared());
    for name in site.files() {
        let url = format!("{}{name}", site.url());
        for (accepted, sent, extension) in [
            ("gzip, deflate, br", Some("br"), ".br"),
            ("gzip", Some("gzip"), ".gz"),
            ("identity", None, ""),
        ] {
            let mut response = get(&url, &[("accept-encoding", accepted)]);
            let encoding = response.headers().get("content-encoding");
            let encoding = encoding.map(|value| value.to_str().expect("text"));
            assert_eq!(encoding, sent, "{name}, {accepted}");
            let body = response.body_mut().read_to_vec().expect("a body");
            let file = format!("page/{name}{extension}");
            let expected = fs::read(site.folder.path().join(file)).expect("the file");
            assert!(body == expected, "{name}, {accepted}");
        }
    }
}

#[test]
fn only_who_came_by_tls_is_told_to_keep_to_it() {
    let site = Site::of(&Stack::shared());
    for (forwarded, expected) in [
        (
            &[("x-forwarded-proto", "https")][..],
            Some("max-age=31536000"),
        ),
        (&[("x-forwarded-proto", "http")], None),
        (&[], None),
    ] {
        let response = get(&site.url(), forwarded);
        let header = response.headers().get("strict-transport-security");
        assert_eq!(header.map(|value| value.to_str().expect("text")), expected);
    }
}

#[test]
fn a_start_without_an_address_of_the_broker_says_what_is_missing() {
    let folder = filled();
    let started = |variables: &[(&str, &str)]| {
        let mut command = start(&folder);
        let Output { status, stderr, .. } = command
            .envs(variables.iter().copied())
            .output()
            .expect("sh is there");
        assert_eq!(status.code(), Some(2));
        String::from_utf8(stderr).expect("text")
    };
    assert!(started(&[]).contains("WARREN_URL"));
    let url = ("WARREN_URL", "https://warren.example/ws");
    assert!(started(&[url]).contains("must be like wss://"));
    let url = ("WARREN_URL", "wss://warren.example\"; }/ws");
    assert!(started(&[url]).contains("must be like wss://"));
    let url = ("WARREN_URL", "wss://warren.example/ws");
    let listen = ("WARREN_LISTEN", "8080; root /");
    assert!(started(&[url, listen]).contains("must be like 8080"));
}

/// A folder that `cargo xtask page` has filled, of the page that is built.
fn filled() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    // Where root starts nginx, another user answers.
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), everybody).expect("it is ours");
    site::fill(&Checkout::here(), folder.path()).expect("the page is built");
    folder
}

/// What starts nginx in the folder, with nothing of ours in its environment.
fn start(folder: &TempDir) -> Command {
    let mut command = Command::new(folder.path().join("start.sh"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WARREN_") {
            command.env_remove(name);
        }
    }
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it listens").port()
}

fn get(url: &str, headers: &[(&str, &str)]) -> Response<ureq::Body> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into();
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request
        .call()
        .unwrap_or_else(|error| panic!("GET {url}: {error}"))
}

/// Those headers of a response that matter to a browser.
fn headers(response: &Response<ureq::Body>) -> BTreeMap<String, String> {
    let headers = response.headers().iter();
    headers
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
        .filter(|(name, _)| !OF_THE_SERVER.contains(&name.as_str()))
        .collect()
}
