//! Serving over one connection, from its first delivery to its end.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::Arc,
    time::Instant,
};

use tokio::{
    select,
    task::{JoinError, JoinSet},
    time::timeout,
};
use tracing::{Instrument, debug, error, info_span, warn};

use crate::{
    DRAIN, Handler,
    amqp::{ControlMessages, Deliveries, Delivery, Published},
    answer::Answer,
    control::attend,
    error::BrokerError,
    reply::Reply,
    tally::Settled,
    worker::Worker,
};

/// How a session ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The worker was told to stop, and what ran has finished or ran out of time.
    Shutdown,
    /// The connection, or its consumer, is gone.
    Lost(BrokerError),
}

/// What one connection brings.
#[derive(Debug)]
pub(crate) struct Session {
    /// What is said to all workers.
    pub(crate) control: ControlMessages,
    /// The requests that are given to this one.
    pub(crate) deliveries: Deliveries,
}

impl Session {
    /// Serves until `shutdown` completes or the connection is lost.
    ///
    /// A worker that stops says so to those who ask, and still hears cancels of what it finishes.
    /// It listens until it has settled its last request: its control queue goes with the
    /// connection, so that a ping which bounces means that nobody computes any more, and that
    /// every reply has been sent.
    pub(crate) async fn run<H: Handler>(
        mut self,
        worker: &Arc<Worker<H>>,
        shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> Ended {
        let mut requests = JoinSet::new();
        select! {
            () = shutdown => {}
            Err(lost) = attend(&mut self.control, worker) => return Ended::Lost(lost),
            Err(lost) = take(&mut self.deliveries, &mut requests, worker) => {
                return Ended::Lost(lost);
            }
        }
        worker.answerer.stop();
        let Self {
            mut control,
            deliveries,
        } = self;
        let drain = async {
            deliveries.stop().await;
            while let Some(settled) = requests.join_next().await {
                count(worker, settled);
            }
        };
        let unfinished = select! {
            drained = timeout(DRAIN, drain) => {
                drained.err().map(|_| format!("still running after {DRAIN:?}"))
            }
            Err(lost) = attend(&mut control, worker) => Some(lost.to_string()),
        };
        if let Some(why) = unfinished {
            warn!(unfinished = requests.len(), "left to the broker: {why}");
        }
        Ended::Shutdown
    }
}

/// Takes requests until the connection is lost.
///
/// Each request is a task that waits for its own core and its own confirm, so replies are
/// pipelined. If the connection is lost the tasks end with it: their replies have nowhere to go,
/// and the broker delivers the requests again. What is computed for them goes on.
async fn take<H: Handler>(
    deliveries: &mut Deliveries,
    requests: &mut JoinSet<Settled>,
    worker: &Arc<Worker<H>>,
) -> Result<Infallible, BrokerError> {
    loop {
        select! {
            Some(settled) = requests.join_next() => count(worker, settled),
            delivery = deliveries.next() => {
                let delivery = delivery?;
                let correlation_id = delivery.request.correlation_id.as_deref();
                let span = info_span!("request", correlation_id);
                requests.spawn(settle(Arc::clone(worker), delivery).instrument(span));
            }
        }
    }
}

fn count<H: Handler>(worker: &Worker<H>, settled: Result<Settled, JoinError>) {
    worker.count(settled.expect("settling neither panics nor is aborted while it is awaited"));
}

/// Answers one request and settles it with the broker: acknowledged only once the broker has
/// confirmed the reply.
async fn settle<H: Handler>(worker: Arc<Worker<H>>, delivery: Delivery) -> Settled {
    match try_settle(&worker, &delivery).await {
        Ok(settled) => settled,
        Err(error) => {
            debug!(%error, "the broker will deliver this request again");
            Settled::GivenBack
        }
    }
}

async fn try_settle<H: Handler>(
    worker: &Worker<H>,
    delivery: &Delivery,
) -> Result<Settled, BrokerError> {
    let request = &delivery.request;
    if request.reply_to.is_none() {
        warn!("a request without reply_to: nobody waits for it, so it is not computed");
        delivery.ack().await?;
        return Ok(Settled::Unanswerable);
    }
    let (outcome, source) = match answer(worker, delivery).await? {
        Answer::Outcome(outcome, source) => (outcome, source),
        Answer::Expired => {
            debug!("expired before it was computed");
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
    let reply = Reply::new(request.dialect, &outcome, &worker.name);
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

/// Waits for the answer; meanwhile the caller is told of the computation, if it wants that.
async fn answer<H: Handler>(
    worker: &Worker<H>,
    delivery: &Delivery,
) -> Result<Answer, BrokerError> {
    let request = &delivery.request;
    let computing = match worker.answerer.take_up(request, Instant::now()).await {
        Ok(computing) => computing,
        Err(answer) => return Ok(answer),
    };
    let Some(interval) = request.progress_every else {
        return Ok(computing.answer().await);
    };
    delivery.tell(&Reply::started(&worker.name)).await?;
    let mut reports = computing.reports(interval);
    let mut answer = pin!(computing.answer());
    loop {
        select! {
            biased;
            answer = &mut answer => return Ok(answer),
            progress = reports.next() => {
                delivery.tell(&Reply::progress(progress, &worker.name)).await?;
            }
        }
    }
}
