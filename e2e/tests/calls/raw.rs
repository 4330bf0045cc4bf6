//! Calls of procedures that are known by their name alone.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use serde_json::value::RawValue;
use warren_client::{Call, CallError, CallOptions, Client, Config, Raw, RawRequest, Stage};
use warren_contract::{Code, MAX_REQUEST_BYTES};
use warren_e2e::Stack;
use warren_rabbitmq::Proxy;

use crate::{GENEROUS, PATIENT, within};

fn request(procedure: &str, body: &str) -> RawRequest {
    RawRequest {
        procedure: procedure.to_owned(),
        idempotent: false,
        body: RawValue::from_string(body.to_owned()).expect("JSON"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_left_as_the_json_that_came() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let client = stack.client();
    let reply = client.call_raw(request("fibonacci", "30"), GENEROUS).await;
    assert_eq!(reply.expect("a reply").value.get(), "832040");

    for (procedure, body, code) in [
        ("translate", r#"{"text":"hare"}"#, Code::Unimplemented),
        ("fibonacci", r#"{"n":30}"#, Code::InvalidArgument),
        ("", "30", Code::InvalidArgument),
        (&"x".repeat(256), "30", Code::InvalidArgument),
        (&"x".repeat(255), "30", Code::Unimplemented),
    ] {
        let reply = client.call_raw(request(procedure, body), GENEROUS).await;
        let error = reply.expect_err("it cannot be served");
        assert_eq!(error.code(), code, "{procedure} {body}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_sent_again_only_if_the_caller_says_that_it_may_be() {
    let stack = Stack::shared();
    let config = stack.config();
    let proxy = Proxy::to(stack.ws_port()).expect("a free port");
    let client = Client::connect(Config {
        urls: proxy.instead_of_target(stack.ws()).into(),
        ..config
    });
    let told = CallOptions {
        progress: Some(crate::PATIENCE),
        ..PATIENT
    };
    let idempotent = RawRequest {
        idempotent: true,
        ..request("fibonacci", "20")
    };
    let idempotent = client.call_raw(idempotent, told);
    let precious = client.call_raw(request("fibonacci", "20"), told);
    sent(&idempotent).await;
    sent(&precious).await;
    assert_eq!(proxy.cut(), 1);

    let unknown = within(precious).await.expect_err("it was in flight");
    assert!(matches!(unknown, CallError::OutcomeUnknown(_)), "{unknown}");
    let _worker = stack.worker("hare", &[]);
    let reply = within(idempotent).await.expect("it was sent again");
    assert_eq!(reply.value.get(), "6765");
}

async fn sent(call: &Call<Raw>) {
    let mut stage = call.stage().expect("it was asked for");
    let sent = stage.wait_for(|stage| *stage == Stage::Queued);
    within(sent).await.expect("the call is pending");
}

/// `warren call`, with this on stdin.
fn with_stdin(stack: &Stack, arguments: &[&str], stdin: &[u8]) -> Output {
    let mut command = stack.warren_command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("warren runs");
    let mut pipe = child.stdin.take().expect("it is piped");
    // What is too long is not read to its end.
    let _ = pipe.write_all(stdin);
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

#[test]
fn warren_call_calls_any_procedure() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let fibonacci = ["call", "--procedure", "fibonacci"];
    let output = stack.warren(&[&fibonacci[..], &["30"]].concat());
    assert_eq!(output.stdout, b"832040\n", "{output:?}");
    let output = stack.warren(&[&fibonacci[..], &["30", "--idempotent", "--json"]].concat());
    let reply: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(reply["value"], 832_040);
    assert_eq!(reply["worker"], "hare");

    let stdin = [&fibonacci[..], &["-"]].concat();
    assert_eq!(with_stdin(&stack, &stdin, b" 30\n").stdout, b"832040\n");
    assert_eq!(
        with_stdin(&stack, &["call", "-"], b"30\n").stdout,
        b"832040\n"
    );

    let too_long = " ".repeat(MAX_REQUEST_BYTES + 1);
    let cases: [(Output, &str); 4] = [
        (
            stack.warren(&["call", "--procedure", "translate", r#"{"text":"hare"}"#]),
            "unimplemented: ",
        ),
        (
            stack.warren(&[&fibonacci[..], &["{30}"]].concat()),
            "invalid_argument: the request is no JSON: ",
        ),
        (
            with_stdin(&stack, &stdin, too_long.as_bytes()),
            "resource_exhausted: the request on stdin has over 1048576 bytes",
        ),
        (
            with_stdin(&stack, &stdin, b"\xff"),
            "invalid_argument: the request on stdin is not UTF-8",
        ),
    ];
    for (output, beginning) in cases {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with(beginning), "{said}");
        assert_eq!(output.status.code(), Some(1));
    }
}
