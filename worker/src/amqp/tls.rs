//! Encryption, and whom to trust: `amqps://`.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        AlertDescription, CertificateError, ClientConfig, Error, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

/// Whom to trust over `amqps://`, and who to be there. The files are PEM.
///
/// They are read for each connection anew, so that a renewed certificate needs no restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The certificates of the CAs that may have signed the broker's; those that the system trusts
    /// unless told otherwise.
    pub ca_file: Option<PathBuf>,
    /// The worker's own certificate, for a broker that asks for one.
    pub client: Option<ClientCertificate>,
}

/// A certificate, and the key that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those between it and its CA, if there are any.
    pub certificate_file: PathBuf,
    /// The key, not encrypted.
    pub key_file: PathBuf,
}

/// Why there is no encrypted connection, and why trying again will not help.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TlsError {
    /// Certificates are given for a connection that is not encrypted.
    #[error("certificates are given, but amqp:// is not encrypted; use amqps://")]
    NotEncrypted,
    /// A file could not be read, or is no PEM.
    #[error("cannot read a {what} from {}: {why}", path.display())]
    File {
        /// What should be in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system trusts no CA at all.
    #[error("this system trusts no CA; name the file with the broker's CA by --ca-file")]
    NoCa,
    /// The certificate and the key cannot be used together.
    #[error("--client-cert and --client-key cannot be used: {why}")]
    ClientCertificate {
        /// What is wrong with them.
        why: String,
    },
    /// What answers does not speak TLS.
    #[error("{host} does not speak TLS on this port; amqps:// usually has port 5671")]
    NoTls {
        /// The broker's host.
        host: String,
    },
    /// Somebody signed the broker's certificate who is not trusted.
    #[error(
        "the certificate of {host} is not signed by {}", match ca_file {
            Some(file) => format!("a CA in {}; is that the right file?", file.display()),
            None => "a CA that this system trusts; name the file with its CA by --ca-file".into(),
        }
    )]
    UnknownCa {
        /// The broker's host.
        host: String,
        /// The file with those who are trusted, if not the system's.
        ca_file: Option<PathBuf>,
    },
    /// The broker's certificate is for another host, has expired, or the like.
    #[error("the certificate of {host} is not accepted: {why}")]
    BrokerCertificate {
        /// The broker's host.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The broker demands a certificate, and has got none.
    #[error("{host} demands a certificate; name one by --client-cert and --client-key")]
    CertificateRequired {
        /// The broker's host.
        host: String,
    },
    /// The broker ended the greeting for another reason, or does not speak as it should.
    #[error("no encrypted connection to {host}: {why}")]
    Handshake {
        /// The broker's host.
        host: String,
        /// What the broker said, or what is wrong with that.
        why: String,
    },
}

impl Tls {
    /// Greets the broker that is called `host` over `stream`.
    pub(super) async fn greet(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, io::Error> {
        let config = self.config().map_err(io::Error::other)?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await
    }

    fn config(&self) -> Result<ClientConfig, TlsError> {
        // No other crate of the program may have a say in which cryptography this is.
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the protocol's versions")
            .with_root_certificates(self.roots()?);
        let Some(client) = &self.client else {
            return Ok(builder.with_no_client_auth());
        };
        let certificates = certificates(&client.certificate_file)?;
        let key = PrivateKeyDer::from_pem_file(&client.key_file)
            .map_err(|error| unreadable("key", &client.key_file, &error))?;
        builder
            .with_client_auth_cert(certificates, key)
            .map_err(|error| TlsError::ClientCertificate {
                why: error.to_string(),
            })
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        let Some(file) = &self.ca_file else {
            // What the system has besides, and what it has of no use, is of no concern.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            return match roots.is_empty() {
                true => Err(TlsError::NoCa),
                false => Ok(roots),
            };
        };
        for certificate in certificates(file)? {
            let added = roots.add(certificate);
            added.map_err(|error| unreadable("CA's certificate", file, &error))?;
        }
        Ok(roots)
    }

    /// Why a connection to `host` failed, if that was for reasons of encryption.
    pub(super) fn explain(&self, host: &str, error: &io::Error) -> Option<TlsError> {
        let source = error.get_ref()?;
        if let Some(error) = source.downcast_ref::<TlsError>() {
            return Some(error.clone());
        }
        let host = host.to_owned();
        let error = source.downcast_ref::<Error>()?;
        let why = error.to_string();
        Some(match error {
            Error::InvalidMessage(_) => TlsError::NoTls { host },
            // Another CA of the same name would have signed otherwise.
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => TlsError::UnknownCa {
                host,
                ca_file: self.ca_file.clone(),
            },
            Error::InvalidCertificate(_) => TlsError::BrokerCertificate { host, why },
            // Before TLS 1.3, there is no better word for it.
            Error::AlertReceived(
                AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure,
            ) if self.client.is_none() => TlsError::CertificateRequired { host },
            _ => TlsError::Handshake { host, why },
        })
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable("certificate", path, &error))?;
    match certificates.is_empty() {
        true => Err(unreadable(
            "certificate",
            path,
            &"there is none in it, in PEM",
        )),
        false => Ok(certificates),
    }
}

fn unreadable(what: &'static str, path: &Path, why: &impl ToString) -> TlsError {
    TlsError::File {
        what,
        path: path.to_path_buf(),
        why: why.to_string(),
    }
}
