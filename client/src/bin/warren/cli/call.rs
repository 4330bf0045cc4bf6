//! `warren call`: one call.

use std::{
    future::Future,
    io::{self, Read},
    time::Duration,
};

use clap::Args;
use serde::Serialize;
use tokio::select;
use warren_client::{Call, CallError, CallOptions, Client, Policy, RawRequest, Reply, Traceparent};
use warren_contract::{Code, Fibonacci, MAX_REQUEST_BYTES};

use super::{
    broker::Broker,
    failure::{self, Failure},
    json::json,
    output::print_json,
    progress::{self, Telling},
    signals::told_to_stop,
};

/// The request that stands for what comes from stdin.
const STDIN: &str = "-";

#[derive(Args)]
#[command(after_help = failure::exit_codes())]
pub(super) struct Arguments {
    /// What the procedure takes: for fibonacci n, which is 0, 1, 2, … (the worker says how far it
    /// goes), and for any other JSON. `-` reads it from stdin.
    #[arg(allow_hyphen_values = true)]
    request: String,
    /// The procedure to call instead of fibonacci.
    #[arg(long, value_name = "NAME")]
    procedure: Option<String>,
    /// Calling that procedure twice is like calling it once, so that the request may be sent again
    /// if the connection is lost, and nobody knows what became of it.
    #[arg(long, requires = "procedure")]
    idempotent: bool,
    /// How long the call may take, such as 500ms, 5s or 2m; at most 24h.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
    deadline: Duration,
    /// If no worker is there, stay in the queue until one comes, instead of failing at once.
    #[arg(long)]
    wait_for_worker: bool,
    /// The caller's place in a distributed trace, which is passed on to the worker:
    /// 00-<trace>-<span>-<flags>, in hexadecimal.
    #[arg(long)]
    traceparent: Option<Traceparent>,
    /// Tell on stderr where the call is, why it cannot be sent, and how far its computation is; on a
    /// terminal, a call of over 0.3 s does so by itself.
    #[arg(long)]
    progress: bool,
    /// Print a JSON object with `value`, `worker` (its name), `round_trip_ms` and `compute_us`;
    /// what is not known is null.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<T> {
    value: T,
    worker: Option<String>,
    round_trip_ms: f64,
    compute_us: Option<u128>,
}

pub(super) async fn run(broker: Broker, arguments: Arguments) -> Result<(), Failure> {
    let request = match arguments.request.as_str() {
        STDIN => read_stdin()?,
        request => request.to_owned(),
    };
    match arguments.procedure.clone() {
        Some(procedure) => {
            let request = RawRequest {
                procedure,
                idempotent: arguments.idempotent,
                body: json(request)?,
            };
            let make = |client: &Client, options| client.call_raw(request, options);
            make_call(broker, &arguments, make).await
        }
        None => {
            let n = request.trim().parse::<u64>().map_err(|_| {
                Failure::new(
                    Code::InvalidArgument,
                    format!("`{request}` is not a whole number from 0 up"),
                )
            })?;
            let make = |client: &Client, options| client.call_with::<Fibonacci>(n, options);
            make_call(broker, &arguments, make).await
        }
    }
}

async fn make_call<P, T: Serialize>(
    broker: Broker,
    arguments: &Arguments,
    make: impl FnOnce(&Client, CallOptions) -> Call<P>,
) -> Result<(), Failure>
where
    Call<P>: Future<Output = Result<Reply<T>, CallError>> + Unpin,
{
    let client = Client::connect(broker.config()?);
    let telling = Telling::choose(arguments.progress, arguments.json);
    let options = CallOptions {
        deadline: Some(arguments.deadline),
        policy: if arguments.wait_for_worker {
            Policy::WaitForWorker
        } else {
            Policy::FailFast
        },
        progress: telling.map(|_| progress::EVERY),
        traceparent: arguments.traceparent,
    };
    let mut call = make(&client, options);
    let told = telling.zip(call.stage());
    let told = told.map(|(telling, stage)| tokio::spawn(telling.tell(stage, client.connection())));
    let mut is_interrupted = false;
    let reply = select! {
        reply = &mut call => reply,
        () = told_to_stop() => {
            // Whoever computes it is told, so that nobody goes on for a caller that is gone.
            call.cancel();
            is_interrupted = true;
            call.await
        }
    };
    if let Some(told) = told {
        told.await.expect("telling where a call is does not panic");
    }
    let printed = match reply {
        Ok(reply) if arguments.json => print_json(&Printed {
            value: reply.value,
            worker: reply.worker,
            round_trip_ms: reply.round_trip.as_micros() as f64 / 1000.0,
            compute_us: reply.compute.map(|compute| compute.as_micros()),
        }),
        Ok(reply) => print_json(&reply.value),
        Err(error) if is_interrupted => Err(Failure::interrupted(error.to_string())),
        Err(error) => Err(error.into()),
    };
    client.close().await;
    printed
}

fn read_stdin() -> Result<String, Failure> {
    let mut request = Vec::new();
    let mut to_limit = io::stdin().take(MAX_REQUEST_BYTES as u64 + 1);
    let failure = |code, why: &str| Failure::new(code, format!("the request on stdin {why}"));
    to_limit.read_to_end(&mut request).map_err(|error| {
        let why = format!("cannot be read: {error}");
        failure(Code::InvalidArgument, &why)
    })?;
    if request.len() > MAX_REQUEST_BYTES {
        let why = format!("has over {MAX_REQUEST_BYTES} bytes, which is the most");
        return Err(failure(Code::ResourceExhausted, &why));
    }
    String::from_utf8(request).map_err(|_| failure(Code::InvalidArgument, "is not UTF-8"))
}
