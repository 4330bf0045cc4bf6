//! The binary's exit codes and signals.

use std::net::TcpListener;

use serde_json::{Value, json};
use warren_rabbitmq::{Child, Node, Proxy};

use crate::{
    caller::{Caller, id_and_body},
    process::{Program, program},
    stage::{QUEUE, stage},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_ends_the_worker_and_shows_no_password() {
    let url = stage("refused-login");
    let wrong = url.replace("guest:guest@", "guest:s3cret@");
    let (status, log) = Program::worker(&["--amqp", &wrong]).end().await;
    assert_eq!(status.code(), Some(77));
    let log = log.join("\n");
    assert!(
        log.contains(r#"refused the login of user "guest""#),
        "{log}"
    );
    assert!(!log.contains("s3cret"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_host_that_does_not_exist_ends_the_worker() {
    let url = stage("existing").replace("/existing", "/missing");
    let (status, log) = Program::worker(&["--amqp", &url]).end().await;
    assert_eq!(status.code(), Some(77));
    let log = log.join("\n");
    assert!(
        log.contains(r#"refused the virtual host "missing""#),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_host_that_is_full_is_tried_again() {
    let url = stage("full");
    limit_connections("full", 0);
    let mut worker = Program::worker(&["--amqp", &url]);
    let line = worker.says("no connection; trying again in").await;
    assert!(line.contains("connection limit (0) is reached"), "{line}");
    let no_limit = -1;
    limit_connections("full", no_limit);
    worker.says("[x] Awaiting RPC requests").await;
    worker.signal("TERM");
    let (status, log) = worker.end().await;
    assert_eq!(status.code(), Some(0), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_ends_the_worker() {
    let url = stage("no-permission").replace("guest:guest@", "web:web@");
    let (status, log) = Program::worker(&["--amqp", &url]).end().await;
    assert_eq!(status.code(), Some(77));
    let log = log.join("\n");
    assert!(log.contains(r#"user "web" lacks a permission"#), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_a_file_or_the_environment() {
    let url = stage("password").replace("guest:guest@", "worker:wrong@");
    let node = warren_rabbitmq::shared().expect("RabbitMQ runs");
    let file = node.worker_password_file();
    let password = std::fs::read_to_string(&file).expect("it is ours");
    let path = file.to_str().expect("it is text");
    let url = ("WARREN_AMQP", url.as_str());
    for (arguments, variables) in [
        (&["--password-file", path][..], &[url][..]),
        (&[], &[url, ("WARREN_PASSWORD_FILE", path)]),
        (&[], &[url, ("WARREN_PASSWORD", password.as_str())]),
        // The file goes before the variable.
        (
            &["--password-file", path],
            &[url, ("WARREN_PASSWORD", "wrong")],
        ),
    ] {
        let mut worker = Program::worker_with(arguments, variables);
        worker.says("[x] Awaiting RPC requests").await;
        worker.signal("TERM");
        let (status, _) = worker.end().await;
        assert_eq!(status.code(), Some(0), "{arguments:?} {variables:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_read_anew_for_each_connection() {
    let node = Node::temporary().expect("RabbitMQ starts");
    let proxy = Proxy::to(node.ports().amqp).expect("a port is free");
    let url = proxy.instead_of_target(&node.worker_amqp_url());
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("it is text");
    std::fs::copy(node.worker_password_file(), &file).expect("it can be written");
    let arguments = ["--amqp", &url, "--password-file", path];
    let mut worker = Program::worker(&arguments);
    worker.says("[x] Awaiting RPC requests").await;

    let another = json!({ "password": "another", "tags": "" });
    let changed = node.management().put("users/worker", &another);
    changed.expect("guest may change it");
    proxy.cut();
    worker.says("refused the login").await;
    std::fs::write(&file, "").expect("it can be written");
    let line = worker.says("there is no password in").await;
    assert!(line.contains(path), "{line}");
    std::fs::write(&file, "another\n").expect("it can be written");
    worker.says("[x] Awaiting RPC requests").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_the_list_of_processes_is_warned_of_once() {
    let url = stage("process-list").replace("guest:guest@", "worker:s3cret@");
    for (arguments, variables, warnings) in [
        (&["--amqp", url.as_str()][..], &[][..], 1),
        (&[], &[("WARREN_AMQP", url.as_str())], 0),
    ] {
        let (status, log) = Program::worker_with(arguments, variables).end().await;
        assert_eq!(status.code(), Some(77));
        let warned = log.iter().filter(|line| line.contains("list of processes"));
        assert_eq!(warned.count(), warnings, "{log:?}");
        assert!(!log.join("\n").contains("s3cret"), "{log:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_ends_the_worker_and_shows_no_password() {
    for url in ["amqp://me:s3c#ret@host:5672/v", "amqps:/me:s3c#ret@host/v"] {
        for (arguments, variables) in [
            (&["--amqp", url][..], &[][..]),
            (&[], &[("WARREN_AMQP", url)]),
        ] {
            let (status, log) = Program::worker_with(arguments, variables).end().await;
            assert_eq!(status.code(), Some(2));
            let log = log.join("\n");
            assert!(log.contains("--amqp (WARREN_AMQP)"), "{log}");
            assert!(!log.contains("s3c") && !log.contains("ret@"), "{log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_everything_shows_no_password() {
    let url = stage("log-of-everything").replace("guest:guest@", "guest:s3cret@");
    // The library's frames have it as a list of bytes.
    let bytes = format!("{:?}", b"s3cret");
    let bytes = bytes.trim_matches(['[', ']']);
    for everything in ["trace", "lapin=trace", "lapin::io_loop=trace"] {
        let variables = [("WARREN_AMQP", url.as_str()), ("RUST_LOG", everything)];
        let (status, log) = Program::worker_with(&[], &variables).end().await;
        assert_eq!(status.code(), Some(77));
        let log = log.join("\n");
        assert!(!log.contains("s3cret") && !log.contains(bytes), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_of_the_log_that_is_none_is_named() {
    let url = stage("filter").replace("guest:guest@", "guest:s3cret@");
    let variables = [("RUST_LOG", "warren_worker=chatty")];
    let (status, log) = Program::worker_with(&["--amqp", &url], &variables)
        .end()
        .await;
    assert_eq!(status.code(), Some(77));
    let log = log.join("\n");
    let expected = r#"RUST_LOG is "warren_worker=chatty": error parsing level filter"#;
    assert!(log.contains(expected), "{log}");
    assert!(log.contains("INFO"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passwords_file_that_is_empty_or_missing_is_named() {
    let empty = tempfile::NamedTempFile::new().expect("a file");
    let empty = empty.path().to_str().expect("it is text");
    for (path, why) in [(empty, "it is empty"), ("/nowhere", "cannot read it: ")] {
        let (status, log) = Program::worker(&["--password-file", path]).end().await;
        assert_eq!(status.code(), Some(2));
        let log = log.join("\n");
        assert!(log.contains(path) && log.contains(why), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_broker_is_tried_again() {
    // Nothing listens on the discard port of the loopback address.
    let url = "amqp://guest:s3cret@127.0.0.1:9/%2f";
    let mut worker = Program::worker(&["--amqp", url]);
    for _ in 0..3 {
        worker
            .says("connecting broker=amqp://guest@127.0.0.1:9")
            .await;
        worker.says("no connection; trying again in").await;
    }
    worker.signal("TERM");
    let (status, _) = worker.end().await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_does_in_the_tutorials_words() {
    let url = stage("words");
    let mut worker = Program::worker(&["--amqp", &url]);
    worker.says("[x] Awaiting RPC requests").await;
    let mut caller = Caller::connect(&url).await;
    caller.send("12", caller.tutorial("call-1")).await;
    let line = worker.says("[.] fib(12)").await;
    assert!(
        line.contains(r#":request{correlation_id="call-1"}: "#),
        "{line}"
    );
    assert_eq!(id_and_body(&caller.reply().await), ("call-1", "144"));
    worker.signal("INT");
    let (status, log) = worker.end().await;
    assert_eq!(status.code(), Some(0), "{log:?}");
    assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)));
}

/// A disk that is full, say, must not stop every worker that writes to it.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_log_cannot_be_written_serves_on() {
    let url = stage("full-log");
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut command = program(env!("CARGO_BIN_EXE_warren-worker"));
    command.args(["--amqp", &url]);
    command.stderr(full.expect("Linux has it"));
    let _worker = Child::spawn(&mut command).expect("the worker was built");
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(1).await;
    for _ in 0..2 {
        caller.send("12", caller.tutorial("call-1")).await;
        assert_eq!(id_and_body(&caller.reply().await), ("call-1", "144"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_at_once() {
    let url = stage("second-signal");
    let mut worker = Program::worker(&["--amqp", &url, "--max-n", "93"]);
    let caller = Caller::connect(&url).await;
    // It takes longer than anybody waits.
    caller.send("93", caller.tutorial("call-1")).await;
    worker.says("[.] fib(93)").await;
    worker.signal("TERM");
    worker.says("finishing what runs").await;
    worker.signal("TERM");
    let (status, _) = worker.end().await;
    assert_eq!(status.code(), Some(130));
    caller.until_waiting(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_for_metrics_that_is_in_use_ends_the_worker() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it listens").to_string();
    let (status, log) = Program::worker(&["--metrics", &address]).end().await;
    assert_eq!(status.code(), Some(69));
    let log = log.join("\n");
    let expected = format!("there can be no metrics on {address}: Address already in use");
    assert!(log.contains(&expected), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_json_is_an_object_on_each_line() {
    let url = stage("json-log");
    let mut worker = Program::worker(&["--amqp", &url, "--log-format=json", "--name=hare"]);
    let mut caller = Caller::connect(&url).await;
    caller.send("12", caller.warren("call-1")).await;
    let line = worker.says("fib(12)").await;
    assert_eq!(id_and_body(&caller.reply().await), ("call-1", "144"));
    let line: Value = serde_json::from_str(&line).expect("it is JSON");
    assert_eq!(line["fields"]["message"], "[.] fib(12)");
    assert_eq!(line["span"]["correlation_id"], "call-1");
    worker.signal("TERM");
    let (_, log) = worker.end().await;
    for line in log {
        assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
    }
}

/// Lets a virtual host have so many connections.
fn limit_connections(vhost: &str, most: i32) {
    let node = warren_rabbitmq::shared().expect("RabbitMQ starts");
    let limit = format!("vhost-limits/{vhost}/max-connections");
    let limited = node.management().put(&limit, &json!({ "value": most }));
    limited.expect("the broker takes the limit");
}
