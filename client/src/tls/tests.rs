//! TLS between our WebSocket and a server with certificates made here.

use std::{fs, net::TcpListener, path::PathBuf, sync::Arc, thread};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CertifiedKey, DnType, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer,
    server::WebPkiClientVerifier,
};
use tempfile::TempDir;

use super::*;
use crate::{
    Config,
    socket::{Socket, Trust, server},
};

/// A certificate and its key.
type Signed = CertifiedKey<KeyPair>;

/// An authority, and a folder for what is to be read from files.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn named(common_name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().expect("a key");
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate"),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Signs a certificate for `localhost`, after `change`.
    fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Signed {
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        change(&mut params);
        let signing_key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&signing_key, &self.issuer);
        Signed {
            cert: cert.expect("a certificate"),
            signing_key,
        }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("it is written");
        path
    }

    fn ca_file(&self) -> PathBuf {
        self.file("ca.pem", &self.issuer.pem())
    }

    /// Trusts this authority alone.
    fn trusted(&self) -> Tls {
        let tls = Tls::default().with_ca_file(&self.ca_file());
        tls.expect("a certificate")
    }

    /// Shows this certificate, too.
    fn trusted_by(&self, client: &Signed) -> Tls {
        let certificate = self.file("client.pem", &client.cert.pem());
        let key = self.file("client.key", &client.signing_key.serialize_pem());
        let tls = self.trusted().with_client_certificate(&certificate, &key);
        tls.expect("a certificate and its key")
    }
}

/// A server with this certificate, for one connection. It demands certificates of the authority
/// `demands`, if there is one. Returns its address.
fn serve(certificate: &Signed, demands: Option<&Authority>) -> String {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for them");
    let builder = match demands {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            let root = authority.issuer.der().clone();
            roots.add(root).expect("an authority");
            let provider = Arc::new(ring::default_provider());
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
        None => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der());
    let config = builder
        .with_single_cert(vec![certificate.cert.der().clone()], key.expect("a key"))
        .expect("the key is the certificate's");
    let (listener, address) = server::listen();
    thread::spawn(move || take_one(&listener, config));
    format!("wss://localhost:{}/ws", address.port())
}

fn take_one(listener: &TcpListener, config: ServerConfig) {
    let (stream, _) = listener.accept().expect("a connection");
    let connection = ServerConnection::new(Arc::new(config)).expect("a configuration");
    let socket = server::accept_on(StreamOwned::new(connection, stream));
    if let Some(mut socket) = socket {
        // The client's end ends it.
        while socket.read().is_ok() {}
    }
}

/// Connects, and compares what the socket gives out first.
async fn check(url: String, tls: Tls, expected: &str, words: &str) {
    let trust = Trust::of(&Config {
        tls,
        ..Config::default()
    });
    let incoming = Socket::open(&url, &trust).receive().await;
    let incoming = format!("{incoming:?}");
    assert!(incoming.starts_with(expected), "{incoming}");
    assert!(incoming.contains(words), "{incoming}");
}

#[tokio::test]
async fn a_certificate_of_the_authority_is_trusted() {
    let authority = Authority::named("ours");
    let url = serve(&authority.sign(|_| {}), None);
    check(url, authority.trusted(), "Opened", "").await;
}

#[tokio::test]
async fn what_is_wrong_with_the_servers_certificate_is_said() {
    let authority = Authority::named("ours");
    let good = authority.sign(|_| {});
    let expired = authority.sign(|params| params.not_after = date_time_ymd(2020, 1, 2));
    let early = authority.sign(|params| params.not_before = date_time_ymd(2120, 1, 2));
    let another = authority.sign(|params| {
        let name = "broker.example".try_into().expect("a name");
        params.subject_alt_names = vec![rcgen::SanType::DnsName(name)];
    });
    let stranger = Authority::named("another");
    let renewed = Authority::named("ours");
    for (certificate, tls, words) in [
        (
            &good,
            stranger.trusted(),
            "an authority that is not trusted here",
        ),
        (&good, renewed.trusted(), "it may have got a new key"),
        (&expired, authority.trusted(), "expired on 2020-01-02"),
        (&early, authority.trusted(), "valid from 2120-01-02"),
        (
            &another,
            authority.trusted(),
            "not for `localhost`, but for `broker.example`",
        ),
    ] {
        check(serve(certificate, None), tls, "Untrusted", words).await;
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_demands_it() {
    let authority = Authority::named("ours");
    let certificate = authority.sign(|_| {});
    let url = serve(&certificate, Some(&authority));
    let client = authority.sign(|_| {});
    check(url, authority.trusted_by(&client), "Opened", "").await;

    let url = serve(&certificate, Some(&authority));
    let words = "wants a client certificate";
    check(url, authority.trusted(), "Untrusted", words).await;

    let url = serve(&certificate, Some(&authority));
    let foreign = Authority::named("another").sign(|_| {});
    let words = "does not take our certificate";
    check(url, authority.trusted_by(&foreign), "Untrusted", words).await;
}

#[tokio::test]
async fn a_port_without_tls_is_not_a_matter_of_trust() {
    let (listener, address) = server::listen();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let answered = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        answered.expect("the answer leaves");
    });
    let url = format!("wss://localhost:{}/ws", address.port());
    let tls = Authority::named("ours").trusted();
    check(url, tls, "Closed", "does not speak TLS").await;
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let authority = Authority::named("ours");
    let certificate = authority.ca_file();
    let signed = authority.sign(|_| {});
    let key = authority.file("a.key", &signed.signing_key.serialize_pem());
    let nothing = authority.file("empty.pem", "");
    let torn = authority.file("torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    let absent = authority.folder.path().join("absent.pem");
    let with_ca = |path: &PathBuf| Tls::default().with_ca_file(path);
    let with_client = |certificate, key| Tls::default().with_client_certificate(certificate, key);
    for (outcome, path, words) in [
        (with_ca(&absent), &absent, "cannot read"),
        (
            with_ca(&nothing),
            &nothing,
            "no PEM file with a certificate",
        ),
        (with_ca(&torn), &torn, "no PEM file with a certificate"),
        (with_ca(&key), &key, "no PEM file with a certificate"),
        (
            with_client(&certificate, &certificate),
            &certificate,
            "no PEM file with a private key",
        ),
        (with_client(&certificate, &key), &key, "cannot be used"),
    ] {
        let error = outcome.expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}
