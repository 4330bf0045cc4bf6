//! A program's log, and the export of its traces.

mod for_people;

use std::{env, io::IsTerminal, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use clap::ValueEnum;
use opentelemetry::{Key, KeyValue, Value, trace::TracerProvider};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL,
    OTEL_EXPORTER_OTLP_PROTOCOL_HTTP_PROTOBUF, OTEL_EXPORTER_OTLP_TIMEOUT,
    OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, SpanExporter,
    WithHttpConfig,
};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Level, Metadata, Subscriber, warn};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt,
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};
use ureq::{
    Agent,
    http::{Request, Response},
};

use self::for_people::ForPeople;
use crate::trace;

/// The environment variable that says what is logged.
const LOG: &str = "RUST_LOG";

/// The log's default. The AMQP library warns about things that are no trouble here, such as a
/// caller that has gone, and quotes whole messages.
const DEFAULT_LOG: &str = "info,lapin=off";

/// The name of the AMQP library, with which the targets of what it logs begin.
const LIBRARY: &str = "lapin";

/// The longest that a program waits for its last traces to be exported.
const FLUSH: Duration = Duration::from_secs(5);

/// The longest answer of a collector that is read.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// The name of the library that makes the spans.
const SCOPE: &str = env!("CARGO_PKG_NAME");

const SERVICE_NAME: Key = Key::from_static_str("service.name");

/// What OpenTelemetry puts before the program's name where nobody has named the service.
const UNKNOWN_SERVICE: &str = "unknown_service:";

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: an object on each line.
    Json,
}

/// The log, and the export of traces if the environment asks for it.
#[derive(Debug)]
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Begins to log on stderr and to export traces, in which the worker has this name.
    ///
    /// # Panics
    ///
    /// A subscriber of [`tracing`] is set already.
    pub(crate) fn start(format: LogFormat, worker: &str) -> Self {
        let (traces, no_traces) = match exporter() {
            Ok(exporter) => (exporter.map(|exporter| provider(exporter, worker)), None),
            Err(problem) => (None, Some(problem)),
        };
        let (filter, no_filter) = match filter(env::var(LOG).ok()) {
            Ok(filter) => (filter, None),
            Err(problem) => (DEFAULT_LOG.into(), Some(problem)),
        };
        let mut layers = vec![log(format, filter).boxed()];
        layers.extend(traces.as_ref().map(|traces| spans(traces).boxed()));
        tracing_subscriber::registry().with(layers).init();
        if let Some(problem) = no_filter {
            warn!("{problem}; it counts as {DEFAULT_LOG}");
        }
        if let Some(problem) = no_traces {
            warn!("no traces are exported: {problem}");
        }
        Self { traces }
    }

    /// Exports what is left, at most for [`FLUSH`]. Blocks.
    pub(crate) fn end(self) {
        let Some(traces) = self.traces else {
            return;
        };
        if let Err(error) = traces.shutdown_with_timeout(FLUSH) {
            warn!(%error, "the last traces may be lost");
        }
    }
}

/// What is logged, as `RUST_LOG` says; if it says nothing, the default.
fn filter(variable: Option<String>) -> Result<EnvFilter, String> {
    let wanted = variable.filter(|value| !value.is_empty());
    let wanted = wanted.as_deref().unwrap_or(DEFAULT_LOG);
    EnvFilter::try_new(wanted).map_err(|error| format!("{LOG} is {wanted:?}: {error}"))
}

/// The log on stderr.
fn log<S>(format: LogFormat, filter: EnvFilter) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let log = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // They would go to stderr, too, and a worker whose log cannot be written serves on.
        .log_internal_errors(false);
    let log = match format {
        LogFormat::Text => log.fmt_fields(ForPeople::default()).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let shows_no_password = filter_fn(shows_no_password).with_max_level_hint(Level::TRACE);
    log.with_filter(filter.and(shows_no_password))
}

/// At its most talkative, the AMQP library shows each frame, and so the password.
fn shows_no_password(metadata: &Metadata<'_>) -> bool {
    *metadata.level() < Level::TRACE || !metadata.target().starts_with(LIBRARY)
}

/// Gives spans to the provider, and what is logged within them.
fn spans<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(SCOPE))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(is_for_traces).with_max_level_hint(Level::INFO))
}

/// The harness' spans for requests, and those that handlers make within them; the harness' own
/// others, and the AMQP library's, last as long as connections, and are for the log.
fn is_for_traces(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let outlasts_requests = target.starts_with("warren_worker") || target.starts_with(LIBRARY);
    *metadata.level() <= Level::INFO
        && (metadata.is_event() || target == trace::TARGET || !outlasts_requests)
}

fn provider(exporter: SpanExporter, worker: &str) -> SdkTracerProvider {
    let mut attributes = vec![KeyValue::new("service.instance.id", worker.to_owned())];
    let name = Resource::builder().build().get(&SERVICE_NAME);
    if let Some(Value::String(name)) = name
        && let Some(program) = name.as_str().strip_prefix(UNKNOWN_SERVICE)
    {
        attributes.push(KeyValue::new(SERVICE_NAME, program.to_owned()));
    }
    let resource = Resource::builder().with_attributes(attributes).build();
    SdkTracerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build()
}

