//! A child process ends with its owner, however that ends.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use warren_rabbitmq::Child;

/// Set for the process that plays the owner: this test binary, started once more.
const OWNER: &str = "WARREN_TEST_OWNER";

#[test]
fn a_child_is_killed_with_its_descendants_when_its_owner_dies_without_destructors() {
    if env::var_os(OWNER).is_some() {
        die_as_owner();
    }
    let owner = Command::new(env::current_exe().expect("this test's program"))
        .args(["--exact", "--nocapture"])
        .arg("a_child_is_killed_with_its_descendants_when_its_owner_dies_without_destructors")
        .env(OWNER, "yes")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the owner starts");
    // This returns when nobody holds the other end of the pipe any more: neither the owner, nor
    // the child, nor its descendant.
    let output = owner.wait_with_output().expect("it was started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("both run"), "{said}");
    assert!(!said.contains("survived"), "{said}");
    assert!(!output.status.success());
}

/// Starts a shell with a descendant, which would survive for a while, and aborts once they run.
fn die_as_owner() -> ! {
    let script = "sh -c 'echo started; sleep 20; echo survived >&2'; true";
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdout(Stdio::piped());
    let mut child = Child::spawn(&mut command).expect("a shell starts");
    assert_eq!(first_line(&mut child), "started");
    eprintln!("both run");
    std::process::abort();
}

#[test]
fn a_stopped_child_gets_the_chance_to_end_in_order() {
    let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done";
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdout(Stdio::piped());
    let mut child = Child::spawn(&mut command).expect("a shell starts");
    assert_eq!(first_line(&mut child), "ready");
    assert_eq!(child.try_wait().expect("it is ours"), None);

    let status = child.stop(Duration::from_secs(60)).expect("it stops");
    assert_eq!(status.code(), Some(7));
}

#[test]
fn a_child_that_does_not_listen_is_killed() {
    let script = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdout(Stdio::piped());
    let mut child = Child::spawn(&mut command).expect("a shell starts");
    assert_eq!(first_line(&mut child), "ready");

    let status = child.stop(Duration::from_millis(100)).expect("it stops");
    assert_eq!(status.code(), None, "a signal leaves no exit code");
}

fn first_line(child: &mut Child) -> String {
    BufReader::new(child.take_stdout().expect("a pipe"))
        .lines()
        .next()
        .expect("it says something")
        .expect("text")
}
