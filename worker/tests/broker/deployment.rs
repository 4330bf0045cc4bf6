//! The files with which operators run the worker, held against the program.

use std::{
    collections::BTreeSet, fs, net::TcpListener, path::Path, process::Command, time::Duration,
};

use warren_worker::Worker;

use crate::{process::Program, stage::stage};

const UNIT: &str = include_str!("../../warren-worker.service");
const CONTAINER: &str = include_str!("../../Containerfile");
const README: &str = include_str!("../../README.md");
const KUBERNETES: &str = include_str!("../../../rabbitmq/kubernetes/30-worker.yaml");
const COMPOSE: &str = include_str!("../../../rabbitmq/compose.yaml");

/// What remains after the drain for the farewell to the broker.
const FAREWELL: Duration = Duration::from_secs(10);

/// The value of a setting in the unit.
fn setting(name: &str) -> &'static str {
    UNIT.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("{name} is not set"))
}

#[test]
fn every_variable_that_is_named_is_known() {
    let program = Command::new(env!("CARGO_BIN_EXE_warren-worker"))
        .arg("--help")
        .output()
        .expect("the worker was built");
    let help = String::from_utf8(program.stdout).expect("the help is text");
    let known: BTreeSet<_> = variables(&help).collect();
    let named: BTreeSet<_> = [UNIT, CONTAINER, README, KUBERNETES]
        .into_iter()
        .flat_map(variables)
        .collect();
    assert!(named.contains("WARREN_AMQP"), "{named:?}");
    for variable in named {
        assert!(known.contains(variable), "{variable} is not in:\n{help}");
    }
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|character: char| !character.is_ascii_uppercase() && character != '_');
    words.filter(|word| word.starts_with("WARREN_"))
}

#[test]
fn a_worker_that_stops_is_given_the_time_it_takes() {
    let timeout = humantime::parse_duration(setting("TimeoutStopSec")).expect("a duration");
    assert!(timeout >= Worker::DRAIN + FAREWELL, "{timeout:?}");
    let seconds = format!("--stop-timeout {}", timeout.as_secs());
    assert!(README.contains(&seconds), "as in the unit: {seconds}");
    let seconds = timeout.as_secs();
    assert!(KUBERNETES.contains(&format!("terminationGracePeriodSeconds: {seconds}\n")));
    assert!(COMPOSE.contains(&format!("stop_grace_period: {seconds}s\n")));
    let drain = humantime::format_duration(Worker::DRAIN).to_string();
    for deployed in [KUBERNETES, COMPOSE] {
        let (_, told) = deployed
            .split_once("WARREN_DRAIN")
            .expect("it is told how long");
        assert_eq!(
            told.split_whitespace().find(|word| word.ends_with('s')),
            Some(&*drain)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_has_to_mend_is_not_tried_again() {
    let refused = stage("deployment").replace("guest:guest@", "guest:wrong@");
    let mut codes = Vec::new();
    for arguments in [["--concurrency", "none"], ["--amqp", &refused]] {
        let (status, _) = Program::worker(&arguments).end().await;
        codes.push(status.code().expect("an exit code").to_string());
    }
    assert_eq!(setting("RestartPreventExitStatus"), codes.join(" "));
    for code in codes {
        assert!(README.contains(&format!("| {code} |")), "{code}");
    }
}

/// As the health check in `compose.yaml` does.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_another_whether_it_is_ready() {
    assert!(COMPOSE.contains(r#"["CMD", "/usr/local/bin/warren-worker", "--is-ready"]"#));
    let url = stage("ready");
    // A broker that never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = format!("amqp://{}", silent.local_addr().expect("it listens"));
    for (url, said, expected) in [(url, "Awaiting RPC requests", 0), (silent, "metrics on", 1)] {
        let mut worker = Program::worker(&["--amqp", &url, "--metrics", "127.0.0.1:0"]);
        let line = worker.says("metrics on http://").await;
        let (_, address) = line.split_once("http://").expect("an address");
        let (address, _) = address.split_once('/').expect("a path");
        if !line.contains(said) {
            worker.says(said).await;
        }
        assert_eq!(is_ready(address).await, Some(expected), "{said}");
        worker.kill().await;
        assert_eq!(is_ready(address).await, Some(1), "it is gone");
    }
}

async fn is_ready(address: &str) -> Option<i32> {
    let asking = Program::worker(&["--metrics", address, "--is-ready"]);
    let (status, log) = asking.end().await;
    assert_eq!(log, Vec::<String>::new());
    status.code()
}

#[test]
fn the_image_is_built_from_all_that_cargo_reads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the workspace's manifest");
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = [")?.strip_suffix(']'))
        .expect("the members are in one line");
    for member in members.split(", ") {
        let member = member.trim_matches('"');
        // What is in the folder of another member comes with that.
        let (folder, _) = member.split_once('/').unwrap_or((member, ""));
        let copied = CONTAINER.contains(&format!("\nCOPY {folder} {folder}\n"));
        assert!(copied, "the image is built without {member}");
    }
}
