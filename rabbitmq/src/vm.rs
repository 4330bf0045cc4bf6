//! How a node's Erlang VM is started.

use std::env;
use std::fs::OpenOptions;
use std::process::Command;

use crate::error::StartError;
use crate::files::Files;
use crate::membership::Membership;
use crate::ports::Ports;
use crate::server::Server;

/// Without epmd, nodes find each other by port alone, so all that are in no cluster can have the
/// same name.
const ALONE: &str = "warren@localhost";

/// An Erlang VM with nothing to do waits in a loop for a while before it sleeps, which saves
/// microseconds on a machine of its own. Here it takes the processors from workers, browsers and
/// compilers. See <https://www.rabbitmq.com/docs/runtime#busy-waiting>.
const NO_BUSY_WAITING: &str = "+sbwt none +sbwtdcpu none +sbwtdio none";

/// What the node is called.
pub(crate) fn name(membership: Option<&Membership>) -> &str {
    membership.map_or(ALONE, Membership::name)
}

/// What starts the node, whose files were written.
pub(crate) fn command(
    server: &Server,
    files: &Files,
    ports: &Ports,
    membership: Option<&Membership>,
) -> Result<Command, StartError> {
    let path = files.log();
    let log = OpenOptions::new().create(true).append(true).open(&path);
    let (log, errors) = log
        .and_then(|log| Ok((log.try_clone()?, log)))
        .map_err(|source| StartError::Write { path, source })?;
    let name = name(membership);
    let distribution = ports.distribution;
    let mut command = server.command();
    // What the environment says about another node of this machine is not about ours.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("RABBITMQ_") || text.starts_with("ERL_") {
            command.env_remove(&name);
        }
    }
    // A VM that is told its peers' port at once asks no epmd. In a cluster, each has its own port.
    let peers = match membership {
        None => format!("-erl_epmd_port {distribution}"),
        Some(membership) => {
            command.env("ERL_EPMD_PORT", membership.epmd_port().to_string());
            String::new()
        }
    };
    command
        // A node that is killed may leave a dump where it was started.
        .current_dir(files.data())
        .env("HOME", files.data())
        .env("ERL_INETRC", files.resolver())
        .env("ERL_CRASH_DUMP_BYTES", "0")
        .env("RABBITMQ_NODENAME", name)
        .env("RABBITMQ_CONF_ENV_FILE", files.environment())
        .env("RABBITMQ_CONFIG_FILE", files.configuration().join("none"))
        .env("RABBITMQ_CONFIG_FILES", files.configuration())
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", files.enabled_plugins())
        .env("RABBITMQ_MNESIA_BASE", files.database())
        .env("RABBITMQ_LOG_BASE", files.data())
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_DIST_PORT", distribution.to_string())
        // Makes the start script replace itself with the Erlang VM, which then is our child
        // and gets our signals.
        .env("RUNNING_UNDER_SYSTEMD", "true")
        // A VM that is told its name at once starts no epmd, which would stay behind; and it
        // listens for other nodes on the loopback address only.
        .env(
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            format!(
                "{NO_BUSY_WAITING} -sname {name} -start_epmd false {peers} \
                 -kernel inet_dist_listen_min {distribution} inet_dist_listen_max {distribution} \
                 -kernel inet_dist_use_interface {{127,0,0,1}}"
            ),
        )
        .stdout(log)
        .stderr(errors);
    Ok(command)
}