/// The exporter, as the environment variables of OpenTelemetry say; `None` if they ask for none.
fn exporter() -> Result<Option<SpanExporter>, String> {
    let wants = Wants::read(|name| env::var(name).ok());
    let client = match wants {
        Ok(Wants::Nothing) => return Ok(None),
        Ok(Wants::Traces { timeout }) => Client::new(timeout),
        Err(problem) => return Err(problem),
    };
    // All else the exporter reads from the environment by itself.
    let exporter = SpanExporter::builder().with_http().with_http_client(client);
    exporter
        .build()
        .map(Some)
        .map_err(|error| error.to_string())
}

/// What the environment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Nothing,
    Traces {
        /// How long the collector may take to answer.
        timeout: Duration,
    },
}

impl Wants {
    /// Reads environment variables; an empty one counts as unset.
    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let either = |own, general| variable(own).or_else(|| variable(general));
        let disabled = variable("OTEL_SDK_DISABLED");
        let exporter = variable("OTEL_TRACES_EXPORTER");
        let endpoint = either(
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
            OTEL_EXPORTER_OTLP_ENDPOINT,
        );
        let disabled = disabled.is_some_and(|value| value.eq_ignore_ascii_case("true"));
        match (exporter.as_deref(), endpoint) {
            _ if disabled => return Ok(Self::Nothing),
            (Some("none"), _) | (None, None) => return Ok(Self::Nothing),
            (Some("otlp"), _) | (None, Some(_)) => {}
            (Some(other), _) => {
                return Err(format!(
                    "OTEL_TRACES_EXPORTER is {other:?}; it can be otlp or none"
                ));
            }
        }
        let protocol = either(
            OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
            OTEL_EXPORTER_OTLP_PROTOCOL,
        );
        if let Some(protocol) = protocol
            && protocol != OTEL_EXPORTER_OTLP_PROTOCOL_HTTP_PROTOBUF
        {
            return Err(format!(
                "OTLP's protocol is set to {protocol:?}, but only \
                 {OTEL_EXPORTER_OTLP_PROTOCOL_HTTP_PROTOBUF} is spoken, usually on port 4318"
            ));
        }
        let timeout = either(
            OTEL_EXPORTER_OTLP_TRACES_TIMEOUT,
            OTEL_EXPORTER_OTLP_TIMEOUT,
        );
        let timeout = match timeout {
            None => OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT,
            Some(timeout) => match timeout.parse() {
                Ok(milliseconds) => Duration::from_millis(milliseconds),
                Err(_) => {
                    return Err(format!(
                        "OTLP's timeout is set to {timeout:?}; it must be whole milliseconds"
                    ));
                }
            },
        };
        Ok(Self::Traces { timeout })
    }
}

/// Sends spans to the collector. It blocks, as it may on the exporter's own thread.
#[derive(Debug)]
struct Client(Agent);

impl Client {
    fn new(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .build();
        Self(config.into())
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ureq::Error> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.to_vec());
        let (parts, mut body) = self.0.run(request)?.into_parts();
        let body = body.with_config().limit(MAX_ANSWER_BYTES).read_to_vec()?;
        Ok(Response::from_parts(parts, body.into()))
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        Ok(self.send(request)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(variables: &[(&str, &str)]) -> Result<Wants, String> {
        Wants::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_decides_whether_traces_are_exported() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        let traces = |ms| Wants::Traces {
            timeout: Duration::from_millis(ms),
        };
        let cases: [(&[_], _); 11] = [
            (&[], Wants::Nothing),
            (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")], Wants::Nothing),
            (&[("OTEL_SERVICE_NAME", "hare")], Wants::Nothing),
            (&[endpoint], traces(10_000)),
            (
                &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://there/x")],
                traces(10_000),
            ),
            (&[("OTEL_TRACES_EXPORTER", "otlp")], traces(10_000)),
            (
                &[endpoint, ("OTEL_TRACES_EXPORTER", "none")],
                Wants::Nothing,
            ),
            (&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")], Wants::Nothing),
            (&[endpoint, ("OTEL_SDK_DISABLED", "false")], traces(10_000)),
            (
                &[endpoint, ("OTEL_EXPORTER_OTLP_TIMEOUT", "500")],
                traces(500),
            ),
            (
                &[endpoint, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")],
                traces(10_000),
            ),
        ];
        for (variables, expected) in cases {
            assert_eq!(wants(variables), Ok(expected), "{variables:?}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317");
        let cases = [
            (
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
                "only http/protobuf",
            ),
            (("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"), "whole milliseconds"),
            (("OTEL_TRACES_EXPORTER", "jaeger"), "otlp or none"),
        ];
        for (variable, expected) in cases {
            let problem = wants(&[endpoint, variable]).expect_err("it cannot be done");
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
