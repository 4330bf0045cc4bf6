//! `warren workers`: who serves the queue now.

use std::time::Duration;

use clap::Args;
use tokio::time::timeout;
use warren_client::{Client, ConnectionState};
use warren_contract::{Code, Pong};

use super::{
    broker::Broker,
    failure::Failure,
    output::{print, print_json},
};

/// How long it waits, for a connection and for the workers.
const WITHIN: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(super) struct Workers {
    /// Print a JSON array of what each worker says of itself.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(broker: Broker, Workers { json }: Workers) -> Result<(), Failure> {
    if broker.is_tutorial() {
        return Err(Failure::new(
            Code::Unimplemented,
            "the tutorials' servers cannot be asked who they are",
        ));
    }
    let client = Client::connect(broker.config()?);
    let mut workers = client.workers();
    let known = timeout(WITHIN, workers.wait_for(Option::is_some)).await;
    let workers = match known {
        Ok(Ok(workers)) => workers.clone().unwrap_or_default(),
        // An error of the inner kind is the end of the client, which this function alone closes.
        Ok(Err(_)) | Err(_) => return Err(no_answer(&client)),
    };
    if json {
        print_json(&workers)?;
    } else if workers.is_empty() {
        print("no worker")?;
    } else {
        let lines: Vec<_> = workers.iter().map(as_line).collect();
        print(&lines.join("\n"))?;
    }
    client.close().await;
    Ok(())
}

/// Why nothing is known about the workers.
fn no_answer(client: &Client) -> Failure {
    match &*client.connection().borrow() {
        ConnectionState::Offline { reason, .. } => reason.into(),
        _ => Failure::new(
            Code::DeadlineExceeded,
            format!("no answer within {WITHIN:?}"),
        ),
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
