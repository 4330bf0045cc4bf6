//! A cluster behind HAProxy: one address for the page and the broker, and a node that goes is a
//! reconnect to its clients.

use std::time::Instant;

use serde_json::value::RawValue;
use warren_client::{
    CallError, CallOptions, Client, Config, Disconnect, Policy, RawRequest, Stage, Tls,
};
use warren_e2e::{Browser, HaProxy, PATIENCE, Stack, Traffic, fibonacci, until, warren, within};
use warren_rabbitmq::{Certificates, Cluster};

#[tokio::test(flavor = "multi_thread")]
async fn calls_over_wss_and_the_page_itself_outlive_every_node_in_turn() {
    let mut cluster = Cluster::temporary(3).expect("a cluster");
    let certificates = Certificates::generate().expect("certificates");
    let proxy = HaProxy::before(&cluster, &certificates);
    let stack = Stack::of_cluster(&cluster);
    let _workers = ["hare", "rabbit"].map(|name| stack.worker(name, &[]));

    let ca_file = certificates.ca_file();
    let from_a_terminal = |n: &str| {
        let ca_file = ca_file.to_str().expect("UTF-8");
        let call = ["--url", &proxy.ws_url(), "--ca-file", ca_file, "call", n];
        let output = warren(&[&call[..], &["--wait-for-worker"]].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("a number")
    };
    assert_eq!(from_a_terminal("30"), "832040\n");
    let browser = Browser::open_anyway(&proxy.page_url()).await;
    // All workers may be at the node that is lost.
    browser.click("wait").await;
    assert_eq!(browser.call("30").await, "832040");
    assert_eq!(browser.console_errors().await, Vec::<String>::new());

    let client = client(&proxy, &certificates);
    let traffic = Traffic::of(&client);
    traffic.flows(Instant::now()).await;
    for (index, n) in (0..).zip(20..23) {
        let begin = Instant::now();
        cluster.nodes_mut()[index].kill().expect("it can be killed");
        let value = fibonacci(n).to_string();
        assert_eq!(browser.call(&n.to_string()).await, value);
        assert_eq!(from_a_terminal(&n.to_string()), value + "\n");
        let held_up = traffic.flows(begin).await;
        cluster.start_again().expect("it starts again");
        eprintln!("{}: {held_up:.1?}", cluster.nodes()[index].name());
    }
    traffic.stop().await;
    // Whichever node the client was at, it has been killed.
    assert!(client.counters().borrow().connects >= 2);
    client.close().await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_of_a_node_that_hangs_are_cut_off_and_go_to_another() {
    let cluster = Cluster::temporary(3).expect("a cluster");
    let certificates = Certificates::generate().expect("certificates");
    let proxy = HaProxy::before(&cluster, &certificates);
    let stack = Stack::of_cluster(&cluster);
    let client = client(&proxy, &certificates);
    // Nobody serves it. It must not be done twice, so that it ends with the connection.
    let request = RawRequest {
        procedure: "book".to_owned(),
        idempotent: false,
        body: RawValue::from_string("1".to_owned()).expect("JSON"),
    };
    let options = CallOptions {
        deadline: Some(10 * PATIENCE),
        policy: Policy::WaitForWorker,
        progress: Some(PATIENCE),
        traceparent: None,
    };
    let call = client.call_raw(request, options);
    let mut stage = call.stage().expect("it was asked for");
    let sent = stage.wait_for(|stage| *stage == Stage::Queued);
    within(sent).await.expect("the call is pending");

    let node = stack.node_of_web_connection().await;
    let mut nodes = cluster.nodes().iter();
    let hung = nodes.find(|other| other.name() == node);
    let hung = hung.expect("it is one of the cluster's");
    hung.pause().expect("it can be paused");
    // Not `Silent`: the client itself did not have to find out.
    match within(call).await {
        Err(CallError::OutcomeUnknown(Disconnect::Lost { .. })) => {}
        other => panic!("the call's outcome is {other:?}"),
    }
    // From 4.0 on no node lets anybody log in until the hung one is taken for lost, which is after
    // 75 s at the latest.
    let state = client.connection();
    let is_online = async || state.borrow().is_online();
    until("another node lets it in", 3 * PATIENCE, is_online).await;
    client.close().await;
}

/// A client that knows the proxy alone.
fn client(proxy: &HaProxy, certificates: &Certificates) -> Client {
    let authority = Tls::default().with_ca_file(&certificates.ca_file());
    Client::connect(Config {
        urls: proxy.ws_url().into(),
        tls: authority.expect("an authority"),
        ..Config::default()
    })
}
