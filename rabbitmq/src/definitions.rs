//! The topology and the users, and how a further virtual host gets its own copy of them.

use serde_json::{Value, json};

use crate::management::Management;
use crate::password::{HASHING_ALGORITHM, Password};

pub(crate) const DEFINITIONS: &str = include_str!("../definitions.json");

/// The definitions for the nodes that this process starts, where `worker` has a password.
pub(crate) fn for_node() -> Result<Value, VhostError> {
    let mut definitions: Value = serde_json::from_str(DEFINITIONS)?;
    set_password(&mut definitions, "worker", Password::of_worker());
    Ok(definitions)
}

/// Gives the user `name` a password.
pub(crate) fn set_password(definitions: &mut Value, name: &str, password: &Password) {
    let users = definitions["users"].as_array_mut();
    for user in users.into_iter().flatten().filter_map(Value::as_object_mut) {
        if user.get("name").is_some_and(|found| found == name) {
            user.remove("password");
            user.insert("password_hash".into(), password.hash().into());
            user.insert("hashing_algorithm".into(), HASHING_ALGORITHM.into());
        }
    }
}

/// Puts everything into the virtual host `name` in place of `/`.
pub(crate) fn in_vhost(definitions: &mut Value, name: &str) {
    if let Some(sections) = definitions.as_object_mut() {
        for object in sections
            .values_mut()
            .filter_map(Value::as_array_mut)
            .flatten()
        {
            if object.get("vhost").is_some() {
                object["vhost"] = json!(name);
            }
        }
        sections.insert("vhosts".into(), json!([{ "name": name }]));
    }
}

/// The definitions with everything in the virtual host `name`, and without users: those belong to
/// all virtual hosts.
fn for_vhost(name: &str) -> Result<Value, serde_json::Error> {
    let mut definitions: Value = serde_json::from_str(DEFINITIONS)?;
    if let Some(sections) = definitions.as_object_mut() {
        sections.remove("users");
    }
    in_vhost(&mut definitions, name);
    Ok(definitions)
}

/// How long a queue waits for a worker whose node it cannot reach, in milliseconds, before another
/// one gets its requests. From RabbitMQ 4.3 on, that is 60 s unless told otherwise, which is longer
/// than most calls may take; before, it was no time at all, and what is said of it has no effect.
const DISCONNECTED_TIMEOUT_MS: u32 = 1_000;

/// The definitions with quorum queues: on RabbitMQ 4.0 or later, whatever is declared durable in
/// one of the virtual hosts; before, the queues of the definitions.
fn replicated(mut definitions: Value) -> Value {
    let each = |section: &mut Value, change: fn(&mut Value)| {
        section
            .as_array_mut()
            .into_iter()
            .flatten()
            .for_each(change);
    };
    each(&mut definitions["vhosts"], |vhost| {
        vhost["default_queue_type"] = json!("quorum");
    });
    each(&mut definitions["queues"], |queue| {
        let arguments = &mut queue["arguments"];
        arguments["x-queue-type"] = json!("quorum");
        arguments["x-consumer-disconnected-timeout"] = json!(DISCONNECTED_TIMEOUT_MS);
    });
    definitions
}

/// Imports the definitions into a cluster through the management API at `url`.
pub(crate) fn import_all(url: &str) -> Result<(), VhostError> {
    let definitions = replicated(for_node()?);
    Ok(Management::at(url).post("definitions", &definitions)?)
}

/// Imports the definitions into a virtual host `name` through the management API at `url`, in a
/// cluster with quorum queues.
pub(crate) fn import_vhost(url: &str, name: &str, cluster: bool) -> Result<(), VhostError> {
    let mut definitions = for_vhost(name)?;
    if cluster {
        definitions = replicated(definitions);
    }
    Ok(Management::at(url).post("definitions", &definitions)?)
}

/// Why the topology could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum VhostError {
    /// `definitions.json` is not JSON.
    #[error("definitions.json: {0}")]
    Definitions(#[from] serde_json::Error),

    /// The management API refused, or did not answer.
    #[error("the management API: {0}")]
    Management(#[from] ureq::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_another_vhost_refers_to_the_default_one() {
        let definitions = for_vhost("own").expect("definitions.json is JSON");
        assert_eq!(definitions["vhosts"], json!([{ "name": "own" }]));
        assert_eq!(definitions["queues"][0]["vhost"], "own");
        assert!(!definitions.to_string().contains(r#""vhost":"/""#));
        assert!(definitions.get("users").is_none());
    }

    #[test]
    fn in_a_cluster_queues_are_quorum_queues() {
        let definitions = serde_json::from_str(DEFINITIONS).expect("definitions.json is JSON");
        let definitions = replicated(definitions);
        let queue = &definitions["queues"][0];
        assert_eq!(queue["arguments"]["x-queue-type"], "quorum");
        assert_eq!(queue["arguments"]["x-dead-letter-exchange"], "rpc.bounce");
        assert_eq!(
            definitions["vhosts"],
            json!([{ "name": "/", "default_queue_type": "quorum" }])
        );
    }
}
