//! `warren watch`, where it is not on a terminal.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use warren_e2e::{PATIENCE, Stack};
use warren_rabbitmq::{Child, Node};

/// A `warren watch` that runs until this is dropped.
struct Watch {
    _running: Child,
    lines: Receiver<Value>,
}

impl Watch {
    fn start(stack: &Stack) -> Self {
        let mut command = stack.warren_command(&["watch"]);
        let mut running = Child::spawn(command.stdout(Stdio::piped())).expect("it runs");
        let stdout = running.take_stdout().expect("it is a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let line = serde_json::from_str(&line.expect("text")).expect("JSON");
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            _running: running,
            lines,
        }
    }

    /// The first line from now on of which `wanted` is true.
    fn line(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|error| panic!("{what}: {error}"));
            if wanted(&line) {
                return line;
            }
        }
    }
}

fn workers(line: &Value) -> &[Value] {
    line["workers"].as_array().expect("a list")
}

#[test]
fn workers_are_watched_while_they_serve_and_leave() {
    let stack = Stack::shared();
    let worker = stack.worker("hare", &["--concurrency", "3"]);
    let watch = Watch::start(&stack);
    let line = watch.line("it is there", |line| line["totals"]["workers"] == 1);
    assert_eq!(line["connection"]["state"], "online");
    assert_eq!(line["service"], "rpc_queue");
    let [hare] = workers(&line) else {
        panic!("{line}")
    };
    assert_eq!(hare["name"], "hare");
    assert_eq!(hare["concurrency"], 3);
    assert_eq!(hare["gone"], false);
    assert!(line["ping_ms"].as_f64().expect("a number") > 0.0);

    let watched = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !watched.load(Relaxed) {
                assert!(stack.warren(&["call", "5"]).status.success());
            }
        });
        watch.line("it serves", |line| line["totals"]["served_per_s"] != 0.0);
        watched.store(true, Relaxed);
    });
    let line = watch.line("it rests", |line| line["totals"]["served_per_s"] == 0.0);
    assert_ne!(line["totals"]["served"], 0);

    drop(worker);
    let line = watch.line("it has gone", |line| line["totals"]["workers"] == 0);
    assert_eq!(workers(&line)[0]["gone"], true);
    watch.line("it is forgotten", |line| workers(line).is_empty());
}

#[test]
fn a_broker_that_goes_away_is_waited_for() {
    let mut node = Node::temporary().expect("a broker");
    let stack = Stack::of(&node, "/");
    let _worker = stack.worker("hare", &[]);
    let watch = Watch::start(&stack);
    watch.line("it is there", |line| line["totals"]["workers"] == 1);

    node.kill().expect("it dies");
    let line = watch.line("it has gone", |line| {
        line["connection"]["state"] == "offline"
    });
    assert_eq!(line["connection"]["code"], "unavailable");
    assert_eq!(line["known"], false);
    assert_eq!(workers(&line)[0]["name"], "hare", "what was known last");

    node.start_again().expect("a broker");
    let is_back = |line: &Value| line["known"] == true && line["totals"]["workers"] == 1;
    watch.line("it is back", is_back);
}

#[test]
fn as_many_lines_are_printed_as_are_asked_for() {
    let stack = Stack::shared();
    let start = Instant::now();
    let output = stack.warren(&["watch", "--count", "2", "--passcode", "wrong"]);
    assert!(start.elapsed() >= Duration::from_secs(1), "a second apart");
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["connection"]["code"], "unauthenticated");
    }
}
