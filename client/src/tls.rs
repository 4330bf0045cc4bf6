//! Whom to trust at a `wss://…`, and who to be there.

#[cfg(test)]
mod tests;
mod trouble;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
};
use thiserror::Error;

pub(crate) use trouble::{TlsTrouble, tls_trouble};

/// Whom to trust on a TLS connection, and who to be there.
///
/// The default trusts the authorities that the operating system trusts, or those in the file or
/// folder that the environment variables `SSL_CERT_FILE` and `SSL_CERT_DIR` name, and shows no
/// certificate of its own.
#[derive(Clone, Default)]
pub struct Tls {
    /// In place of the system's.
    authorities: Option<Vec<CertificateDer<'static>>>,
    identity: Option<Arc<CertifiedKey>>,
}

/// Why certificates cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file has not in it what it should have.
    #[error("{} is no PEM file with a {wanted} in it ({detail})", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should have: a certificate, or a private key.
        wanted: &'static str,
        /// What was wrong with it.
        detail: String,
    },
    /// What a file has in it cannot be used.
    #[error("the {what} in {} cannot be used: {detail}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What it has: a certificate, or a private key.
        what: &'static str,
        /// What was wrong with it.
        detail: String,
    },
    /// The operating system trusts nobody, as where no package of authorities is installed.
    #[error(
        "this system trusts no authority ({detail}); install its ca-certificates, or name a CA file"
    )]
    NoSystemAuthorities {
        /// What the system says; may be empty.
        detail: String,
    },
}

const CERTIFICATE: &str = "certificate";
const PRIVATE_KEY: &str = "private key";

impl Tls {
    /// Trusts the authorities whose certificates are in this PEM file, and no others.
    ///
    /// # Errors
    /// The file cannot be read, or has no usable certificate.
    pub fn with_ca_file(self, path: &Path) -> Result<Self, TlsError> {
        let authorities = certificates(path)?;
        let mut roots = RootCertStore::empty();
        for authority in &authorities {
            roots
                .add(authority.clone())
                .map_err(|error| TlsError::Unusable {
                    path: path.to_owned(),
                    what: CERTIFICATE,
                    detail: error.to_string(),
                })?;
        }
        Ok(Self {
            authorities: Some(authorities),
            ..self
        })
    }

    /// Shows the certificate in one PEM file, whose private key is in the other, to a broker that
    /// asks for it. The certificates between it and the broker's authority follow it in its file.
    ///
    /// # Errors
    /// A file cannot be read, or has not in it what it should have, or the key is not the
    /// certificate's.
    pub fn with_client_certificate(self, certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = certificates(certificate)?;
        let private_key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| pem_error(key, PRIVATE_KEY, error))?;
        let identity = CertifiedKey::from_der(chain, private_key, &ring::default_provider())
            .map_err(|error| TlsError::Unusable {
                path: key.to_owned(),
                what: PRIVATE_KEY,
                detail: error.to_string(),
            })?;
        Ok(Self {
            identity: Some(Arc::new(identity)),
            ..self
        })
    }

    /// What rustls needs. The system's authorities are looked up anew.
    pub(crate) fn client_config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        // A process may have several providers in it, of which rustls takes none by itself.
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has cipher suites for them")
            .with_root_certificates(self.roots()?);
        Ok(Arc::new(match &self.identity {
            Some(identity) => {
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.clone())))
            }
            None => config.with_no_client_auth(),
        }))
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        if let Some(authorities) = &self.authorities {
            roots.add_parsable_certificates(authorities.iter().cloned());
            return Ok(roots);
        }
        let system = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(system.certs);
        if roots.is_empty() {
            let details: Vec<_> = system.errors.iter().map(ToString::to_string).collect();
            return Err(TlsError::NoSystemAuthorities {
                detail: details.join("; "),
            });
        }
        Ok(roots)
    }
}

/// Those whose certificates are the same.
impl PartialEq for Tls {
    fn eq(&self, other: &Self) -> bool {
        let chain = |tls: &Self| tls.identity.as_ref().map(|identity| identity.cert.clone());
        self.authorities == other.authorities && chain(self) == chain(other)
    }
}

impl Eq for Tls {}

/// Shows how many certificates there are, and nothing of the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("authorities", &self.authorities.as_ref().map(Vec::len))
            .field("has_client_certificate", &self.identity.is_some())
            .finish()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| pem_error(path, CERTIFICATE, error))?;
    if certificates.is_empty() {
        return Err(pem_error(path, CERTIFICATE, pem::Error::NoItemsFound));
    }
    Ok(certificates)
}

fn pem_error(path: &Path, wanted: &'static str, error: pem::Error) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => TlsError::Read { path, source },
        error => TlsError::Pem {
            path,
            wanted,
            detail: error.to_string(),
        },
    }
}
