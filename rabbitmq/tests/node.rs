//! A private node on the RabbitMQ of this machine.

use std::fs;
use std::path::Path;

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
    assert!(has_vhost(&node, "kept"));
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
    assert!(has_vhost(&node, "kept"));
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

fn has_vhost(node: &Node, name: &str) -> bool {
    let vhosts = node.management().get("vhosts");
    let vhosts = vhosts.expect("the management API answers");
    let mut vhosts = vhosts.as_array().expect("a list").iter();
    vhosts.any(|vhost| vhost["name"] == name)
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
