//! One request, from its coming to its settlement with the broker.

use std::pin::pin;

use tokio::{select, time::Instant};
use tracing::{Instrument, debug, error, warn};

use crate::{
    answer::Answer,
    error::BrokerError,
    reply::Reply,
    server::Server,
    tally::{Settled, Source},
    trace,
    transport::{Delivery, Published},
};

/// Answers one request, settles it with the broker, and counts it: acknowledged only once the
/// broker has confirmed the reply.
pub(crate) async fn settle(server: &Server, delivery: impl Delivery) {
    let request = delivery.request();
    let taken = server.metrics.take(request);
    let span = trace::span(&server.queue, taken.procedure(), request);
    let settling = async {
        let settled = try_settle(server, &delivery).await;
        let (settled, source) = settled.unwrap_or_else(|error| {
            debug!(%error, "the broker will deliver this request again");
            (Settled::GivenBack, Source::Request)
        });
        trace::settled(settled);
        (settled, source)
    };
    let (settled, source) = settling.instrument(span).await;
    taken.settle(settled, source);
}

/// How the request was settled, and where its answer came from, if it had one.
async fn try_settle(
    server: &Server,
    delivery: &impl Delivery,
) -> Result<(Settled, Source), BrokerError> {
    let request = delivery.request();
    if request.reply_to.is_none() {
        // Whoever did not say so readably still hears of it, if the queue has where to bounce.
        debug!("a request without a usable reply_to and correlation id is not computed");
        delivery.give_up().await?;
        return Ok((Settled::Unanswerable, Source::Request));
    }
    let (outcome, source) = match answer(server, delivery).await? {
        Answer::Outcome(outcome, source) => (outcome, source),
        Answer::Expired => {
            debug!("expired before there was an answer");
            delivery.ack().await?;
            return Ok((Settled::Expired, Source::Request));
        }
        Answer::Cancelled => {
            debug!("cancelled by its caller");
            delivery.ack().await?;
            return Ok((Settled::Cancelled, Source::Request));
        }
        Answer::Stopped => {
            delivery.give_back().await?;
            return Ok((Settled::GivenBack, Source::Request));
        }
    };
    if let Err(fault) = &outcome.response {
        debug!(%fault, "answered with a fault");
        trace::fault(fault);
    }
    let reply = Reply::new(request.dialect, &outcome, &server.name);
    let settled = match delivery.reply(&reply).await? {
        Published::Confirmed => {
            delivery.ack().await?;
            match &outcome.response {
                Ok(_) => Settled::Served,
                Err(fault) => Settled::faulted(fault.code),
            }
        }
        Published::CallerGone => {
            debug!("the caller has gone: its reply queue no longer exists");
            delivery.ack().await?;
            Settled::CallerGone
        }
        Published::Refused if !request.redelivered => {
            warn!("the broker did not take the reply; the request goes back to the queue");
            delivery.give_back().await?;
            return Ok((Settled::GivenBack, Source::Request));
        }
        // A queue that refuses twice may refuse for ever; computing again and again helps nobody.
        Published::Refused => {
            error!("the broker did not take the reply again; the request is given up");
            delivery.give_up().await?;
            return Ok((Settled::GivenBack, Source::Request));
        }
    };
    Ok((settled, source))
}

/// Waits for the answer; meanwhile the caller is told of the computation, if it wants that.
async fn answer(server: &Server, delivery: &impl Delivery) -> Result<Answer, BrokerError> {
    let request = delivery.request();
    let mut computing = match server.answerer.take_up(request, Instant::now()) {
        Ok(computing) => computing,
        Err(answer) => return Ok(answer),
    };
    let Some(interval) = request.progress_every() else {
        return Ok(computing.answer().await);
    };
    if let Err(answer) = computing.begun().await {
        return Ok(answer);
    }
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
