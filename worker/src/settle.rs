//! One request, from its coming to its settlement with the broker.

use std::{pin::pin, sync::Arc};

use tokio::{select, time::Instant};
use tracing::{debug, error, warn};

use crate::{
    answer::Answer,
    error::BrokerError,
    reply::Reply,
    server::Server,
    tally::Settled,
    transport::{Delivery, Published},
};

/// Answers one request and settles it with the broker: acknowledged only once the broker has
/// confirmed the reply.
pub(crate) async fn settle(server: Arc<Server>, delivery: impl Delivery) -> Settled {
    match try_settle(&server, &delivery).await {
        Ok(settled) => settled,
        Err(error) => {
            debug!(%error, "the broker will deliver this request again");
            Settled::GivenBack
        }
    }
}

async fn try_settle(server: &Server, delivery: &impl Delivery) -> Result<Settled, BrokerError> {
    let request = delivery.request();
    if request.reply_to.is_none() {
        // Whoever did not say so readably still hears of it, if the queue has where to bounce.
        debug!("a request without a usable reply_to and correlation id is not computed");
        delivery.give_up().await?;
        return Ok(Settled::Unanswerable);
    }
    let (outcome, source) = match answer(server, delivery).await? {
        Answer::Outcome(outcome, source) => (outcome, source),
        Answer::Expired => {
            debug!("expired before there was an answer");
            delivery.ack().await?;
            return Ok(Settled::Expired);
        }
        Answer::Cancelled => {
            debug!("cancelled by its caller");
            delivery.ack().await?;
            return Ok(Settled::Cancelled);
        }
        Answer::Stopped => {
            delivery.give_back().await?;
            return Ok(Settled::GivenBack);
        }
    };
    if let Err(fault) = &outcome.response {
        debug!(%fault, "answered with a fault");
    }
    let reply = Reply::new(request.dialect, &outcome, &server.name);
    match delivery.reply(&reply).await? {
        Published::Confirmed => {
            delivery.ack().await?;
            Ok(match &outcome.response {
                Ok(_) => Settled::Served(source),
                Err(_) => Settled::Faulted(source),
            })
        }
        Published::CallerGone => {
            debug!("the caller has gone: its reply queue no longer exists");
            delivery.ack().await?;
            Ok(Settled::CallerGone(source))
        }
        Published::Refused if !request.redelivered => {
            warn!("the broker did not take the reply; the request goes back to the queue");
            delivery.give_back().await?;
            Ok(Settled::GivenBack)
        }
        // A queue that refuses twice may refuse for ever; computing again and again helps nobody.
        Published::Refused => {
            error!("the broker did not take the reply again; the request is given up");
            delivery.give_up().await?;
            Ok(Settled::GivenBack)
        }
    }
}

/// Waits for the answer; meanwhile the caller is told of the computation, if it wants that.
async fn answer(server: &Server, delivery: &impl Delivery) -> Result<Answer, BrokerError> {
    let request = delivery.request();
    let computing = match server.answerer.take_up(request, Instant::now()).await {
        Ok(computing) => computing,
        Err(answer) => return Ok(answer),
    };
    let Some(interval) = request.progress_every() else {
        return Ok(computing.answer().await);
    };
    delivery.tell(&Reply::started(&server.name)).await?;
    let mut reports = computing.reports(interval);
    let mut answer = pin!(computing.answer());
    loop {
        select! {
            biased;
            answer = &mut answer => return Ok(answer),
            progress = reports.next() => {
                delivery.tell(&Reply::progress(progress, &server.name)).await?;
            }
        }
    }
}
