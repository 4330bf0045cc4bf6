//! Three nodes that are one broker.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::time::{sleep, timeout};
use warren_rabbitmq::{Cluster, Node};

/// Whoever waits for something that will happen waits no longer than this.
const LIMIT: Duration = Duration::from_secs(60);

/// How often is looked at what nobody tells.
const POLL: Duration = Duration::from_millis(50);

const PERSISTENT: u8 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cluster_has_confirmed_outlives_any_node_and_a_restart_of_all() {
    let mut cluster = Cluster::temporary(3).expect("a cluster");
    publish(&cluster.nodes()[1], "kept").await;
    let leader = cluster.leader_of("rpc_queue").expect("it is whole");
    cluster.nodes_mut()[leader]
        .kill()
        .expect("it can be killed");
    let next = next_leader(&cluster, leader).await;
    let third = &cluster.nodes()[3 - leader - next];
    assert_eq!(take_and_give_back(third).await, "kept");

    cluster.nodes_mut()[leader]
        .start_again()
        .expect("it starts again");
    cluster.wait_until_whole().expect("nothing is missing");
    assert_eq!(
        take_and_give_back(&cluster.nodes()[leader]).await,
        "kept",
        "it serves again"
    );

    cluster.stop().expect("it can be stopped");
    cluster.start_again().expect("it starts again");
    assert_eq!(take_and_give_back(&cluster.nodes()[0]).await, "kept");
}

#[test]
fn nothing_is_left_of_a_cluster() {
    let cluster = Cluster::temporary(3).expect("a cluster");
    let homes: Vec<_> = cluster.nodes().iter().map(home).collect();
    let epmd = epmd_port(&cluster.nodes()[0]);
    let processes = || {
        homes
            .iter()
            .flat_map(|home| processes_with("HOME", home))
            .count()
    };
    assert!(processes() >= 3);
    assert!(epmd_runs(&epmd));

    drop(cluster);
    assert_eq!(processes(), 0);
    assert!(!epmd_runs(&epmd));
    let folder = Path::new(&homes[0]).parent().expect("the cluster's");
    assert!(!folder.exists());
}

/// The node that leads once the one that did is gone. Until then, who takes from the queue is sent
/// away.
async fn next_leader(cluster: &Cluster, before: usize) -> usize {
    let elected = async {
        loop {
            match cluster.leader_of("rpc_queue") {
                Some(leader) if leader != before => return leader,
                _ => sleep(POLL).await,
            }
        }
    };
    timeout(LIMIT, elected).await.expect("one is elected")
}

async fn channel(node: &Node) -> Channel {
    let url = node.amqp_url();
    let connected = Connection::connect(&url, ConnectionProperties::default());
    let connection = timeout(LIMIT, connected).await.expect("in time");
    let connection = connection.expect("guest may log in");
    connection.create_channel().await.expect("a channel")
}

/// Publishes a request, and waits until most of the nodes have it.
async fn publish(node: &Node, body: &str) {
    let channel = channel(node).await;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .expect("it is known");
    let confirm = channel
        .basic_publish(
            "".into(),
            "rpc_queue".into(),
            BasicPublishOptions::default(),
            body.as_bytes(),
            BasicProperties::default().with_delivery_mode(PERSISTENT),
        )
        .await
        .expect("guest may publish");
    let confirmed = timeout(LIMIT, confirm).await.expect("in time");
    assert!(matches!(confirmed, Ok(Confirmation::Ack(None))));
}

/// The body of the request that is there. It stays.
async fn take_and_give_back(node: &Node) -> String {
    let channel = channel(node).await;
    let taken = channel.basic_get("rpc_queue".into(), BasicGetOptions::default());
    let taken = timeout(LIMIT, taken).await.expect("in time");
    let delivery = taken.expect("there is a queue").expect("a request");
    // With the connection goes the claim to it.
    String::from_utf8(delivery.delivery.data).expect("UTF-8")
}

/// The folder in which the node is at home.
fn home(node: &Node) -> String {
    let log = node.log();
    let folder = log.parent().expect("the log is in the data folder");
    folder.display().to_string()
}

/// Through which the node finds the others.
fn epmd_port(node: &Node) -> String {
    let id = node.id().expect("it runs");
    let environment = environment(Path::new(&format!("/proc/{id}")));
    let port = environment
        .iter()
        .find_map(|variable| variable.strip_prefix("ERL_EPMD_PORT="));
    port.expect("it is told").to_owned()
}

fn epmd_runs(port: &str) -> bool {
    let ours = |process: &Path| {
        let line = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
        line.starts_with("epmd\0") && line.contains(&format!("\0{port}\0"))
    };
    processes().any(|process| ours(&process))
}

fn processes_with(variable: &str, value: &str) -> Vec<String> {
    let wanted = format!("{variable}={value}");
    processes()
        .filter(|process| environment(process).contains(&wanted))
        .map(|process| process.display().to_string())
        .collect()
}

/// The environment of a process, none of one that has gone.
fn environment(process: &Path) -> Vec<String> {
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    let variables = environment.split(|&byte| byte == 0);
    variables
        .map(|variable| String::from_utf8_lossy(variable).into_owned())
        .collect()
}

/// Where there is no `/proc`, none is found, so that the first assertion fails there instead of the
/// others passing for nothing.
fn processes() -> impl Iterator<Item = std::path::PathBuf> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.flatten().map(|entry| entry.path())
}
