//! Can the workers be asked, and do they answer?

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;
use warren_contract::{BOUNCE_EXCHANGE, Pong, Topology};
use warren_stomp::Frame;

use super::{
    connection::{Connection, Refusal},
    findings::{Check, Findings},
    mend, queue,
};
use crate::{
    Config,
    engine::{Incoming, Wire},
};

/// How long the first worker may take to answer a ping.
const PONG_WITHIN: Duration = Duration::from_secs(5);

/// How much longer the others may take.
pub(super) const OTHERS_WITHIN: Duration = Duration::from_secs(1);

/// How many workers are told by name.
const LISTED: usize = 8;

/// The version of this client.
const OURS: &str = env!("CARGO_PKG_VERSION");

/// Looks at the service's exchanges, its workers and its queue.
pub(super) async fn look(config: &Config, findings: &mut Findings<'_>) {
    let bounces = match try_bounces(config).await {
        Ok(()) => {
            let words = format!("what nobody can serve comes back through `{BOUNCE_EXCHANGE}`");
            findings.pass(Check::Bounces, words);
            true
        }
        Err(refusal) => {
            let words = format!("exchange `{BOUNCE_EXCHANGE}`: {}", refusal.detail());
            findings.fail(Check::Bounces, words, mend::exchange(config, &refusal));
            false
        }
    };
    let exchange = Topology::new(&config.queue).control_exchange();
    let workers = match try_control(config).await {
        Ok(()) => {
            let words = format!("exchange `{exchange}` passes them on to the workers");
            findings.pass(Check::Control, words);
            look_at_workers(config, bounces, findings).await
        }
        Err(refusal) => {
            let words = format!("exchange `{exchange}`: {}", refusal.detail());
            findings.fail(Check::Control, words, mend::exchange(config, &refusal));
            for check in [Check::Replies, Check::Workers, Check::WorkerVersions] {
                findings.skip(check, Check::Control);
            }
            Err(Check::Control)
        }
    };
    queue::look(config, bounces, workers, findings).await;
}

async fn try_bounces(config: &Config) -> Result<(), Refusal> {
    let mut connection = Connection::open(config).await?;
    connection.subscribe().await?;
    connection.close().await;
    Ok(())
}

/// Pings the workers without saying where to: they do not answer.
async fn try_control(config: &Config) -> Result<(), Refusal> {
    let mut connection = Connection::open(config).await?;
    let ping = Wire::new(config).ping(connection.client_id, Uuid::new_v4());
    connection
        .try_send(without_reply(ping), &mut |_| false)
        .await?;
    connection.close().await;
    Ok(())
}

/// The frame without the temporary queue, which may be what the broker refuses.
fn without_reply(frame: Frame) -> Frame {
    let headers = frame.headers.iter().filter(|(name, _)| *name != "reply-to");
    Frame {
        headers: headers.collect(),
        ..frame
    }
}

/// Says which workers there are.
///
/// # Errors
/// The check that keeps this from being known.
async fn look_at_workers(
    config: &Config,
    bounces: bool,
    findings: &mut Findings<'_>,
) -> Result<Vec<Pong>, Check> {
    let Answers {
        pongs, listening, ..
    } = match ping(config, bounces).await {
        Ok(answers) => answers,
        Err(refusal) => {
            let words = format!("no temporary queue for them: {}", refusal.detail());
            findings.fail(Check::Replies, words, mend::replies(config, &refusal));
            for check in [Check::Workers, Check::WorkerVersions] {
                findings.skip(check, Check::Replies);
            }
            return Err(Check::Replies);
        }
    };
    findings.pass(
        Check::Replies,
        "the broker makes a temporary queue for them",
    );
    if pongs.is_empty() {
        if listening {
            let words = format!("somebody listens, but does not answer within {PONG_WITHIN:?}");
            let mend = "look whether a worker hangs, or its machine is too busy; restart it";
            findings.fail(Check::Workers, words, mend);
        } else {
            let words = format!("no worker serves `{}` now", config.queue);
            findings.fail(Check::Workers, words, mend::no_worker(config));
        }
        findings.skip(Check::WorkerVersions, Check::Workers);
        return if listening {
            Err(Check::Workers)
        } else {
            Ok(pongs)
        };
    }
    let names = listed(pongs.iter().map(|pong| pong.name.clone()));
    if pongs.iter().all(|pong| pong.draining) {
        let words = format!("all are about to stop: {names}");
        findings.fail(Check::Workers, words, mend::no_worker(config));
    } else {
        findings.pass(Check::Workers, format!("answered by {names}"));
    }
    look_at_versions(&pongs, findings);
    Ok(pongs)
}

/// What comes back for a ping.
struct Answers {
    id: Uuid,
    pongs: Vec<Pong>,
    /// Whether somebody may have heard it, even if nobody answers.
    listening: bool,
    /// How long more may come.
    until: Instant,
}

impl Answers {
    fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Pong { id, pong } if id == self.id => {
                if self.pongs.is_empty() {
                    self.until = Instant::now() + OTHERS_WITHIN;
                }
                self.pongs.push(pong);
            }
            Incoming::NobodyToPing { id } if id == self.id => {
                self.listening = false;
                self.until = Instant::now();
            }
            _ => {}
        }
    }
}

/// Asks the workers who they are.
async fn ping(config: &Config, bounces: bool) -> Result<Answers, Refusal> {
    let wire = Wire::new(config);
    let mut connection = Connection::open(config).await?;
    if bounces {
        connection.subscribe().await?;
    }
    let mut answers = Answers {
        id: Uuid::new_v4(),
        pongs: Vec::new(),
        listening: bounces,
        until: Instant::now() + PONG_WITHIN,
    };
    let ping = wire.ping(connection.client_id, answers.id);
    let mut take = |frame| {
        answers.take(wire.read(frame));
        false
    };
    connection.try_send(ping, &mut take).await?;
    while let Some(frame) = connection.message(answers.until).await? {
        answers.take(wire.read(frame));
    }
    connection.close().await;
    let pongs = &mut answers.pongs;
    pongs.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(answers)
}

fn look_at_versions(workers: &[Pong], findings: &mut Findings<'_>) {
    let differ = |worker: &&Pong| compatible_part(&worker.version) != compatible_part(OURS);
    let others: Vec<_> = workers
        .iter()
        .filter(differ)
        .map(|worker| format!("{} ({})", worker.name, worker.version))
        .collect();
    if others.is_empty() {
        return findings.pass(Check::WorkerVersions, format!("{OURS}, as this client's"));
    }
    let words = format!(
        "this client has {OURS}, but not {}",
        listed(others.into_iter())
    );
    let mend = "bring workers and clients to the same version";
    findings.fail(Check::WorkerVersions, words, mend);
}

/// The first of many, and how many there are besides.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let names: Vec<_> = names.take(LISTED).collect();
    let names = names.join(", ");
    if more == 0 {
        names
    } else {
        format!("{names} and {more} more")
    }
}

/// What must be equal for two versions to go together (<https://semver.org>): the major version,
/// and before 1.0 the minor one, too.
fn compatible_part(version: &str) -> &str {
    let end = |dots: usize| version.match_indices('.').nth(dots).map(|(at, _)| at);
    let dots = usize::from(version.starts_with("0."));
    &version[..end(dots).unwrap_or(version.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_go_together_as_semver_says() {
        for (version, part) in [
            ("0.1.0", "0.1"),
            ("0.1.7-rc.1", "0.1"),
            ("1.2.3", "1"),
            ("12.0.0", "12"),
            ("0", "0"),
            ("", ""),
        ] {
            assert_eq!(compatible_part(version), part);
        }
    }
}
