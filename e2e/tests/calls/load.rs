//! `warren load`.

use serde_json::Value;
use warren_e2e::{Stack, on_terminal};

fn json(stdout: &[u8]) -> Value {
    serde_json::from_slice(stdout).expect("JSON")
}

#[test]
fn a_load_is_measured() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let load = ["load", "--count", "500", "--in-flight", "50"];
    let output = stack.warren(&[&load[..], &["--json"]].concat());
    let measured = json(&output.stdout);
    assert_eq!(measured["count"], 500);
    assert_eq!(measured["done"], 500);
    assert_eq!(measured["failed"], 0);
    assert_eq!(measured["failures"], serde_json::json!({}));
    let number = |name: &str| measured[name].as_f64().expect("a number");
    let rps = number("done") / number("seconds");
    assert!((number("rps") / rps - 1.0).abs() < 0.01, "{measured}");
    assert!(0.0 < number("p50_ms") && number("p50_ms") <= number("p99_ms"));
    assert!(number("p99_ms") <= number("max_ms"));
    assert!(output.status.success());
    assert_eq!(output.stderr, b"", "no terminal, no bar");

    let output = stack.warren(&load);
    let said = String::from_utf8(output.stdout).expect("it prints UTF-8");
    let (first, second) = said.split_once('\n').expect("two lines");
    assert!(first.starts_with("500 of 500 calls answered, 0 failed, in "));
    assert!(second.contains(" calls/s, p50 "), "{said}");
}

#[test]
fn calls_of_a_load_fail_by_their_codes() {
    let stack = Stack::shared();
    let load = ["load", "--count", "20", "--in-flight", "5", "--json"];
    let output = stack.warren(&load);
    let measured = json(&output.stdout);
    assert_eq!(
        (&measured["done"], &measured["failed"]),
        (&0.into(), &20.into())
    );
    assert_eq!(
        measured["failures"],
        serde_json::json!({ "unavailable": 20 })
    );
    assert_eq!(measured["p50_ms"], Value::Null);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "unavailable: 20 of 20 calls: no worker serves `rpc_queue` now\n"
    );
    assert_eq!(output.status.code(), Some(1));

    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let output = stack.warren(&[&load[..], &["--n", "21", "--exit-codes"]].concat());
    let failures = serde_json::json!({ "out_of_range": 20 });
    assert_eq!(json(&output.stdout)["failures"], failures);
    assert_eq!(output.status.code(), Some(75));
}

#[test]
fn a_load_that_cannot_connect_makes_no_calls() {
    let stack = Stack::shared();
    let load = ["load", "--count", "20", "--in-flight", "5"];
    let output = stack.warren(&[&load[..], &["--passcode", "wrong"]].concat());
    assert!(output.stderr.starts_with(b"unauthenticated: "));
    assert_eq!(output.stdout, b"");
    assert_eq!(output.status.code(), Some(1));

    let output = stack.warren(&[&load[..], &["--deadline", "0s"]].concat());
    assert!(output.stderr.starts_with(b"invalid_argument: "));
    assert_eq!(output.stdout, b"");
}

#[test]
fn a_load_draws_a_bar_on_a_terminal() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let load = ["load", "--count", "300", "--in-flight", "5"];
    let output = on_terminal(stack.warren_command(&load));
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(shown.contains("/300 "), "{shown}");
    assert!(output.stdout.starts_with(b"300 of 300 calls answered"));

    let for_programs = [&load[..], &["--json"]].concat();
    let output = on_terminal(stack.warren_command(&for_programs));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_load_may_be_of_any_procedure() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let load = |procedure, request| {
        let load = ["load", "--count", "20", "--in-flight", "5", "--json"];
        let called = ["--procedure", procedure, "--request", request];
        stack.warren(&[&load[..], &called].concat())
    };
    assert_eq!(json(&load("fibonacci", "10").stdout)["done"], 20);
    let failures = serde_json::json!({ "unimplemented": 20 });
    assert_eq!(json(&load("greet", "\"Ada\"").stdout)["failures"], failures);
    let refused = load("greet", "Ada");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.starts_with("invalid_argument: the request is no JSON"),
        "{said}"
    );
}
