//! What `warren doctor` finds wrong, on brokers where just that is wrong.

use std::net::TcpListener;

use serde_json::Value;
use warren_client::{
    Config, Mode, Tls, Urls,
    diagnose::{Check, Finding, Outcome, diagnose},
};
use warren_contract::{BOUNCE_EXCHANGE, Pong};
use warren_e2e::{PATIENCE, Stack, until};
use warren_rabbitmq::{Certificates, Node};

use crate::within;

async fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    within(diagnose(config, |finding| findings.push(finding))).await;
    let checks: Vec<_> = findings.iter().map(|finding| finding.check).collect();
    assert_eq!(
        checks,
        Check::of(config, config.urls.first()),
        "each check is told of, in order"
    );
    findings
}

/// The checks that fail, and what is said of the first of them.
async fn failures(config: &Config) -> (Vec<Check>, String, String) {
    let findings = findings(config).await;
    let mut said = None;
    let mut failed = Vec::new();
    for finding in findings {
        if let Outcome::Failed { detail, mend } = finding.outcome {
            failed.push(finding.check);
            said.get_or_insert((detail, mend));
        }
    }
    let (detail, mend) = said.unwrap_or_default();
    (failed, detail, mend)
}

/// Exactly these checks fail, and the first of them for what `detail` and `mend` say, among others.
async fn check(config: &Config, expected: &[Check], detail: &str, mend: &str) {
    let (failed, said, advice) = failures(config).await;
    assert_eq!(failed, expected, "{said}: {advice}");
    assert!(said.contains(detail), "{said}");
    assert!(advice.contains(mend), "{advice}");
}

