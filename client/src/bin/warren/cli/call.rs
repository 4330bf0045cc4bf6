//! `warren call`: one call.

use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::{select, signal::ctrl_c};
use warren_client::{CallOptions, Client, Policy, Reply};
use warren_contract::{Code, Fibonacci};

use super::{
    broker::Broker,
    failure::Failure,
    output::{print, print_json},
    progress,
};

#[derive(Args)]
pub(super) struct Call {
    /// Which Fibonacci number: 0, 1, 2, … The worker says how far it goes.
    #[arg(allow_hyphen_values = true)]
    n: String,
    /// How long the call may take, such as 500ms, 5s or 2m; at most 24h.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
    deadline: Duration,
    /// If no worker is there, stay in the queue until one comes, instead of failing at once.
    #[arg(long)]
    wait_for_worker: bool,
    /// Tell on stderr where the call is, and how far its computation.
    #[arg(long)]
    progress: bool,
    /// Print a JSON object with `value`, `worker`, `round_trip_ms` and `compute_us`.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(broker: Broker, arguments: Call) -> Result<(), Failure> {
    let n = &arguments.n;
    let n = n.trim().parse::<u64>().map_err(|_| {
        Failure::new(
            Code::InvalidArgument,
            format!("`{n}` is not a whole number from 0 up"),
        )
    })?;

    let client = Client::connect(broker.config()?);
    let mut call = client.call_with::<Fibonacci>(n, arguments.options());
    let shown = call.stage().map(progress::show).map(tokio::spawn);
    let reply = select! {
        reply = &mut call => reply,
        Ok(()) = ctrl_c() => {
            // Whoever computes it is told, so that nobody goes on for a caller that is gone.
            call.cancel();
            call.await
        }
    };
    if let Some(shown) = shown {
        shown.await.expect("showing progress does not panic");
    }
    let printed = match reply {
        Ok(reply) if arguments.json => print_json(&as_json(&reply)),
        Ok(reply) => print(&reply.value.to_string()),
        Err(error) => Err(error.into()),
    };
    client.close().await;
    printed
}

impl Call {
    fn options(&self) -> CallOptions {
        CallOptions {
            deadline: Some(self.deadline),
            policy: if self.wait_for_worker {
                Policy::WaitForWorker
            } else {
                Policy::FailFast
            },
            progress: self.progress.then_some(progress::EVERY),
        }
    }
}

fn as_json(reply: &Reply<u64>) -> serde_json::Value {
    json!({
        "value": reply.value,
        "worker": reply.worker,
        "round_trip_ms": reply.round_trip.as_micros() as f64 / 1000.0,
        "compute_us": reply.compute.map(|compute| compute.as_micros()),
    })
}
