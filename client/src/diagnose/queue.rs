//! Do requests come to a queue, and back from it when nobody takes them?

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;
use warren_contract::{Pong, header};
use warren_stomp::{Command, Frame};

use super::{
    connection::{ANSWER_WITHIN, Connection, Refusal},
    findings::{Check, Findings},
    mend,
    service::OTHERS_WITHIN,
};
use crate::{
    Config,
    engine::{Incoming, REPLY_QUEUE, Wire},
};

/// How long a request may take to come back, where there are workers: if it does not, one of them
/// has taken it.
const BACK_WITHIN: Duration = Duration::from_secs(1);

/// What became of a request that was sent to be tried.
enum Fate {
    /// It came back, for the broker's reason.
    Bounced(Option<String>),
    /// A worker replied.
    Answered,
    /// Neither.
    Unknown,
}

/// Sends a request that nobody computes, and looks what becomes of it. `workers` are those that
/// there are, or the check that keeps this from being known.
pub(super) async fn look(
    config: &Config,
    bounces: bool,
    workers: Result<Vec<Pong>, Check>,
    findings: &mut Findings<'_>,
) {
    let service = &config.queue;
    let fate = match try_request(config, bounces, &workers).await {
        Ok(fate) => fate,
        Err(refusal) => {
            let words = format!("exchange `{service}`: {}", refusal.detail());
            findings.fail(Check::Requests, words, mend::exchange(config, &refusal));
            return findings.skip(Check::Queue, Check::Requests);
        }
    };
    findings.pass(Check::Requests, format!("exchange `{service}` takes them"));
    if !bounces {
        return findings.skip(Check::Queue, Check::Bounces);
    }
    match fate {
        Fate::Bounced(None) => {
            let words = format!("no queue is behind exchange `{service}`");
            findings.fail(Check::Queue, words, mend::no_queue(config));
        }
        Fate::Bounced(Some(reason)) if reason == "maxlen" => {
            let words = format!("queue `{service}` is full");
            let mend = "start more workers, or find out why those that are there do not get on";
            findings.fail(Check::Queue, words, mend);
        }
        Fate::Bounced(Some(_)) => {
            let words = format!("queue `{service}` hands back what nobody takes in time");
            findings.pass(Check::Queue, words);
        }
        Fate::Answered => {
            findings.pass(
                Check::Queue,
                format!("a worker answers from queue `{service}`"),
            );
        }
        Fate::Unknown => match workers {
            Err(lacking) => findings.skip(Check::Queue, lacking),
            Ok(workers) if workers.is_empty() => {
                let words = format!("`{service}` does not hand back what nobody takes");
                findings.fail(Check::Queue, words, mend::bounces(config));
            }
            Ok(_) => {
                let words = format!("a worker takes from queue `{service}`");
                findings.pass(Check::Queue, words);
            }
        },
    }
}

async fn try_request(
    config: &Config,
    bounces: bool,
    workers: &Result<Vec<Pong>, Check>,
) -> Result<Fate, Refusal> {
    // Where there may be no temporary queue, the name of none keeps a server of the tutorials from
    // stumbling over a request that it cannot answer.
    let nowhere = Uuid::new_v4().to_string();
    let (workers, reply_to) = match workers {
        Ok(workers) => (workers.as_slice(), REPLY_QUEUE),
        Err(_) => (&[][..], nowhere.as_str()),
    };
    let wire = Wire::new(config);
    let mut connection = Connection::open(config).await?;
    if bounces {
        connection.subscribe().await?;
    }
    let id = Uuid::new_v4();
    if !workers.is_empty() {
        cancel(&mut connection, &wire, id, workers.len()).await?;
    }
    let procedure = workers.iter().flat_map(|worker| &worker.procedures).next();
    let procedure = procedure.map(|procedure| procedure.name.as_str());
    let mut request = request(&wire, connection.client_id, id).with_header("reply-to", reply_to);
    if let Some(procedure) = procedure {
        request = request.with_header("type", procedure);
    }

    let mut fate = Fate::Unknown;
    let mut take = |frame| {
        match wire.read(frame) {
            Incoming::Bounce { id: of, reason } if of == id => fate = Fate::Bounced(reason),
            Incoming::Reply { id: of, .. } if of == id => fate = Fate::Answered,
            _ => return false,
        }
        true
    };
    // A queue that is full may keep the broker from saying that it took the request.
    let settled = connection.try_send(request, &mut take).await?;
    let within = if workers.is_empty() {
        ANSWER_WITHIN
    } else {
        BACK_WITHIN
    };
    let until = Instant::now() + within;
    if bounces && !settled {
        while let Some(frame) = connection.message(until).await? {
            if take(frame) {
                break;
            }
        }
    }
    connection.close().await;
    Ok(fate)
}

/// Cancels the call `id` before it is made, and waits until the workers have heard of it, so that
/// none computes it.
async fn cancel(
    connection: &mut Connection,
    wire: &Wire,
    id: Uuid,
    workers: usize,
) -> Result<(), Refusal> {
    let ping = Uuid::new_v4();
    connection.send(&wire.cancel(connection.client_id, id))?;
    connection.send(&wire.ping(connection.client_id, ping))?;
    let until = Instant::now() + OTHERS_WITHIN;
    let mut heard = 0;
    while heard < workers
        && let Some(frame) = connection.message(until).await?
    {
        if matches!(wire.read(frame), Incoming::Pong { id, .. } if id == ping) {
            heard += 1;
        }
    }
    Ok(())
}

/// A request that has no time at all, without a reply queue: unless a worker is free at this
/// moment, it comes back from the queue at once; and what is free drops it, as its time is over. A
/// server of the tutorials computes it in no time.
pub(super) fn request(wire: &Wire, client: Uuid, id: Uuid) -> Frame {
    Frame::new(Command::Send)
        .with_header("destination", &wire.requests(client))
        .with_header("correlation-id", &id.to_string())
        .with_header("content-type", header::JSON)
        .with_header("expiration", "0")
        .with_body("0")
}
