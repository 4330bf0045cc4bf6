//! What operators see of a worker: metrics, readiness.

use std::net::SocketAddr;

use lapin::{BasicProperties, types::ShortString};
use tokio::task::spawn_blocking;
use warren_rabbitmq::{Node, Proxy};

use crate::{
    caller::{Caller, id_and_body},
    process::Program,
    stage::{stage, until, within},
};

/// A worker that tells of itself over HTTP.
pub(crate) struct Watched {
    program: Program,
    address: SocketAddr,
}

impl Watched {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let arguments = [&["--metrics", "127.0.0.1:0"], arguments].concat();
        let mut program = Program::worker(&arguments);
        let line = program.says("metrics on http://").await;
        let (_, address) = line.split_once("http://").expect("it says where");
        let (address, _) = address.split_once('/').expect("it says where");
        Self {
            address: address.parse().expect("it says where"),
            program,
        }
    }

    /// The status and the body of the answer to a request.
    pub(crate) async fn fetch(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.address);
        let fetched = spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false);
            let agent = ureq::Agent::from(config.build());
            let mut response = agent.get(url).call().expect("there is an answer");
            let body = response.body_mut().read_to_string();
            (response.status().as_u16(), body.expect("it is a text"))
        });
        let fetched = within("there is an answer", fetched).await;
        fetched.expect("asking does not panic")
    }

    /// All samples but those that are zero, without those of histograms' buckets and sums.
    async fn samples(&self) -> Vec<String> {
        let (status, text) = self.fetch("/metrics").await;
        assert_eq!(status, 200);
        assert!(text.ends_with("# EOF\n"), "{text}");
        let samples = text.lines().filter_map(|line| {
            let sample = line.strip_prefix("warren_worker_")?;
            let (name, value) = sample.rsplit_once(' ')?;
            let detail = name.contains("_bucket{") || name.contains("_sum{");
            (value != "0" && !detail && !name.starts_with("build_info")).then(|| sample.to_owned())
        });
        samples.collect()
    }

    async fn until_sample(&self, sample: &str) {
        until(sample, async || {
            self.samples().await.iter().any(|other| other == sample)
        })
        .await;
    }

    async fn until_readiness(&self, status: u16, word: &str) {
        until(word, async || {
            let (answered, body) = self.fetch("/readyz").await;
            answered == status && body.lines().next() == Some(word)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_what_became_of_each_request() {
    let url = stage("metrics");
    let proxy = proxy();
    let worker = Watched::start(&[
        "--amqp",
        &proxy.instead_of_target(&url),
        "--max-n=93",
        "--concurrency=1",
        "--prefetch=2",
    ])
    .await;
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(1).await;

    for (id, kind, body) in [
        ("served", "fibonacci", "10"),
        // Again: it is remembered.
        ("served", "fibonacci", "10"),
        ("too-large", "fibonacci", "94"),
        ("unreadable", "fibonacci", "ten"),
        ("unknown-1", "secret-1", "1"),
        ("unknown-2", "secret-2", "2"),
    ] {
        let properties = caller.warren(id).with_type(kind.into());
        caller.send(body, properties).await;
        assert_eq!(id_and_body(&caller.reply().await).0, id);
    }
    let gone = caller.warren("gone").with_reply_to("amq.gen-nobody".into());
    caller.send("11", gone).await;
    caller.send("12", BasicProperties::default()).await;
    let expiring = caller.warren("expiring");
    let expiring = expiring.with_expiration(ShortString::from("2000"));
    caller.send("93", expiring).await;
    worker
        .until_sample(&request("fibonacci", "expired", 1))
        .await;

    // What is expired still computes, up to where it looks whether anybody waits.
    caller.send("93", caller.warren("cancelled")).await;
    worker
        .until_sample(r#"in_flight{queue="rpc_queue"} 1"#)
        .await;
    worker.until_sample(r#"busy{queue="rpc_queue"} 1"#).await;
    caller.cancel("cancelled").await;
    worker
        .until_sample(&request("fibonacci", "cancelled", 1))
        .await;

    caller.send("40", caller.warren("redelivered")).await;
    worker.until_sample(r#"busy{queue="rpc_queue"} 1"#).await;
    proxy.cut();
    let reply = caller.reply().await;
    assert_eq!(id_and_body(&reply), ("redelivered", "102334155"));
    worker.until_sample(&request("fibonacci", "ok", 3)).await;

    let samples = worker.samples().await;
    let [joined, memory] = ["joined", "memory"].map(|source| {
        let name = format!(r#"reused_answers_total{{queue="rpc_queue",source="{source}"}} "#);
        let count = samples
            .iter()
            .find_map(|sample| sample.strip_prefix(&*name));
        count.map_or(0, |count| count.parse().expect("it is a number"))
    });
    assert_eq!(joined + memory, 2, "{samples:?}");
    let counted = samples
        .iter()
        .filter(|sample| !sample.starts_with("reused"));
    let mut counted: Vec<_> = counted.map(String::as_str).collect();
    counted.sort_unstable();
    let mut expected = vec![
        request("fibonacci", "cancelled", 1),
        request("fibonacci", "caller_gone", 1),
        request("fibonacci", "expired", 1),
        request("fibonacci", "given_back", 1),
        request("fibonacci", "invalid_argument", 1),
        request("fibonacci", "ok", 3),
        request("fibonacci", "out_of_range", 1),
        request("fibonacci", "unanswerable", 1),
        request("unknown", "unimplemented", 2),
    ];
    expected.push(r#"pings_total{queue="rpc_queue",outcome="answered"} 1"#.to_owned());
    for name in [
        "concurrency",
        "connected",
        "reconnects_total",
        "redeliveries_total",
        "returned_replies_total",
    ] {
        expected.push(format!(r#"{name}{{queue="rpc_queue"}} 1"#));
    }
    // All that were begun: those of too large or unreadable numbers, too, as handlers read them.
    for name in ["compute_seconds_count", "wait_seconds_count"] {
        let labels = r#"{queue="rpc_queue",procedure="fibonacci"}"#;
        expected.push(format!("{name}{labels} 7"));
    }
    expected.sort_unstable();
    assert_eq!(counted, expected);
    let (_, text) = worker.fetch("/metrics").await;
    assert!(!text.contains("secret"), "{text}");
    let name = format!(
        r#"worker="{}-"#,
        gethostname::gethostname().to_string_lossy()
    );
    assert!(text.contains(&name), "{text}");
}

fn request(procedure: &str, outcome: &str, count: u64) -> String {
    let labels = format!(r#"queue="rpc_queue",procedure="{procedure}",outcome="{outcome}""#);
    format!("requests_total{{{labels}}} {count}")
}

fn proxy() -> Proxy {
    let node = warren_rabbitmq::shared().expect("RabbitMQ starts");
    Proxy::to(node.ports().amqp).expect("a port is free")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_ready_while_it_takes_requests() {
    let mut node = Node::temporary().expect("RabbitMQ starts");
    let url = node.amqp_url();
    let mut worker = Watched::start(&["--amqp", &url, "--max-n=93"]).await;
    worker.until_readiness(200, "ready").await;
    let node = spawn_blocking(move || {
        node.kill().expect("the node can be killed");
        node
    });
    let mut node = node.await.expect("killing does not panic");
    worker.until_readiness(503, "connecting").await;
    assert_eq!(worker.fetch("/healthz").await, (200, "alive\n".to_owned()));
    let node = spawn_blocking(move || {
        node.start_again().expect("the node starts again");
        node
    });
    let _node = node.await.expect("starting does not panic");
    worker.until_readiness(200, "ready").await;

    let caller = Caller::connect(&url).await;
    // It takes longer than anybody waits.
    caller.send("93", caller.tutorial("call-1")).await;
    worker.program.says("[.] fib(93)").await;
    worker.program.signal("TERM");
    worker.until_readiness(503, "draining").await;
    assert_eq!(worker.fetch("/healthz").await, (200, "alive\n".to_owned()));
    worker
        .until_sample(r#"in_flight{queue="rpc_queue"} 1"#)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_a_broker_is_alive_but_not_ready() {
    // Nothing listens on the discard port of the loopback address.
    let worker = Watched::start(&["--amqp", "amqp://127.0.0.1:9"]).await;
    let (status, body) = worker.fetch("/readyz").await;
    let expected = "connecting\nrpc_queue connecting to amqp://guest@127.0.0.1:9/%2F\n";
    assert_eq!((status, &*body), (503, expected));
    assert_eq!(worker.fetch("/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(worker.fetch("/nowhere").await.0, 404);
}
