//! Serving over one connection, from its first delivery to its end.

use std::{pin::Pin, sync::Arc, time::Instant};

use tokio::{select, task::JoinSet, time::timeout};
use tracing::{Instrument, debug, error, info_span, warn};

use crate::{
    DRAIN, Handler, Tally,
    amqp::{Deliveries, Delivery, Published},
    answer::{Answer, Answerer},
    error::BrokerError,
    reply::Reply,
};

/// How a session ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The worker was told to stop, and what ran has finished or ran out of time.
    Shutdown,
    /// The connection, or its consumer, is gone.
    Lost(BrokerError),
}

/// How a request was settled with the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Served,
    Faulted,
    CallerGone,
    Unanswerable,
    Expired,
    GivenBack,
}

/// Serves until `shutdown` completes or the connection is lost.
///
/// Each request is a task that waits for its own core and its own confirm, so replies are
/// pipelined. If the connection is lost the tasks end with it: their replies have nowhere to go,
/// and the broker delivers the requests again.
pub(crate) async fn run<H: Handler>(
    mut deliveries: Deliveries,
    answerer: &Arc<Answerer<H>>,
    worker: &Arc<str>,
    mut shutdown: Pin<&mut impl Future<Output = ()>>,
    tally: &mut Tally,
) -> Ended {
    let mut requests = JoinSet::new();
    loop {
        select! {
            () = shutdown.as_mut() => break,
            Some(settled) = requests.join_next() => count(tally, settled),
            delivery = deliveries.next() => match delivery {
                Ok(delivery) => {
                    let correlation_id = delivery.request.correlation_id.as_deref();
                    let span = info_span!("request", correlation_id);
                    let settle = settle(Arc::clone(answerer), Arc::clone(worker), delivery);
                    requests.spawn(settle.instrument(span));
                }
                Err(lost) => return Ended::Lost(lost),
            },
        }
    }
    answerer.stop();
    let drain = async {
        deliveries.stop().await;
        while let Some(settled) = requests.join_next().await {
            count(tally, settled);
        }
    };
    if timeout(DRAIN, drain).await.is_err() {
        let unfinished = requests.len();
        warn!(
            unfinished,
            "left to the broker: still running after {DRAIN:?}"
        );
    }
    Ended::Shutdown
}

fn count(tally: &mut Tally, settled: Result<Settled, tokio::task::JoinError>) {
    let counter = match settled.expect("settling neither panics nor is aborted while it is awaited")
    {
        Settled::Served => &mut tally.served,
        Settled::Faulted => &mut tally.faulted,
        Settled::CallerGone => &mut tally.callers_gone,
        Settled::Unanswerable => &mut tally.unanswerable,
        Settled::Expired => &mut tally.expired,
        Settled::GivenBack => &mut tally.given_back,
    };
    *counter += 1;
}

/// Answers one request and settles it with the broker: acknowledged only once the broker has
/// confirmed the reply.
async fn settle<H: Handler>(
    answerer: Arc<Answerer<H>>,
    worker: Arc<str>,
    delivery: Delivery,
) -> Settled {
    match try_settle(&answerer, &worker, &delivery).await {
        Ok(settled) => settled,
        Err(error) => {
            debug!(%error, "the broker will deliver this request again");
            Settled::GivenBack
        }
    }
}

async fn try_settle<H: Handler>(
    answerer: &Answerer<H>,
    worker: &str,
    delivery: &Delivery,
) -> Result<Settled, BrokerError> {
    let request = &delivery.request;
    if request.reply_to.is_none() {
        warn!("a request without reply_to: nobody waits for it, so it is not computed");
        delivery.ack().await?;
        return Ok(Settled::Unanswerable);
    }
    let (outcome, compute) = match answerer.answer(request, Instant::now()).await {
        Answer::Outcome { outcome, compute } => (outcome, compute),
        Answer::Expired => {
            debug!("expired before its turn came");
            delivery.ack().await?;
            return Ok(Settled::Expired);
        }
        Answer::Stopped => {
            delivery.give_back().await?;
            return Ok(Settled::GivenBack);
        }
    };
    if let Err(fault) = &outcome {
        debug!(%fault, "answered with a fault");
    }
    let reply = Reply::new(request.dialect, &outcome, worker, compute);
    match delivery.reply(&reply).await? {
        Published::Confirmed => {
            delivery.ack().await?;
            Ok(match outcome {
                Ok(_) => Settled::Served,
                Err(_) => Settled::Faulted,
            })
        }
        Published::CallerGone => {
            debug!("the caller has gone: its reply queue no longer exists");
            delivery.ack().await?;
            Ok(Settled::CallerGone)
        }
        Published::Refused if !delivery.redelivered => {
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
