//! Requests as spans, at a collector of OpenTelemetry's protocol.

use std::{collections::BTreeMap, convert::Infallible, process::Command};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lapin::types::{AMQPValue, FieldTable};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, span::SpanKind, status::StatusCode},
};
use prost::{Message, bytes::Bytes};
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    caller::{Caller, id_and_body},
    process::{Program, program},
    stage::{stage, within},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// Takes what is exported.
struct Collector {
    endpoint: String,
    exports: mpsc::UnboundedReceiver<(String, Vec<ResourceSpans>)>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let (sender, exports) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sender = sender.clone();
                let service = service_fn(move |request| take(request, sender.clone()));
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            exports,
        }
    }
}

async fn take(
    request: Request<Incoming>,
    exports: mpsc::UnboundedSender<(String, Vec<ResourceSpans>)>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.expect("it is whole");
    let export = ExportTraceServiceRequest::decode(body.to_bytes());
    let export = export.expect("it is OpenTelemetry's protobuf");
    // The test may have seen enough.
    let _ = exports.send((path, export.resource_spans));
    Ok(Response::default())
}

/// A worker whose traces go to this endpoint.
fn worker(url: &str, endpoint: &str) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_warren-worker"));
    command
        .args(["--amqp", url, "--name=hare"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        // Longer than any test: what comes is what is exported at the end.
        .env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    command
}

/// Makes a call with this `traceparent`.
async fn call(caller: &mut Caller, id: &str, kind: &str, traceparent: &str) {
    let mut headers = FieldTable::default();
    headers.insert(
        "traceparent".into(),
        AMQPValue::LongString(traceparent.into()),
    );
    let properties = caller.warren(id).with_type(kind.into());
    caller.send("10", properties.with_headers(headers)).await;
    assert_eq!(id_and_body(&caller.reply().await).0, id);
}

async fn end(worker: Program) {
    worker.signal("TERM");
    let (status, log) = worker.end().await;
    assert_eq!(status.code(), Some(0), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span_below_its_callers() {
    let url = stage("traces");
    let mut collector = Collector::start().await;
    let worker =
        Program::serve(worker(&url, &collector.endpoint).env("OTEL_SERVICE_NAME", "hares"));
    let mut caller = Caller::connect(&url).await;
    caller.until_consumers(1).await;
    let sampled = format!("00-{TRACE}-{SPAN}-01");
    call(&mut caller, "call-1", "fibonacci", &sampled).await;
    call(&mut caller, "call-2", "secret", "00-not-a-parent").await;
    // Whose caller is not traced is not traced either.
    let unsampled = format!("00-{TRACE}-{SPAN}-00");
    call(&mut caller, "call-3", "fibonacci", &unsampled).await;
    end(worker).await;

    let exported = within("spans are exported", collector.exports.recv()).await;
    let (path, [exported]) = exported
        .map(|(path, spans)| (path, <[_; 1]>::try_from(spans).expect("one resource")))
        .expect("the collector runs");
    assert_eq!(path, "/v1/traces");
    let resource = exported.resource.expect("who it is");
    let resource = attributes(&resource.attributes);
    assert_eq!(resource["service.name"], "hares");
    assert_eq!(resource["service.instance.id"], "hare");
    let mut spans: Vec<_> = exported
        .scope_spans
        .into_iter()
        .flat_map(|scope| scope.spans)
        .collect();
    spans.sort_by(|a, b| a.name.cmp(&b.name));
    let [served, unknown] = &spans[..] else {
        panic!("{spans:?}");
    };

    assert_eq!(served.name, "rpc_queue/fibonacci");
    assert_eq!(served.kind(), SpanKind::Server);
    assert_eq!(hex(&served.trace_id), TRACE);
    assert_eq!(hex(&served.parent_span_id), SPAN);
    assert_eq!(
        served.status.as_ref().map_or(0, |status| status.code),
        StatusCode::Unset as i32
    );
    let known = attributes(&served.attributes);
    for (name, value) in [
        ("messaging.system", "rabbitmq"),
        ("messaging.destination.name", "rpc_queue"),
        ("messaging.operation.type", "process"),
        ("messaging.message.conversation_id", "call-1"),
        ("messaging.message.body.size", "the number 2"),
        ("rpc.system.name", "warren"),
        ("rpc.method", "rpc_queue/fibonacci"),
        ("rpc.response.status_code", "ok"),
    ] {
        assert_eq!(
            known.get(name).map(String::as_str),
            Some(value),
            "{name} of {known:?}"
        );
    }
    assert!(!known.contains_key("error.type"), "{known:?}");
    // What the handler logged.
    let events: Vec<_> = served.events.iter().map(|event| &*event.name).collect();
    assert_eq!(events, ["[.] fib(10)"]);

    assert_eq!(unknown.name, "rpc_queue/unknown");
    assert!(unknown.parent_span_id.is_empty());
    assert_ne!(hex(&unknown.trace_id), TRACE);
    let status = unknown.status.as_ref().expect("it is an error");
    assert_eq!(status.code(), StatusCode::Error);
    assert!(
        status.message.contains(r#"no procedure "secret""#),
        "{status:?}"
    );
    assert_eq!(
        attributes(&unknown.attributes)["error.type"],
        "unimplemented"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_exported_where_that_is_switched_off() {
    let url = stage("traces-off");
    let mut collector = Collector::start().await;
    let worker = Program::serve(worker(&url, &collector.endpoint).env("OTEL_SDK_DISABLED", "true"));
    let mut caller = Caller::connect(&url).await;
    call(
        &mut caller,
        "call-1",
        "fibonacci",
        &format!("00-{TRACE}-{SPAN}-01"),
    )
    .await;
    end(worker).await;
    assert!(collector.exports.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_does_not_answer_does_not_hold_the_end() {
    let url = stage("traces-held");
    let silent = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = silent.local_addr().expect("it listens");
    let mut worker = worker(&url, &format!("http://{address}"));
    // Longer than this test waits for the end.
    let mut worker = Program::serve(worker.env("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000"));
    let mut caller = Caller::connect(&url).await;
    call(
        &mut caller,
        "call-1",
        "fibonacci",
        &format!("00-{TRACE}-{SPAN}-01"),
    )
    .await;
    worker.signal("TERM");
    worker.says("the last traces may be lost").await;
    let (status, _) = worker.end().await;
    assert_eq!(status.code(), Some(0));
}

fn attributes(attributes: &[KeyValue]) -> BTreeMap<&str, String> {
    let texts = attributes.iter().map(|attribute| {
        let value = attribute
            .value
            .as_ref()
            .and_then(|value| value.value.as_ref());
        let text = match value {
            Some(Value::StringValue(text)) => text.clone(),
            Some(Value::IntValue(number)) => format!("the number {number}"),
            other => format!("{other:?}"),
        };
        (&*attribute.key, text)
    });
    texts.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
