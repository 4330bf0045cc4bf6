//! Calls that tell where they are.

use std::time::Duration;

use warren_client::{CallOptions, Stage};
use warren_contract::Fibonacci;
use warren_e2e::{Stack, on_terminal, warren, warren_command};

use crate::{PATIENT, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_tells_where_it_is_and_how_far() {
    let stack = Stack::shared();
    let client = stack.client();
    let options = CallOptions {
        progress: Some(Duration::from_millis(20)),
        ..PATIENT
    };
    let call = client.call_with::<Fibonacci>(44, options);
    let mut stage = call.stage().expect("it was asked for");
    let queued = stage.wait_for(|stage| *stage == Stage::Queued);
    within(queued).await.expect("the call is pending");

    let _worker = stack.worker("hare", &[]);
    let mut seen = Vec::new();
    while within(stage.changed()).await.is_ok() {
        match &*stage.borrow_and_update() {
            Stage::Running { worker, progress } => {
                assert_eq!(worker.as_deref(), Some("hare"));
                seen.extend(*progress);
            }
            other => panic!("it went back from running to {other:?}"),
        }
    }
    assert_eq!(within(call).await.expect("a reply").value, 701_408_733);
    assert!(seen.len() > 1, "{seen:?}");
    assert!(seen.is_sorted_by_key(|progress| progress.done), "{seen:?}");
    let (first, last) = (seen[0], seen[seen.len() - 1]);
    assert!(
        first.done < last.done && last.done <= last.total,
        "{seen:?}"
    );
}

#[test]
fn warren_call_tells_it_on_stderr() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let output = stack.warren(&["call", "44", "--progress"]);
    let told = String::from_utf8(output.stderr).expect("it prints UTF-8");
    let percents: Vec<u32> = told
        .lines()
        .filter_map(|line| line.strip_prefix("running: ")?.strip_suffix(" %"))
        .map(|percent| percent.parse().expect("a number"))
        .collect();
    assert!(percents.len() > 1 && percents.is_sorted(), "{told}");
    assert_eq!(output.stdout, b"701408733\n");
}

#[test]
fn warren_call_draws_a_bar_on_a_terminal_unless_it_prints_for_a_program() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let output = on_terminal(stack.warren_command(&["call", "44"]));
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(shown.contains("running"), "{shown}");
    assert!(shown.contains('%') && shown.contains('█'), "{shown}");
    assert_eq!(output.stdout, b"701408733\n");

    let output = on_terminal(stack.warren_command(&["call", "42", "--json"]));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_ne!(output.stdout, b"");
}

/// Nothing listens on the discard port of the loopback address.
#[test]
fn warren_call_tells_why_it_waits_for_a_connection() {
    let arguments = ["--url=ws://127.0.0.1:9/ws", "call", "5", "--deadline=3s"];
    let why = "no connection to ws://127.0.0.1:9/ws: Connection refused";

    let output = warren(&[&arguments[..], &["--progress"]].concat());
    let told = String::from_utf8(output.stderr).expect("it prints UTF-8");
    let mut lines: Vec<_> = told.lines().collect();
    let error = lines.pop().expect("it says why it fails");
    assert!(error.starts_with("unavailable: "), "{told}");
    // It may be known before there was time to tell that the call waits.
    lines.retain(|line| *line != "waiting");
    let [line] = lines[..] else {
        panic!("it is told once: {told}");
    };
    assert!(line.starts_with(&format!("waiting: {why}")), "{told}");

    let output = on_terminal(warren_command(&arguments));
    let shown = String::from_utf8_lossy(&output.stderr);
    let (bar, _) = shown.split_once("unavailable: ").expect("it fails");
    assert!(bar.contains(&why[..40]), "{shown}");
}
