//! What can be tried where the workers are servers of the tutorials: the way to their queue and
//! back, but neither the queue nor themselves, as any request to them is a call.

use uuid::Uuid;

use super::{
    connection::{Connection, Refusal},
    findings::{Check, Findings},
    mend, queue,
};
use crate::{
    Config,
    engine::{REPLY_QUEUE, Wire},
};

/// Publishes to a queue that there is not, as the broker drops that without a word.
pub(super) async fn look(config: &Config, findings: &mut Findings<'_>) {
    match try_publishing(config, false).await {
        Ok(()) => findings.pass(Check::Publishing, "the default exchange takes messages"),
        Err(refusal) => {
            let words = format!("the default exchange: {}", refusal.detail());
            findings.fail(Check::Publishing, words, mend::publishing(config, &refusal));
            return;
        }
    }
    match try_publishing(config, true).await {
        Ok(()) => findings.pass(
            Check::Replies,
            "the broker makes a temporary queue for them",
        ),
        Err(refusal) => {
            let words = format!("no temporary queue for them: {}", refusal.detail());
            findings.fail(Check::Replies, words, mend::publishing(config, &refusal));
        }
    }
}

async fn try_publishing(config: &Config, with_reply: bool) -> Result<(), Refusal> {
    let nowhere = Config {
        queue: Uuid::new_v4().to_string(),
        ..config.clone()
    };
    let mut connection = Connection::open(config).await?;
    let wire = Wire::new(&nowhere);
    let mut message = queue::request(&wire, connection.client_id, Uuid::new_v4());
    if with_reply {
        message = message.with_header("reply-to", REPLY_QUEUE);
    }
    connection.try_send(message, &mut |_| false).await?;
    connection.close().await;
    Ok(())
}
