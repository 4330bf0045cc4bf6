//! A virtual host of one's own, and a worker in it.

use std::{num::NonZeroU16, time::Duration};

use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};
use warren_contract::Topology;
use warren_worker::{Handler, QueueKind, Refusal, Service, Tally, serve};

/// The longest that any wait in these tests takes, on a machine busy with other tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How often a state is asked for that nobody announces.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// The queue of the tutorial, which every virtual host here has.
pub(crate) const QUEUE: &str = "rpc_queue";

/// The AMQP address of a new virtual host with Warren's topology.
pub(crate) fn stage(vhost: &str) -> String {
    let node = warren_rabbitmq::shared().expect("RabbitMQ starts");
    node.add_vhost(vhost).expect("a new virtual host is set up");
    node.amqp_url_of(vhost)
}

/// What a worker serves at `url`, one request at a time.
pub(crate) fn service(url: &str) -> Service {
    Service {
        broker: url.parse().expect("the node's address is valid"),
        topology: Topology::new(QUEUE),
        queue_kind: QueueKind::Durable,
        name: "worker-under-test".to_owned(),
        concurrency: NonZeroU16::MIN,
        prefetch: NonZeroU16::MIN,
    }
}

pub(crate) fn at_most(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).expect("not zero")
}

/// A worker in this process.
#[must_use = "the worker stops when this is dropped"]
pub(crate) struct Worker {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Tally, Refusal>>,
}

impl Worker {
    pub(crate) fn start(service: Service, handler: impl Handler) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let shutdown = async {
                // A dropped sender means stop, too.
                let _ = stopped.await;
            };
            serve(service, handler, shutdown).await
        });
        Self { stop, task }
    }

    /// Tells the worker to stop, without waiting.
    pub(crate) fn begin_stop(self) -> JoinHandle<Result<Tally, Refusal>> {
        self.stop.send(()).expect("the worker still runs");
        self.task
    }

    pub(crate) async fn stop(self) -> Tally {
        stopped(self.begin_stop()).await
    }
}

/// What a worker did that was told to stop.
pub(crate) async fn stopped(stopping: JoinHandle<Result<Tally, Refusal>>) -> Tally {
    within("the worker stops", stopping)
        .await
        .expect("the worker does not panic")
        .expect("the broker accepts the worker")
}

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(LIMIT, future).await {
        Ok(value) => value,
        Err(_) => panic!("not within {LIMIT:?}: {what}"),
    }
}

/// Waits until `probe` says yes.
pub(crate) async fn until(what: &str, mut probe: impl AsyncFnMut() -> bool) {
    within(what, async {
        while !probe().await {
            sleep(POLL).await;
        }
    })
    .await;
}
