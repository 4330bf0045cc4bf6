//! The `warren` command.

use std::process::Output;

use serde_json::Value;
use warren_contract::Pong;
use warren_e2e::{Stack, warren};

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("it prints UTF-8")
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("it prints UTF-8")
}

#[test]
fn warren_call_prints_the_value_alone() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let output = stack.warren(&["call", "30"]);
    assert_eq!(stdout(&output), "832040\n", "{output:?}");
    assert!(output.status.success());
}

#[test]
fn warren_call_prints_json() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let output = stack.warren(&["call", "30", "--json"]);
    let reply: Value = serde_json::from_str(stdout(&output)).expect("JSON");
    assert_eq!(reply["value"], 832_040);
    assert_eq!(reply["worker"], "hare");
    let round_trip_ms = reply["round_trip_ms"].as_f64().expect("a number");
    let compute_us = reply["compute_us"].as_f64().expect("a number");
    assert!(0.0 < compute_us && compute_us / 1000.0 < round_trip_ms);
}

#[test]
fn warren_call_waits_for_a_worker_only_if_told_to() {
    let stack = Stack::shared();
    let output = stack.warren(&["call", "30"]);
    assert_eq!(
        stderr(&output),
        "unavailable: no worker serves `rpc_queue` now\n"
    );
    // Time enough to connect, on a machine that has much to do.
    let patient = ["call", "30", "--wait-for-worker", "--deadline", "5s"];
    let output = stack.warren(&patient);
    assert_eq!(stderr(&output), "deadline_exceeded: no reply within 5s\n");
}

#[test]
fn warren_workers_says_who_serves() {
    let stack = Stack::shared();
    let output = stack.warren(&["workers"]);
    assert_eq!(stdout(&output), "no worker\n", "{output:?}");

    let _worker = stack.worker("hare", &["--concurrency", "3"]);
    let output = stack.warren(&["workers"]);
    let said = stdout(&output);
    assert!(
        said.starts_with("hare: 0 of 3 busy, 0 served"),
        "{output:?}"
    );

    let output = stack.warren(&["workers", "--json"]);
    let workers: Vec<Pong> = serde_json::from_slice(&output.stdout).expect("JSON");
    let names: Vec<_> = workers.iter().map(|pong| pong.name.as_str()).collect();
    assert_eq!(names, ["hare"]);

    let output = stack.warren(&["workers", "--passcode", "wrong"]);
    let said = stderr(&output);
    assert!(said.starts_with("unauthenticated: "), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn warren_call_says_what_went_wrong() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--max-n", "20"]);
    let nobody = "ws://127.0.0.1:1/ws";
    let cases: [(&[&str], &str, &str); 5] = [
        (&["call", "21"], "out_of_range: ", "20"),
        (&["call", "-1"], "invalid_argument: ", "`-1`"),
        (
            &["call", "5", "--passcode", "wrong"],
            "unauthenticated: wrong login or passcode",
            "`web`",
        ),
        (
            &["call", "5", "--deadline", "0s"],
            "invalid_argument: ",
            "over 0 s",
        ),
        (
            &["call", "5", "--queue", "elsewhere"],
            "unavailable: the broker at ws://127.0.0.1:",
            "does not give us exchange `elsewhere.control`",
        ),
    ];
    for (arguments, beginning, words) in cases {
        let output = stack.warren(arguments);
        let said = stderr(&output);
        assert!(said.starts_with(beginning), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stdout(&output), "");
    }

    let output = warren(&["--url", nobody, "call", "5", "--deadline", "500ms"]);
    let said = stderr(&output);
    assert!(said.starts_with("unavailable: not connected within 500ms"));
    assert!(said.contains(nobody), "{said}");
}

#[test]
fn a_virtual_host_that_we_may_not_use_is_named() {
    let stack = Stack::shared();
    let output = stack.warren(&["call", "5", "--vhost", "nowhere"]);
    let said = stderr(&output);
    assert!(said.starts_with("permission_denied: wrong virtual host"));
    assert!(said.contains("`nowhere`"), "{said}");
}
