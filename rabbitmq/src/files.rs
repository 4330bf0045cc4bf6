//! A node's data folder: what is written there before each start.

use std::fs;
use std::path::{Path, PathBuf};

use crate::definitions;
use crate::error::StartError;
use crate::membership::Membership;
use crate::password::Password;
use crate::ports::Ports;
use crate::private_file::write_private;
use crate::tls::{self, Tls};

const CONFIGURATION: &str = include_str!("../rabbitmq.conf");
const CLUSTER: &str = include_str!("../cluster.conf");
const ENABLED_PLUGINS: &str = include_str!("../enabled_plugins");

/// Looking up `localhost` without the operating system's resolver spares the node a helper
/// process, and makes its start independent of the machine's name service.
const RESOLVER: &str = "{lookup, [file]}.\n{host, {127,0,0,1}, [\"localhost\"]}.\n";

/// The paths in a node's data folder.
#[derive(Debug)]
pub(crate) struct Files {
    data: PathBuf,
    /// Further lines of configuration.
    settings: String,
    tls: Option<Tls>,
    /// A plugin besides those that every node has.
    pub(crate) plugin: Option<String>,
}

impl Files {
    pub(crate) fn new(data: PathBuf, settings: &str, tls: Option<Tls>) -> Self {
        Self {
            data,
            settings: settings.to_owned(),
            tls,
            plugin: None,
        }
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.data.join("rabbitmq.log")
    }

    /// The folder of `.conf` files, which RabbitMQ reads in the order of their names.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.data.join("conf.d")
    }

    pub(crate) fn enabled_plugins(&self) -> PathBuf {
        self.data.join("enabled_plugins")
    }

    pub(crate) fn resolver(&self) -> PathBuf {
        self.data.join("inetrc")
    }

    /// An empty file, in place of the machine-wide `rabbitmq-env.conf`.
    pub(crate) fn environment(&self) -> PathBuf {
        self.data.join("rabbitmq-env.conf")
    }

    pub(crate) fn worker_password(&self) -> PathBuf {
        self.data.join("worker-password")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data.join("database")
    }

    /// Writes all but the database and the log, anew at each start: a newer checkout brings newer
    /// configuration.
    pub(crate) fn write(
        &self,
        ports: &Ports,
        membership: Option<&Membership>,
    ) -> Result<(), StartError> {
        for folder in [self.configuration(), self.database()] {
            fs::create_dir_all(&folder).map_err(|source| StartError::Write {
                path: folder,
                source,
            })?;
        }
        let definitions = self.data.join("definitions.json");
        let configuration = self.configuration();
        write(&configuration.join("10-warren.conf"), CONFIGURATION)?;
        write(
            &configuration.join("20-node.conf"),
            &node_configuration(ports),
        )?;
        let (cluster, joining) = match membership {
            // The definitions come once all nodes are there: a queue has its members on those that
            // are there when it is declared.
            Some(membership) => (CLUSTER, membership.configuration()),
            None => (
                "",
                format!("load_definitions = {}\n", definitions.display()),
            ),
        };
        write(&configuration.join("21-cluster.conf"), cluster)?;
        write(&configuration.join("22-start.conf"), &joining)?;
        let (tls_configuration, enabled_plugins) = match &self.tls {
            Some(tls) => (tls.configuration(ports), tls::ENABLED_PLUGINS),
            None => (String::new(), ENABLED_PLUGINS),
        };
        write(&configuration.join("25-tls.conf"), &tls_configuration)?;
        write(&configuration.join("30-settings.conf"), &self.settings)?;
        private(&definitions, &definitions::for_node()?.to_string())?;
        private(&self.worker_password(), Password::of_worker().reveal())?;
        let enabled_plugins = match &self.plugin {
            Some(plugin) => enabled_plugins.replacen(']', &format!(", {plugin}]"), 1),
            None => enabled_plugins.to_owned(),
        };
        write(&self.enabled_plugins(), &enabled_plugins)?;
        write(&self.resolver(), RESOLVER)?;
        if let Some(membership) = membership {
            // Erlang refuses one that others may read.
            private(&self.data.join(".erlang.cookie"), membership.cookie())?;
        }
        write(&self.environment(), "")
    }
}

/// What `rabbitmq.conf` leaves to each place: addresses.
fn node_configuration(ports: &Ports) -> String {
    format!(
        "listeners.tcp.1 = 127.0.0.1:{amqp}\n\
         web_stomp.tcp.listener = 127.0.0.1:{web_stomp}\n\
         management.tcp.ip = 127.0.0.1\n\
         management.tcp.port = {management}\n",
        amqp = ports.amqp,
        web_stomp = ports.web_stomp,
        management = ports.management,
    )
}

fn private(path: &Path, text: &str) -> Result<(), StartError> {
    write_private(path, text, true).map_err(|source| StartError::Write {
        path: path.to_path_buf(),
        source,
    })
}

fn write(path: &Path, text: &str) -> Result<(), StartError> {
    fs::write(path, text).map_err(|source| StartError::Write {
        path: path.to_path_buf(),
        source,
    })
}
