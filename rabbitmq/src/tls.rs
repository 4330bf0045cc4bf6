//! A node that listens for TLS connections, too.

use std::path::PathBuf;

use crate::ports::Ports;

/// Logging in by a client's certificate (EXTERNAL) takes a plugin.
pub(crate) const ENABLED_PLUGINS: &str =
    "[rabbitmq_management, rabbitmq_web_stomp, rabbitmq_auth_mechanism_ssl].\n";

/// The certificates of a node that listens for AMQP and Web-STOMP over TLS, besides its other
/// listeners. All files are PEM.
///
/// Clients may log in to AMQP as the user whose name is the common name of their certificate.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificates of those who sign the clients' certificates.
    pub ca_file: PathBuf,
    /// The node's certificate.
    pub certificate_file: PathBuf,
    /// The key of the node's certificate.
    pub key_file: PathBuf,
    /// Whether AMQP clients must have a certificate.
    pub client_certificate_required: bool,
}

impl Tls {
    /// The lines of `rabbitmq.conf`.
    pub(crate) fn configuration(&self, ports: &Ports) -> String {
        format!(
            "listeners.ssl.1 = 127.0.0.1:{amqps}\n\
             ssl_options.cacertfile = {ca}\n\
             ssl_options.certfile = {certificate}\n\
             ssl_options.keyfile = {key}\n\
             ssl_options.verify = verify_peer\n\
             ssl_options.fail_if_no_peer_cert = {required}\n\
             ssl_cert_login_from = common_name\n\
             auth_mechanisms.1 = PLAIN\n\
             auth_mechanisms.2 = AMQPLAIN\n\
             auth_mechanisms.3 = EXTERNAL\n\
             web_stomp.ssl.listener = 127.0.0.1:{web_stomps}\n\
             web_stomp.ssl.cacertfile = {ca}\n\
             web_stomp.ssl.certfile = {certificate}\n\
             web_stomp.ssl.keyfile = {key}\n",
            amqps = ports.amqps,
            web_stomps = ports.web_stomps,
            ca = self.ca_file.display(),
            certificate = self.certificate_file.display(),
            key = self.key_file.display(),
            required = self.client_certificate_required,
        )
    }
}
