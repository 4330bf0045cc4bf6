//! Starts a private RabbitMQ node, or a cluster of them, from the configuration in this folder.
//!
//! A [`Node`] has its own data folder, its own [`Ports`] on 127.0.0.1, and no epmd, which the nodes
//! of a [`Cluster`] have for themselves; it disturbs no other broker of the machine, and nothing of
//! it is left when it is dropped or when the process that started it dies. Everything here blocks.
//!
//! - [`Node`]: start, stop, kill, start again, where to connect, a virtual host of one's own.
//! - [`Cluster`]: several nodes that are one broker, and when it is whole.
//! - [`Management`]: what a node tells and does over HTTP.
//! - [`shared`]: one node for all tests of a process.
//! - [`Ports`]: ports that no other node takes meanwhile.
//! - [`Tls`]: the certificates of a node that listens for TLS connections, too; with the feature
//!   `certificates`, [`Certificates`] makes some for a test.
//! - [`Server`]: the RabbitMQ that is installed, or another one in a folder.
//! - [`Deployment`]: definitions for a broker that others can reach, with a [`Password`] for each of
//!   its users.
//! - [`allow_origins`]: which web pages a node lets connect.
//! - [`Proxy`]: a way to a node that can be cut, and that can fall silent.
//! - [`Child`]: a process that cannot outlive ours; the workers that `up` starts are such, too.

#[cfg(feature = "certificates")]
mod certificates;
mod child;
mod cluster;
mod definitions;
mod deployment;
mod epmd;
mod error;
mod files;
mod management;
mod membership;
mod node;
mod origins;
mod password;
mod ports;
mod private_file;
mod proxy;
mod readiness;
mod server;
mod tls;
mod vm;
mod whole;

#[cfg(feature = "certificates")]
pub use certificates::{CertificateError, Certificates};
pub use child::Child;
pub use cluster::Cluster;
pub use definitions::VhostError;
pub use deployment::{Definitions, Deployment, DeploymentError};
pub use error::StartError;
pub use management::Management;
pub use node::{Node, shared};
pub use origins::allow_origins;
pub use password::Password;
pub use ports::{NoFreePorts, Ports, is_free};
pub use private_file::write_private;
pub use proxy::Proxy;
pub use server::{ROOT_VARIABLE, SERVER_VARIABLE, Server, ServerNotFound};
pub use tls::Tls;
