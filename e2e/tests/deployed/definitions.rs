//! A broker with the users that `cargo xtask definitions` makes.

use std::path::Path;

use tempfile::TempDir;
use warren_client::{Client, Config};
use warren_contract::Fibonacci;
use warren_e2e::{Stack, within};
use warren_rabbitmq::Node;
use xtask::definitions::{self, Options};
use xtask::stack::{Worker, WorkerError};

/// How `warren-worker` ends when the broker refuses its login.
const REFUSED: Option<i32> = Some(77);

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_knows_the_passwords_that_were_made_for_it_and_no_others() {
    let first = made();
    let settings = format!("load_definitions = {}", file(&first, "definitions.json"));
    let node = Node::temporary_with(&settings).expect("RabbitMQ starts from the definitions");
    let worker = start(&node, "worker", &file(&first, "worker-password"))
        .unwrap_or_else(|error| panic!("{error}"));

    let client = Client::connect(Config {
        urls: node.ws_url().into(),
        ..Config::default()
    });
    let reply = within(client.call::<Fibonacci>(10)).await;
    assert_eq!(reply.expect("the page's user is served").value, 55);
    worker.stop().expect("it is ours");

    let old = TempDir::new().expect("a folder");
    for user in ["worker", "guest"] {
        std::fs::write(old.path().join(user), user).expect("a file");
        assert_refused(&node, user, &file(&old, user));
    }

    // A broker that runs takes new passwords, too.
    let second = made();
    let administrator = read(&file(&first, "administrator-password"));
    let url = node.management_url();
    ureq::post(format!("{url}/api/definitions"))
        .header("authorization", basic("ada", &administrator))
        .content_type("application/json")
        .send(read(&file(&second, "definitions.json")))
        .expect("the administrator may import definitions");
    assert_refused(&node, "worker", &file(&first, "worker-password"));
    start(&node, "worker", &file(&second, "worker-password"))
        .unwrap_or_else(|error| panic!("{error}"))
        .stop()
        .expect("it is ours");
}

/// What `cargo xtask definitions` makes, with an administrator.
fn made() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    definitions::run(&Options {
        out: folder.path().to_owned(),
        vhost: "/".into(),
        service: vec!["rpc_queue".into()],
        administrator: Some("ada".into()),
        force: false,
    })
    .expect("nothing is in the way");
    folder
}

fn start(node: &Node, user: &str, password_file: &str) -> Result<Worker, WorkerError> {
    let stack = Stack::of(node, "/");
    let mut config = stack.worker_config("hare", &["--password-file", password_file]);
    config.amqp = format!("amqp://{user}@127.0.0.1:{}/%2f", node.ports().amqp);
    Worker::start(&config, |line| eprintln!("{line}"))
}

fn assert_refused(node: &Node, user: &str, password_file: &str) {
    match start(node, user, password_file) {
        Err(WorkerError::Ended { status, last_lines }) => {
            assert_eq!(status.code(), REFUSED, "{last_lines:?}");
        }
        other => panic!("{user} should be refused, but: {other:?}"),
    }
}

fn file(folder: &TempDir, name: &str) -> String {
    let path = folder.path().join(name);
    path.to_str().expect("it is text").to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(path)).expect("it is ours")
}

/// HTTP's basic scheme (RFC 7617).
fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    let login = format!("{user}:{password}");
    let encoded = base64::engine::general_purpose::STANDARD.encode(login);
    format!("Basic {encoded}")
}
