//! `wss://`, to a broker with certificates of an authority of its own.

use warren_client::{CallError, Client, Config, Disconnect, Tls};
use warren_contract::Fibonacci;
use warren_e2e::{Stack, warren};
use warren_rabbitmq::{Certificates, Node};

use crate::{GENEROUS, PATIENT, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_is_trusted_by_its_authority_and_its_name() {
    let certificates = Certificates::generate().expect("certificates");
    let node = Node::temporary_with_tls(&certificates.tls(false)).expect("a broker");
    let _worker = Stack::of(&node, "/").worker("hare", &[]);
    let ca_file = certificates.ca_file();
    let trusting = Tls::default().with_ca_file(&ca_file).expect("an authority");

    let client = Client::connect(Config {
        urls: node.wss_url().into(),
        tls: trusting.clone(),
        ..Config::default()
    });
    let reply = client.call_with::<Fibonacci>(30, GENEROUS).await;
    assert_eq!(reply.expect("a reply").value, 832_040);
    client.close().await;

    let by_address = node.wss_url().replace("localhost", "127.0.0.1");
    for (url, tls, words) in [
        (
            node.wss_url(),
            Tls::default(),
            "authority that is not trusted",
        ),
        (
            by_address,
            trusting,
            "not for `127.0.0.1`, but for `localhost`",
        ),
    ] {
        let client = Client::connect(Config {
            urls: url.into(),
            tls,
            ..Config::default()
        });
        let call = client.call_with::<Fibonacci>(30, PATIENT);
        let error = within(call).await.expect_err("it is not trusted");
        let CallError::Refused(Disconnect::Untrusted { detail, .. }) = &error else {
            panic!("{error}");
        };
        assert!(detail.contains(words), "{error}");
    }

    let ca_file = ca_file.to_str().expect("UTF-8");
    let call = ["--url", &node.wss_url(), "call", "30"];
    let output = warren(&[&call[..], &["--ca-file", ca_file]].concat());
    assert_eq!(output.stdout, b"832040\n", "{output:?}");
    let output = warren(&call);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("unavailable: no secure connection to wss://"));
    let output = warren(&[&call[..], &["--ca-file", "/nowhere/ca.pem"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("invalid_argument: cannot read /nowhere/ca.pem"));
}
