//! A worker at a broker in memory.

use std::{num::NonZeroU16, time::Duration};

use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};
use warren_contract::{Fault, Procedure};

use super::memory::Memory;
use crate::{Context, Refusal, Service, Tally, Worker, control::Control, request::Request};

/// The one queue of most tests.
pub(super) const QUEUE: &str = "naps";

/// Sleeps for so many milliseconds, and says how many. It may be done twice.
pub(super) enum Nap {}

impl Procedure for Nap {
    const NAME: &'static str = "nap";
    const IDEMPOTENT: bool = true;
    type Request = u64;
    type Response = u64;
}

/// The same, but not to be done twice.
pub(super) enum Payment {}

impl Procedure for Payment {
    const NAME: &'static str = "payment";
    const IDEMPOTENT: bool = false;
    type Request = u64;
    type Response = u64;
}

pub(super) async fn nap(ms: u64, _: Context) -> Result<u64, Fault> {
    sleep(Duration::from_millis(ms)).await;
    Ok(ms)
}

pub(super) fn naps() -> Service {
    Service::new(QUEUE).async_function::<Nap, _>(nap)
}

pub(super) fn number(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("not zero")
}

/// A worker that computes one request at a time, and has been told nothing else.
pub(super) fn worker() -> Worker {
    let broker = "amqp://".parse().expect("an address");
    let mut worker = Worker::new(broker);
    worker.name = "hare".to_owned();
    worker.concurrency = Some(number(1));
    worker
}

/// A request of a Warren client for a nap, which has this correlation id.
pub(super) fn request(id: &str, body: &str) -> Request {
    Request {
        procedure: Some(Nap::NAME.to_owned()),
        reply_to: Some("replies".to_owned()),
        correlation_id: Some(id.to_owned()),
        body: body.to_owned().into(),
        ..Request::default()
    }
}

/// The same for a payment.
pub(super) fn payment(id: &str, ms: u64) -> Request {
    Request {
        procedure: Some(Payment::NAME.to_owned()),
        ..request(id, &ms.to_string())
    }
}

/// A worker at a broker in memory.
pub(super) struct Rig {
    pub(super) memory: Memory,
    start: Instant,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Tally, Refusal>>,
}

impl Rig {
    /// Begins to serve naps, and is ready.
    pub(super) async fn start(worker: Worker) -> Self {
        Self::serve(worker, vec![naps()]).await
    }

    pub(super) async fn serve(worker: Worker, services: Vec<Service>) -> Self {
        Self::serve_at(Memory::default(), worker, services).await
    }

    pub(super) async fn serve_at(memory: Memory, worker: Worker, services: Vec<Service>) -> Self {
        Self::serve_at_any(vec![memory], worker, services).await
    }

    /// The same at a broker with these nodes.
    pub(super) async fn serve_at_any(
        nodes: Vec<Memory>,
        worker: Worker,
        services: Vec<Service>,
    ) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let memory = nodes[0].clone();
        let task = tokio::spawn(async move {
            let shutdown = async {
                // A rig that is dropped stops its worker, too.
                let _ = stopped.await;
            };
            worker.serve_at(nodes, services, shutdown).await
        });
        let mut rig = Self {
            memory,
            start: Instant::now(),
            stop: Some(stop),
            task,
        };
        rig.at(0).await;
        rig
    }

    /// Puts a request for a nap into the queue.
    pub(super) fn send(&self, id: &str, ms: u64) {
        self.memory.send(QUEUE, request(id, &ms.to_string()));
    }

    /// A caller gives up.
    pub(super) fn cancel(&self, id: &str) {
        self.memory.control(&Control::Cancel {
            correlation_id: id.to_owned(),
        });
    }

    /// Waits until so many milliseconds after the start, and then for all that happens without
    /// further waiting.
    pub(super) async fn at(&mut self, ms: u64) {
        sleep_until(self.start + Duration::from_millis(ms)).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    /// What happened until so many milliseconds after the start, from the last time on.
    pub(super) async fn log_at(&mut self, ms: u64) -> Vec<String> {
        self.at(ms).await;
        self.memory.log()
    }

    /// What happened until every request was settled, from the last time on.
    pub(super) async fn settled(&mut self) -> Vec<String> {
        self.memory.settled().await;
        self.memory.log()
    }

    /// Tells the worker to stop.
    pub(super) fn stop(&mut self) {
        let stop = self.stop.take().expect("it stops once");
        stop.send(()).expect("the worker runs");
    }

    /// What the worker says that ends by itself.
    pub(super) async fn end(self) -> Result<Tally, Refusal> {
        let ended = timeout(Duration::from_secs(3600), self.task).await;
        let ended = ended.expect("the worker ends");
        ended.expect("the worker does not panic")
    }

    /// Stops the worker, if it runs; this is what it did.
    pub(super) async fn tally(mut self) -> Tally {
        drop(self.stop.take());
        self.end().await.expect("nothing was refused")
    }
}