fn at(url: impl Into<Urls>) -> Config {
    Config {
        urls: url.into(),
        ..Config::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_and_nothing_is_disturbed() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    check(&stack.config(), &[], "", "").await;

    let output = stack.warren(&["workers", "--json"]);
    let workers: Vec<Pong> = serde_json::from_slice(&output.stdout).expect("JSON");
    let counted: Vec<_> = workers
        .iter()
        .map(|pong| (pong.served, pong.failed))
        .collect();
    assert_eq!(counted, [(0, 0)], "no worker served any of it");
}

#[test]
fn warren_doctor_prints_a_line_for_each_check() {
    let stack = Stack::shared();
    let output = stack.warren(&["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(said, "unavailable: 1 of 14 checks failed\n");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let count = |mark| lines.matches(mark).count();
    assert_eq!(
        (count("\n  ✓ "), count("\n  ✗ "), count("\n  – ")),
        (12, 1, 1),
        "{lines}"
    );
    let failed = "\n  ✗ workers            no worker serves `rpc_queue` now\n      start one";
    assert!(lines.contains(failed), "{lines}");

    let _worker = stack.worker("hare", &[]);
    let output = stack.warren(&["doctor", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(findings.len(), 14);
    assert!(
        findings
            .iter()
            .all(|finding| finding["outcome"] == "passed")
    );
    assert_eq!(findings[3]["check"], "login");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_are_told_apart() {
    let node = warren_rabbitmq::shared().expect("a broker");
    let (amqp, management) = (node.ports().amqp, node.ports().management);
    let web_stomp = node.ports().web_stomp;
    let cases = [
        (
            Check::Address,
            "localhost:15674/ws".to_owned(),
            "`localhost:15674/ws`",
            "ws://host",
        ),
        (Check::Address, "ws://".to_owned(), "`ws://`", "ws://host"),
        (
            Check::Address,
            "ws://nowhere.invalid/ws".to_owned(),
            "`nowhere.invalid`",
            "spelling",
        ),
        (
            Check::Address,
            "ws://127.0.0.1:1/ws".to_owned(),
            "nobody listens",
            "rabbitmq_web_stomp",
        ),
        (
            Check::WebSocket,
            format!("ws://127.0.0.1:{amqp}/ws"),
            "speaks AMQP",
            "15674",
        ),
        (
            Check::WebSocket,
            format!("ws://127.0.0.1:{management}/ws"),
            "HTTP 404",
            "management",
        ),
        (
            Check::WebSocket,
            format!("ws://127.0.0.1:{web_stomp}/"),
            "HTTP 404",
            "path /ws",
        ),
    ];
    for (failing, url, detail, mend) in cases {
        check(&at(url), &[failing], detail, mend).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_and_says_nothing_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("it listens");
    let url = format!("ws://{address}/ws");
    check(&at(url), &[Check::WebSocket], "nothing came", "15674").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_looked_at() {
    let certificates = Certificates::generate().expect("certificates");
    let node = Node::temporary_with_tls(&certificates.tls(false)).expect("a broker");
    let trusting = |url: String| Config {
        tls: Tls::default()
            .with_ca_file(&certificates.ca_file())
            .expect("a CA's certificate"),
        ..at(url)
    };
    // No worker is there, and everything else is well.
    let (failed, ..) = failures(&trusting(node.wss_url())).await;
    assert_eq!(failed, [Check::Workers]);

    let strangers = Certificates::generate().expect("certificates");
    let distrusting = Config {
        tls: Tls::default()
            .with_ca_file(&strangers.ca_file())
            .expect("a CA's certificate"),
        ..at(node.wss_url())
    };
    let (failed, said, _) = failures(&distrusting).await;
    assert_eq!(failed, [Check::Tls], "{said}");

    let by_address = node.wss_url().replace("localhost", "127.0.0.1");
    check(
        &trusting(by_address),
        &[Check::Tls],
        "is not for `127.0.0.1`",
        "connect by a name",
    )
    .await;
    let plain = node.ws_url().replace("ws://", "wss://");
    check(
        &trusting(plain),
        &[Check::Tls],
        "does not speak TLS",
        "ws://",
    )
    .await;
    let encrypted = node.wss_url().replace("wss://", "ws://");
    check(&at(encrypted), &[Check::WebSocket], "speaks TLS", "wss://").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_and_a_virtual_host_that_are_refused() {
    let stack = Stack::shared();
    let wrong_passcode = Config {
        passcode: "wrong".into(),
        ..stack.config()
    };
    check(
        &wrong_passcode,
        &[Check::Login],
        "refuses `web`",
        "passcode",
    )
    .await;
    let wrong_vhost = Config {
        vhost: "nowhere".into(),
        ..stack.config()
    };
    check(
        &wrong_vhost,
        &[Check::Vhost],
        "use `nowhere`",
        "add_vhost nowhere",
    )
    .await;
}

/// A regular expression that matches nothing that is asked for.
const NOTHING: &str = "^$";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_may_not_do_is_told_with_the_command_that_lets_it() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let needed = stack.permissions("web");
    let pattern = |text: &str| text.to_owned();
    let [configure, write, read] = &needed;
    let temporary = pattern(r"^amq\.gen-.*$");
    let cases: [([String; 3], &[Check]); 4] = [
        (
            [pattern(NOTHING), write.clone(), read.clone()],
            &[Check::Bounces, Check::Replies],
        ),
        (
            [configure.clone(), temporary.clone(), read.clone()],
            &[Check::Control, Check::Requests],
        ),
        (
            [
                configure.clone(),
                pattern(r"^(rpc_queue|amq\.gen-.*)$"),
                read.clone(),
            ],
            &[Check::Control],
        ),
        (
            [configure.clone(), write.clone(), temporary],
            &[Check::Bounces],
        ),
    ];
    for (given, expected) in cases {
        stack.set_permissions("web", &given);
        let (failed, said, mend) = failures(&stack.config()).await;
        assert_eq!(failed, expected, "{given:?}: {said}");
        let command = mend.lines().find(|line| line.contains("set_permissions"));
        let command = command.unwrap_or_else(|| panic!("{mend}"));
        let quoted: Vec<_> = command.split('\'').skip(1).step_by(2).collect();
        assert_eq!(quoted, needed, "it gives what definitions.json gives");
    }
    stack.set_permissions("web", &needed);
    check(&stack.config(), &[], "", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told() {
    let cases: [(&str, &[Check], &str); 3] = [
        (
            BOUNCE_EXCHANGE,
            &[Check::Bounces, Check::Workers],
            "exchange `rpc.bounce`",
        ),
        (
            "rpc_queue.control",
            &[Check::Control],
            "exchange `rpc_queue.control`",
        ),
        ("rpc_queue", &[Check::Workers, Check::Requests], "no worker"),
    ];
    for (exchange, expected, detail) in cases {
        let stack = Stack::shared();
        stack.delete_exchange(exchange);
        check(&stack.config(), expected, detail, "--queue rpc_queue").await;
        // It does what the mend says.
        let _worker = stack.worker("hare", &[]);
        check(&stack.config(), &[], "", "").await;
    }

    let stack = Stack::shared();
    stack.delete_queue("rpc_queue");
    let expected = [Check::Workers, Check::Queue];
    check(&stack.config(), &expected, "no worker", "warren-worker").await;

    let elsewhere = Config {
        queue: "else.where".into(),
        ..Stack::shared().config()
    };
    let expected = [Check::Control, Check::Requests];
    // What it gives does not take away what `web` has.
    let write = r"'^(rpc_queue|rpc_queue\.control|else\.where|else\.where\.control|amq\.gen-.*)$'";
    check(&elsewhere, &expected, "`else.where.control`", write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_cannot_serve_is_told() {
    let stack = Stack::shared();
    stack.make_queue_keep_all();
    let expected = [Check::Workers, Check::Queue];
    check(&stack.config(), &expected, "no worker", "warren-worker").await;

    let stack = Stack::shared();
    stack.shorten_queues(0);
    until("the queue is full", PATIENCE, async || {
        let findings = findings(&stack.config()).await;
        let queue = findings.last().map(|finding| &finding.outcome);
        matches!(queue, Some(Outcome::Failed { detail, .. }) if detail.contains("is full"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_listens_and_does_not_answer_is_no_worker() {
    let stack = Stack::shared();
    let _tap = stack.tap_control();
    let expected = [Check::Workers];
    check(&stack.config(), &expected, "somebody listens", "hangs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_queue_is_as_good() {
    let stack = Stack::shared();
    stack.make_queue_quorum();
    let expected = [Check::Workers];
    check(&stack.config(), &expected, "no worker", "warren-worker").await;
    let _worker = stack.worker("hare", &[]);
    check(&stack.config(), &[], "", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_a_server_of_the_tutorials_is_looked_at() {
    let stack = Stack::for_tutorials();
    let config = stack.config().in_mode(Mode::Tutorial);
    stack.set_permissions("guest", &[".*", ".*", ".*"].map(str::to_owned));
    check(&config, &[], "", "").await;
    let as_web = Config {
        login: "web".into(),
        passcode: "web".into(),
        ..config
    };
    let expected = [Check::Publishing];
    check(&as_web, &expected, "default exchange", "amq\\.default").await;
}
