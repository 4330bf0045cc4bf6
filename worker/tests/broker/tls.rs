//! Encrypted connections, and those that are refused.

use warren_rabbitmq::{Certificates, Node};

use crate::{
    caller::{Caller, id_and_body},
    process::Program,
    stage::within,
};

/// A node with these certificates, which takes seconds to start.
async fn node(certificates: &Certificates, client_certificate_required: bool) -> Node {
    let tls = certificates.tls(client_certificate_required);
    let starting = tokio::task::spawn_blocking(move || Node::temporary_with_tls(&tls));
    within("a node starts", starting)
        .await
        .expect("starting does not panic")
        .expect("RabbitMQ starts")
}

fn certificates() -> Certificates {
    Certificates::generate().expect("certificates")
}

/// The worker serves; how it comes to an end otherwise is in the panic's words.
async fn serves(node: &Node, arguments: &[&str]) {
    let mut worker = Program::worker(arguments);
    worker.says("[x] Awaiting RPC requests").await;
    let mut caller = Caller::connect(&node.amqp_url()).await;
    caller.send("12", caller.tutorial("call-1")).await;
    assert_eq!(id_and_body(&caller.reply().await), ("call-1", "144"));
    worker.signal("TERM");
    let (status, _) = worker.end().await;
    assert_eq!(status.code(), Some(0));
}

/// The worker says why it does not serve, and ends, at its first attempt.
async fn is_refused(arguments: &[&str], why: &str) {
    let (status, log) = Program::worker(arguments).end().await;
    let log = log.join("\n");
    assert!(log.contains(why), "{arguments:?}: {log}");
    assert!(!log.contains("trying again"), "{arguments:?}: {log}");
    assert_eq!(status.code(), Some(77), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_is_trusted_by_its_ca_and_its_name() {
    let (ours, others) = (certificates(), certificates());
    let node = node(&ours, false).await;
    let url = node.amqps_url();
    let (ca, other_ca) = (ours.ca_file(), others.ca_file());
    let ca = ca.to_str().expect("it is text");
    serves(&node, &["--amqp", &url, "--ca-file", ca]).await;

    let other_ca = other_ca.to_str().expect("it is text");
    let why = "the certificate of localhost is not signed by a CA in";
    is_refused(&["--amqp", &url, "--ca-file", other_ca], why).await;
    // Nobody the system trusts has signed it.
    is_refused(&["--amqp", &url], "by --ca-file").await;

    let elsewhere = url.replace("localhost", "127.0.0.1");
    let why = r#"the certificate of 127.0.0.1 is not accepted"#;
    is_refused(&["--amqp", &elsewhere, "--ca-file", ca], why).await;

    let plain = node.amqp_url();
    let unencrypted = plain.replace("amqp://", "amqps://");
    let why = "127.0.0.1 does not speak TLS on this port";
    is_refused(&["--amqp", &unencrypted, "--ca-file", ca], why).await;
    let why = "amqp:// is not encrypted; use amqps://";
    is_refused(&["--amqp", &plain, "--ca-file", ca], why).await;

    let why = "cannot read a certificate from /nowhere";
    is_refused(&["--amqp", &url, "--ca-file", "/nowhere"], why).await;
    let key = ours.client_key_file();
    let key = key.to_str().expect("it is text");
    let why = "there is none in it, in PEM";
    is_refused(&["--amqp", &url, "--ca-file", key], why).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_trusted_by_its_certificate() {
    let (ours, others) = (certificates(), certificates());
    let node = node(&ours, true).await;
    let url = node.amqps_url();
    let ca = ours.ca_file();
    let ca = ca.to_str().expect("it is text");
    let trusting = ["--amqp", &url, "--ca-file", ca];
    let certificate = |of: &Certificates| {
        let paths = [of.client_certificate_file(), of.client_key_file()];
        paths.map(|path| path.to_str().expect("it is text").to_owned())
    };
    let [file, key] = certificate(&ours);
    let with_certificate = |url, file, key| {
        let own = ["--client-cert", file, "--client-key", key];
        [&["--amqp", url, "--ca-file", ca][..], &own].concat()
    };
    serves(&node, &with_certificate(&url, &file, &key)).await;

    // The user is the certificate's, and needs no password.
    let external = url.replace("guest:guest@", "") + "?auth_mechanism=external";
    serves(&node, &with_certificate(&external, &file, &key)).await;
    let log = std::fs::read_to_string(node.log()).expect("it is the node's");
    assert!(log.contains("user 'worker' authenticated"), "{log}");

    let why = "localhost demands a certificate; name one by --client-cert and --client-key";
    is_refused(&trusting, why).await;
    let [other_file, other_key] = certificate(&others);
    let why = "no encrypted connection to localhost: received fatal alert";
    is_refused(&with_certificate(&url, &other_file, &other_key), why).await;
    let why = "--client-cert and --client-key cannot be used";
    is_refused(&with_certificate(&url, &file, &other_key), why).await;
}
