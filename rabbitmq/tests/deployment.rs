//! The files in `kubernetes/`, and `compose.yaml`: as those who read them expect, and as the rest of
//! the project says. No cluster and no container engine runs here.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use warren_rabbitmq::{Deployment, Node, Server, allow_origins};

/// Names a Python that has what `worker/tests/peers/requirements.txt` lists.
const PYTHON: &str = "WARREN_PYTHON";

const COMPOSE: &str = include_str!("../compose.yaml");
const COMPOSE_CONF: &str = include_str!("../compose.conf");
const BROKER: &str = include_str!("../kubernetes/20-broker.yaml");
const WORKER: &str = include_str!("../kubernetes/30-worker.yaml");
const SCALING: &str = include_str!("../kubernetes/40-autoscaling.yaml");
const PAGE: &str = include_str!("../kubernetes/50-page.yaml");

/// Where the page's server is told where the broker is.
const START: &str = include_str!("../../web/nginx/start.sh");

/// The variable by which `compose.yaml` is told whose the secrets are.
const OF_COMPOSE: &str = "WARREN_USER";

/// A file, what is in it, and what is not understood in its place.
const MISTYPED: [(&str, &str, &str); 11] = [
    (
        "kubernetes/20-broker.yaml",
        "additionalPlugins",
        "additionalPlugin",
    ),
    ("kubernetes/20-broker.yaml", "secretName", "secretname"),
    ("kubernetes/20-broker.yaml", "topologyKey", "topology"),
    (
        "kubernetes/30-worker.yaml",
        "terminationGracePeriodSeconds",
        "gracePeriodSeconds",
    ),
    (
        "kubernetes/30-worker.yaml",
        "periodSeconds: 5",
        "periodSeconds: soon",
    ),
    ("kubernetes/40-autoscaling.yaml", "queueName", "queue"),
    (
        "kubernetes/40-autoscaling.yaml",
        "stabilizationWindowSeconds",
        "window",
    ),
    (
        "kubernetes/50-page.yaml",
        "readOnlyRootFilesystem",
        "readOnlyRoot",
    ),
    ("kubernetes/15-network.yaml", "endPort", "endport"),
    ("compose.yaml", "stop_grace_period", "stop_grace"),
    ("compose.yaml", "start_period", "starting"),
];

#[test]
fn the_files_are_valid() {
    let Output {
        status,
        stdout,
        stderr,
    } = validate(&files());
    let said = String::from_utf8_lossy(&stdout);
    let errors = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{said}{errors}");
    assert_eq!(said, "ok\n");
}

#[test]
fn a_mistyped_field_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut copies = Vec::new();
    for (number, (file, right, wrong)) in MISTYPED.into_iter().enumerate() {
        let source = folder_of_this().join(file);
        let text = fs::read_to_string(&source).expect(file);
        assert!(text.contains(right), "{file} has no {right}");
        let place = folder.path().join(number.to_string());
        fs::create_dir(&place).expect("a folder");
        let copy = place.join(source.file_name().expect("it has a name"));
        fs::write(&copy, text.replacen(right, wrong, 1)).expect("a file");
        copies.push(copy);
    }

    let Output { status, stdout, .. } = validate(&copies);
    assert_eq!(status.code(), Some(1));
    let said = String::from_utf8_lossy(&stdout);
    for (copy, (file, right, wrong)) in copies.iter().zip(MISTYPED) {
        let mut problems = said
            .lines()
            .filter_map(|line| line.strip_prefix(copy.to_str().expect("it is text")));
        let is_found =
            problems.any(|problem| problem.contains(mistyped(wrong)) || problem.contains(right));
        assert!(is_found, "{wrong} in {file} is not found:\n{said}");
    }
}

/// The word that nobody knows.
fn mistyped(line: &str) -> &str {
    line.rsplit(' ').next().unwrap_or(line)
}

#[test]
fn the_broker_is_configured_as_everywhere() {
    let settings = include_str!("../rabbitmq.conf").lines();
    let settings: Vec<_> = settings
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(settings.contains(&"web_stomp.ws_frame = binary"));
    for setting in settings {
        assert!(BROKER.contains(&format!("      {setting}\n")), "{setting}");
    }
    assert!(COMPOSE.contains("./rabbitmq.conf:/etc/rabbitmq/conf.d/"));
}

