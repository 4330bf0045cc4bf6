//! Signals, while `warren` waits.

use std::{
    io::Read,
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use warren_e2e::Stack;

use crate::workers;

/// What shells tell of a program that Ctrl-C ended.
const INTERRUPTED: Option<i32> = Some(130);

/// A command that runs. It is killed on drop, so that a test that fails leaves nothing behind.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("warren runs"))
    }

    /// Presses Ctrl-C, and waits for the end.
    fn interrupt(self) -> Output {
        self.end(Signal::INT)
    }

    /// Sends a signal, and waits for the end.
    fn end(mut self, signal: Signal) -> Output {
        kill_process(Pid::from_child(&self.0), signal).expect("it is there");
        Output {
            stdout: read(self.0.stdout.take()),
            stderr: read(self.0.stderr.take()),
            status: self.0.wait().expect("it ends"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, if the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn read(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut pipe = pipe.expect("it is piped");
    pipe.read_to_end(&mut bytes).expect("it can be read");
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_and_sigterm_give_a_call_up() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let client = stack.client();
    for signal in [Signal::INT, Signal::TERM] {
        let running = Running::start(stack.warren_command(&["call", "50"]));
        workers(&client, |pongs| pongs.iter().any(|pong| pong.busy == 1)).await;

        let output = running.end(signal);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, "cancelled: the call was cancelled\n");
        assert_eq!(output.status.code(), INTERRUPTED);
        workers(&client, |pongs| pongs.iter().all(|pong| pong.busy == 0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_load_and_what_was_measured_is_told() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let client = stack.client();
    let load = ["load", "--count", "1000000000", "--in-flight", "5"];
    let running = Running::start(stack.warren_command(&[&load[..], &["--json"]].concat()));
    workers(&client, |pongs| pongs.iter().any(|pong| pong.served > 10)).await;

    let output = running.interrupt();
    let measured: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(measured["done"].as_u64() > Some(0), "{measured}");
    assert_eq!(measured["failed"], 0);
    assert!(measured["p50_ms"].as_f64() > Some(0.0), "{measured}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("cancelled: ended by Ctrl-C after "),
        "{said}"
    );
    assert_eq!(output.status.code(), INTERRUPTED);
}
