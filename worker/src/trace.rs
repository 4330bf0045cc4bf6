//! Requests as spans, for the log and for distributed tracing, after OpenTelemetry's semantic
//! conventions for RPC and messaging.
//!
//! They are [`tracing`]'s own spans. Where a subscriber has a layer of `tracing-opentelemetry`, it
//! exports them; elsewhere nothing is done for it.

use std::collections::BTreeMap;

use opentelemetry::{
    propagation::{Extractor, TextMapPropagator},
    trace::Status,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use warren_contract::{Code, Fault, header};

use crate::{request::Request, tally::Settled};

/// The target of these spans.
pub(crate) const TARGET: &str = module_path!();

/// What the names of fields begin with that are for OpenTelemetry alone.
pub(crate) const FOR_TRACES: [&str; 3] = ["otel.", "rpc.", "messaging."];

/// The span of a request from its coming to its settlement, a child of the caller's. The procedure
/// is one that is served, or a word for all others, as it is in the span's name.
pub(crate) fn span(queue: &str, procedure: &'static str, request: &Request) -> Span {
    let span = info_span!(
        target: TARGET,
        "request",
        correlation_id = request.correlation_id,
        otel.name = %format_args!("{queue}/{procedure}"),
        otel.kind = "server",
        rpc.system.name = "warren",
        rpc.method = %format_args!("{queue}/{procedure}"),
        messaging.system = "rabbitmq",
        messaging.operation.name = "process",
        "messaging.operation.type" = "process",
        messaging.destination.name = queue,
        messaging.message.conversation_id = request.correlation_id,
        // The layer for OpenTelemetry writes unsigned numbers as texts.
        messaging.message.body.size = i64::try_from(request.body.len()).ok(),
    );
    let headers = Headers(&request.caller.headers);
    if headers.get(header::TRACEPARENT).is_some() {
        // Where there are spans but no OpenTelemetry, nobody asks for the parent.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&headers));
    }
    span
}

/// Notes in the request's span, which is the current one, how the request was settled.
pub(crate) fn settled(settled: Settled) {
    let span = Span::current();
    span.set_attribute("rpc.response.status_code", settled.label());
    if settled != Settled::Served {
        span.set_attribute("error.type", settled.label());
    }
}

/// Notes in the request's span, which is the current one, that the caller is told of a fault. It
/// counts as an error of this side where it does so with gRPC's servers.
pub(crate) fn fault(fault: &Fault) {
    match fault.code {
        Code::DeadlineExceeded | Code::Unimplemented | Code::Internal | Code::Unavailable => {
            Span::current().set_status(Status::error(fault.message.clone()));
        }
        Code::InvalidArgument
        | Code::OutOfRange
        | Code::Cancelled
        | Code::ResourceExhausted
        | Code::Unauthenticated
        | Code::PermissionDenied => {}
    }
}

/// The headers of a request, for a propagator.
struct Headers<'a>(&'a BTreeMap<String, String>);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}