#[test]
fn a_broker_starts_with_the_settings_and_has_the_queue_that_is_meant() {
    let server = Server::find().expect("RabbitMQ is installed");
    if allow_origins(&server, &[""]).is_none() {
        let version = server.version().unwrap_or_else(|| "of this version".into());
        eprintln!("skipped: RabbitMQ {version} does not know all of the settings");
        return;
    }
    let deployment = Deployment {
        administrator: Some("ada".into()),
        ..Deployment::default()
    };
    let made = deployment.definitions().expect("definitions");
    let definitions = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&definitions, &made.json).expect("it is ours");
    let path = definitions.path().to_str().expect("it is text");
    let password = made.administrator.expect("there is one");
    for (settings, queue_type) in [
        (in_kubernetes(), "quorum"),
        (COMPOSE_CONF.into(), "classic"),
    ] {
        let settings = settings.replace("/etc/rabbitmq/definitions.json", path);
        let node = Node::temporary_with(&settings).expect("a broker");
        let login = STANDARD.encode(format!("ada:{}", password.reveal()));
        let queue: Value = ureq::get(format!(
            "{}/api/queues/%2F/rpc_queue",
            node.management_url()
        ))
        .header("authorization", format!("Basic {login}"))
        .call()
        .expect("the queue is there")
        .body_mut()
        .read_json()
        .expect("JSON");
        assert_eq!(queue["type"], queue_type);
    }
}

/// The lines of `rabbitmq.conf` in the manifest of the broker.
fn in_kubernetes() -> String {
    let (_, rest) = BROKER
        .split_once("additionalConfig: |\n")
        .expect("it has some");
    let lines = rest.lines();
    let settings: Vec<_> = lines
        .take_while(|line| line.is_empty() || line.starts_with("      "))
        .map(str::trim)
        .collect();
    settings.join("\n")
}

#[test]
fn pages_are_told_of_a_broker_that_expects_them() {
    // Of the Ingress, of the page's policy and of the broker's, which go together.
    assert!(PAGE.contains("value: wss://warren.example/ws\n"));
    assert!(PAGE.contains("- host: warren.example\n"));
    assert!(BROKER.contains("web_stomp.allow_origins.1 = https://warren.example\n"));
    assert!(COMPOSE.contains(r#""127.0.0.1:8080:8080""#));
    assert!(COMPOSE_CONF.contains("web_stomp.allow_origins.1 = http://127.0.0.1:8080\n"));
}

#[test]
fn the_queue_that_is_watched_is_the_one_that_is_declared() {
    let definitions = include_str!("../definitions.json");
    assert!(definitions.contains(r#""name": "rpc_queue""#));
    assert!(SCALING.contains("queueName: rpc_queue\n"));
}

#[test]
fn every_variable_that_the_page_is_given_is_known() {
    let known: BTreeSet<_> = variables(START).collect();
    for variable in variables(PAGE) {
        assert!(known.contains(variable), "{variable} is not in start.sh");
    }
    // The worker's own test has what it knows; what Kubernetes gives it, Compose may as well.
    let of_worker: BTreeSet<_> = variables(WORKER).collect();
    for variable in variables(COMPOSE) {
        let is_known = known.contains(variable) || of_worker.contains(variable);
        assert!(is_known || variable == OF_COMPOSE, "{variable} is unknown");
    }
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|character: char| !character.is_ascii_uppercase() && character != '_');
    words.filter(|word| word.starts_with("WARREN_"))
}

/// All files that are for others than RabbitMQ to read.
fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder_of_this().join("kubernetes")).expect("the folder");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a file").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    assert!(files.len() > 5, "{files:?}");
    files.push(folder_of_this().join("compose.yaml"));
    files
}

fn validate(files: &[PathBuf]) -> Output {
    let python = env::var_os(PYTHON);
    let python = python.unwrap_or_else(|| panic!("{PYTHON} is not set; cargo xtask test sets it"));
    Command::new(python)
        .arg(folder_of_this().join("tests/validate.py"))
        .args(files)
        .output()
        .expect("Python runs")
}

fn folder_of_this() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
