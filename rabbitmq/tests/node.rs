//! A private node on the RabbitMQ of this machine.

use std::fs;
use std::path::Path;
use std::time::Duration;

use warren_rabbitmq::{Node, Ports, StartError};

#[test]
fn a_stopped_node_leaves_no_process_and_starts_again_with_its_data() {
    let mut node = Node::temporary().expect("a broker");
    let data = node.log();
    let data = data
        .parent()
        .expect("the log is in the data folder")
        .to_owned();
    node.add_vhost("kept").expect("a virtual host");
    assert_ne!(processes_with_home(&data), Vec::<String>::new());

    node.stop().expect("it can be stopped");
    assert_eq!(processes_with_home(&data), Vec::<String>::new());

    node.start_again().expect("it starts again");
    assert!(vhosts(&node).contains(r#""name":"kept""#));
    drop(node);
    assert_eq!(processes_with_home(&data), Vec::<String>::new());
    assert!(!data.exists());
}

#[test]
fn a_killed_node_is_seen_as_not_running_and_starts_again() {
    let mut node = Node::temporary().expect("a broker");
    node.add_vhost("kept").expect("a virtual host");
    node.kill().expect("it can be killed");
    node.start_again().expect("it starts again");
    assert!(vhosts(&node).contains(r#""name":"kept""#));
}

#[test]
fn a_taken_port_is_named() {
    let ports = Ports::free().expect("free ports");
    let port = ports.web_stomp;
    let _stranger = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port was free");
    let folder = tempfile::tempdir().expect("a folder");
    match Node::start(folder.path(), ports) {
        Err(StartError::PortsTaken { ports }) => assert_eq!(ports, [port]),
        other => panic!("the port is taken, but: {other:?}"),
    }
}

fn vhosts(node: &Node) -> String {
    ureq::get(format!("{}/api/vhosts", node.management_url()))
        .header("authorization", "Basic Z3Vlc3Q6Z3Vlc3Q=")
        .config()
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .call()
        .expect("the management API answers")
        .body_mut()
        .read_to_string()
        .expect("text")
}

/// The processes that were started with `folder` as their home, each with its state: the Erlang
/// VM's helpers inherit that, too. Where there is no `/proc`, none is found, so that the first
/// assertion fails there instead of the others passing for nothing.
fn processes_with_home(folder: &Path) -> Vec<String> {
    let home = format!("HOME={}", folder.display());
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let process = entry.ok()?.path();
            let environment = fs::read(process.join("environ")).ok()?;
            let ours = environment
                .split(|&byte| byte == 0)
                .any(|variable| variable == home.as_bytes());
            let command = fs::read_to_string(process.join("comm")).ok()?;
            ours.then(|| format!("{} {}", process.display(), command.trim()))
        })
        .collect()
}
