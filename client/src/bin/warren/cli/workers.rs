//! `warren workers`: who serves the queue now.

use std::time::Duration;

use clap::Args;
use tokio::time::timeout;
use warren_client::Client;
use warren_contract::{Code, Pong};

use super::{
    broker::Broker,
    failure::{self, Failure},
    output::{print, print_json},
};

/// How long it waits for a connection, and then for the workers.
const WITHIN: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(super) struct Arguments {
    /// Print a JSON array of what each worker says of itself.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(broker: Broker, Arguments { json }: Arguments) -> Result<(), Failure> {
    if broker.is_tutorial() {
        return Err(Failure::new(
            Code::Unimplemented,
            "the tutorials' servers cannot be asked who they are",
        ));
    }
    let client = Client::connect(broker.config()?);
    let printed = match who_serves(&client).await {
        Ok(workers) => print_workers(&workers, json),
        Err(failure) => Err(failure),
    };
    client.close().await;
    printed
}

async fn who_serves(client: &Client) -> Result<Vec<Pong>, Failure> {
    failure::online(client, WITHIN).await?;
    let mut workers = client.workers();
    let known = timeout(WITHIN, workers.wait_for(Option::is_some)).await;
    match known {
        Ok(Ok(workers)) => Ok(workers.clone().unwrap_or_default()),
        // An error of the inner kind is the end of the client, which `run` alone closes.
        Ok(Err(_)) | Err(_) => {
            // The connection may have gone meanwhile, and then that is why.
            failure::online(client, Duration::ZERO).await?;
            Err(Failure::new(
                Code::DeadlineExceeded,
                format!("no answer within {WITHIN:?}"),
            ))
        }
    }
}

fn print_workers(workers: &[Pong], json: bool) -> Result<(), Failure> {
    if json {
        print_json(&workers)
    } else if workers.is_empty() {
        print("no worker")
    } else {
        let lines: Vec<_> = workers.iter().map(as_line).collect();
        print(&lines.join("\n"))
    }
}

fn as_line(worker: &Pong) -> String {
    let Pong {
        name,
        version,
        concurrency,
        busy,
        draining,
        served,
        failed,
        ..
    } = worker;
    let uptime = humantime::format_duration(Duration::from_secs(worker.uptime_ms / 1000));
    let draining = if *draining { "about to stop, " } else { "" };
    format!(
        "{name}: {draining}{busy} of {concurrency} busy, {served} served, {failed} failed, up {uptime}, version {version}"
    )
}
