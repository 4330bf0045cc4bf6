//! Certificates for a test.

use std::path::{Path, PathBuf};
use std::{fs, io};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::tls::Tls;

/// A CA of its own, and what it signed, as PEM files that go when this is dropped.
#[derive(Debug)]
#[must_use = "the files are deleted on drop"]
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes a CA, a certificate for a server at `localhost`, which is not one for `127.0.0.1`, and
    /// one for a client whose common name is `worker`. Takes milliseconds.
    ///
    /// # Errors
    /// A file could not be written, or a key not be made.
    pub fn generate() -> Result<Self, CertificateError> {
        let folder = tempfile::Builder::new()
            .prefix("warren-certificates-")
            .tempdir()?;
        let mut params = named("Warren's CA for a test", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let certificates = Self { folder };
        fs::write(certificates.ca_file(), ca.pem())?;
        for (common_name, alternative_names, file) in [
            ("localhost", &["localhost".to_owned()][..], "server"),
            ("worker", &[], "client"),
        ] {
            let key = KeyPair::generate()?;
            let certificate = named(common_name, alternative_names)?.signed_by(&key, &ca)?;
            fs::write(certificates.path(file, "pem"), certificate.pem())?;
            fs::write(certificates.path(file, "key"), key.serialize_pem())?;
        }
        Ok(certificates)
    }

    /// The CA's certificate, which clients trust, and which a node asks of clients.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca", "pem")
    }

    /// The client's certificate.
    #[must_use]
    pub fn client_certificate_file(&self) -> PathBuf {
        self.path("client", "pem")
    }

    /// The key of the client's certificate.
    #[must_use]
    pub fn client_key_file(&self) -> PathBuf {
        self.path("client", "key")
    }

    /// What a node needs to be the server at `localhost`.
    #[must_use]
    pub fn tls(&self, client_certificate_required: bool) -> Tls {
        Tls {
            ca_file: self.ca_file(),
            certificate_file: self.path("server", "pem"),
            key_file: self.path("server", "key"),
            client_certificate_required,
        }
    }

    fn path(&self, name: &str, extension: &str) -> PathBuf {
        let folder: &Path = self.folder.path();
        folder.join(name).with_extension(extension)
    }
}

fn named(
    common_name: &str,
    alternative_names: &[String],
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(alternative_names)?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    Ok(params)
}

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file could not be written.
    #[error("cannot write a certificate: {0}")]
    Write(#[from] io::Error),

    /// A key or a certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}
