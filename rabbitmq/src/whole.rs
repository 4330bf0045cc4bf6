//! Whether a cluster is whole: all of its nodes run, know each other, and have their part of every
//! quorum queue.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::management::Management;
use crate::node::Node;

/// What every node of a cluster that can lose one must answer with success: no quorum queue would
/// be left with fewer than half of its members if this node stopped. It is what RabbitMQ's guide to
/// rolling upgrades waits for: <https://www.rabbitmq.com/docs/rolling-upgrade>.
const CAN_BE_LOST: &str = "health/checks/node-is-quorum-critical";

/// Of fewer nodes, none can be lost.
const ENOUGH_TO_LOSE_ONE: usize = 3;

/// What the cluster of `nodes` lacks, in words, as far as one node after the other can tell.
pub(crate) fn missing(nodes: &[Node]) -> Option<String> {
    let names: BTreeSet<_> = nodes.iter().map(Node::name).collect();
    nodes.iter().find_map(|node| {
        let said = lacks(node, &names).unwrap_or_else(|error| Some(error.to_string()));
        said.map(|what| format!("{} says: {what}", node.name()))
    })
}

/// Whether every node knows that all of `nodes` run.
pub(crate) fn not_joined(nodes: &[Node]) -> Option<String> {
    let names: BTreeSet<_> = nodes.iter().map(Node::name).collect();
    nodes.iter().find_map(|node| {
        let management = node.management();
        let said = not_running(&management, &names).unwrap_or_else(|error| Some(error.to_string()));
        said.map(|what| format!("{} says: {what}", node.name()))
    })
}

fn lacks(node: &Node, names: &BTreeSet<&str>) -> Result<Option<String>, ureq::Error> {
    let management = node.management();
    if let Some(missing) = not_running(&management, names)? {
        return Ok(Some(missing));
    }
    if let Some(queue) = incomplete_queue(&management, names)? {
        return Ok(Some(format!("{queue} is not on all nodes")));
    }
    if names.len() >= ENOUGH_TO_LOSE_ONE {
        management.get(CAN_BE_LOST)?;
    }
    Ok(None)
}

fn not_running(
    management: &Management,
    names: &BTreeSet<&str>,
) -> Result<Option<String>, ureq::Error> {
    let nodes = management.get("nodes?columns=name,running")?;
    let running: BTreeSet<_> = list(&nodes)
        .filter(|node| node["running"] == true)
        .filter_map(|node| node["name"].as_str())
        .collect();
    let missing: Vec<_> = names.difference(&running).copied().collect();
    Ok((!missing.is_empty()).then(|| format!("{} not running", missing.join(", "))))
}

/// A quorum queue that has no leader, or no running member on one of the nodes.
fn incomplete_queue(
    management: &Management,
    names: &BTreeSet<&str>,
) -> Result<Option<String>, ureq::Error> {
    let queues = management.get("queues?columns=name,type,leader,online")?;
    let incomplete = list(&queues)
        .filter(|queue| queue["type"] == "quorum")
        .find(|queue| {
            let online: BTreeSet<_> = list(&queue["online"]).filter_map(Value::as_str).collect();
            queue["leader"].is_null() || online != *names
        });
    Ok(incomplete.map(|queue| queue["name"].to_string()))
}

/// The elements of a list; none of what is no list.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
