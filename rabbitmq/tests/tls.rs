//! A node that listens for TLS connections, too.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use warren_rabbitmq::{Certificates, Node};

/// How long the node may take to answer, on a machine busy with other tests.
const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn amqp_and_web_stomp_answer_over_tls() {
    let certificates = Certificates::generate().expect("certificates");
    let node = Node::temporary_with_tls(&certificates.tls(false)).expect("a broker");
    let amqp_header = b"AMQP\x00\x00\x09\x01";
    // A method frame on channel 0: connection.start.
    let answer = ask(&certificates, node.ports().amqps, amqp_header, 3);
    assert_eq!(answer, [1, 0, 0]);

    let http_request = b"GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answer = ask(&certificates, node.ports().web_stomps, http_request, 9);
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 ");

    assert!(
        node.amqps_url()
            .starts_with("amqps://guest:guest@localhost:")
    );
    assert!(node.wss_url().starts_with("wss://localhost:"));
}

/// The first bytes of the answer on a port of a node that is trusted through its CA.
fn ask(certificates: &Certificates, port: u16, question: &[u8], length: usize) -> Vec<u8> {
    let ca = CertificateDer::from_pem_file(certificates.ca_file()).expect("the CA's certificate");
    let mut roots = RootCertStore::empty();
    roots.add(ca).expect("a CA's certificate");
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a configuration");
    let socket = TcpStream::connect(("127.0.0.1", port)).expect("the node listens");
    socket
        .set_read_timeout(Some(LIMIT))
        .expect("it is not zero");
    let mut stream = StreamOwned::new(connection, socket);
    stream.write_all(question).expect("the node listens");
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).expect("the node answers");
    answer
}
