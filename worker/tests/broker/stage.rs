//! A virtual host of one's own, and a worker in it.

use std::{num::NonZeroU16, time::Duration};

use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};
use warren_worker::{BrokerUrls, Handler, QueueKind, Refusal, Service, Tally};

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

/// The same virtual host as the user `worker` of `definitions.json` comes to it.
pub(crate) fn as_worker(vhost: &str) -> String {
    let node = warren_rabbitmq::shared().expect("RabbitMQ starts");
    node.worker_amqp_url_of(vhost)
}

/// Where and how a worker under test serves.
pub(crate) struct Setting {
    pub(crate) broker: BrokerUrls,
    pub(crate) queue: &'static str,
    pub(crate) queue_kind: QueueKind,
    pub(crate) concurrency: NonZeroU16,
    pub(crate) prefetch: NonZeroU16,
}

/// A worker at `url` that serves one request at a time.
pub(crate) fn service(url: &str) -> Setting {
    Setting {
        broker: url.parse().expect("the node's address is valid"),
        queue: QUEUE,
        queue_kind: QueueKind::Durable,
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
    /// Serves this handler.
    pub(crate) fn start(setting: Setting, handler: impl Handler) -> Self {
        let service = Service::new(setting.queue)
            .queue_kind(setting.queue_kind)
            .handler(handler);
        let mut worker = warren_worker::Worker::new(setting.broker);
        worker.name = "worker-under-test".to_owned();
        worker.concurrency = Some(setting.concurrency);
        worker.prefetch = Some(setting.prefetch);
        Self::serve(worker, [service])
    }

    pub(crate) fn serve(
        worker: warren_worker::Worker,
        services: impl IntoIterator<Item = Service, IntoIter: Send> + Send + 'static,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let shutdown = async {
                // A dropped sender means stop, too.
                let _ = stopped.await;
            };
            worker.serve(services, shutdown).await
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
