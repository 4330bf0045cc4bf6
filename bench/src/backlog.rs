//! Requests that wait in a queue until somebody serves them, and how fast that goes.

use std::{
    collections::HashSet,
    env,
    path::PathBuf,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueDeclareOptions, QueuePurgeOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::runtime::Runtime;
use uuid::Uuid;
use warren_contract::{BOUNCE_EXCHANGE, header};
use warren_e2e::Stack;
use warren_rabbitmq::Child;

use crate::cpu_time;

/// The queue of the requests. No policy of Warren's bounds it.
pub(crate) const QUEUE: &str = "backlog";

/// How long a caller of these requests would wait, in milliseconds: longer than anything takes here.
const EXPIRATION: &str = "300000";

/// How long the broker is left alone with what it was given before anybody serves it.
const SETTLING: Duration = Duration::from_millis(300);

/// How often it is looked how many replies there are: often about the first and the last ones,
/// which the result depends on, and seldom in between, so as not to disturb.
const OFTEN: Duration = Duration::from_millis(1);
const SELDOM: Duration = Duration::from_millis(20);

/// The longest that serving everything may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The requests, as Warren's clients send them, and what is to be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requests {
    pub(crate) procedure: &'static str,
    pub(crate) body: &'static str,
    pub(crate) answer: &'static str,
    pub(crate) count: u32,
}

/// How requests were served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served {
    /// Requests per second, from the first reply to the last.
    pub(crate) rate: f64,
    /// What each cost those who served, in microseconds of processor time.
    pub(crate) server_us: f64,
    /// What each cost the broker, in microseconds of processor time.
    pub(crate) broker_us: f64,
}

/// A durable queue as Warren declares it, and a queue for the replies.
///
/// Nobody consumes the replies while they come: the broker counts them.
#[derive(Debug)]
pub(crate) struct Backlog {
    amqp: String,
    broker: u32,
    runtime: Runtime,
    _connection: Connection,
    channel: Channel,
    replies: ShortString,
}

impl Backlog {
    /// In a virtual host of its own.
    pub(crate) fn new() -> Self {
        let amqp = Stack::shared().amqp().to_owned();
        let node = warren_rabbitmq::shared().expect("the stack has it");
        let runtime = Runtime::new().expect("threads to run on");
        let (connection, channel, replies) = runtime.block_on(async {
            let properties = ConnectionProperties::default();
            let connection = Connection::connect(&amqp, properties).await;
            let connection = connection.expect("the broker runs");
            let channel = connection.create_channel().await.expect("a channel");
            let mut arguments = FieldTable::default();
            let bounced = AMQPValue::LongString(BOUNCE_EXCHANGE.into());
            arguments.insert("x-dead-letter-exchange".into(), bounced);
            let durable = QueueDeclareOptions::durable();
            let declared = channel.queue_declare(QUEUE.into(), durable, arguments);
            declared.await.expect("a queue");
            let own = QueueDeclareOptions {
                exclusive: true,
                ..QueueDeclareOptions::default()
            };
            let declared = channel.queue_declare("".into(), own, FieldTable::default());
            let replies = declared.await.expect("a queue").name().clone();
            (connection, channel, replies)
        });
        Self {
            amqp,
            broker: node.id().expect("it runs"),
            runtime,
            _connection: connection,
            channel,
            replies,
        }
    }

    /// Where the broker is.
    pub(crate) fn amqp(&self) -> &str {
        &self.amqp
    }

    /// Queues the requests, starts those who serve, and waits for all replies. What they print goes
    /// nowhere.
    pub(crate) fn serve(&self, requests: &Requests, servers: &mut [Command]) -> Served {
        self.runtime.block_on(self.queue(requests));
        sleep(SETTLING);
        let servers: Vec<Child> = servers
            .iter_mut()
            .map(|server| {
                server.stdout(Stdio::null()).stderr(Stdio::null());
                Child::spawn(server).unwrap_or_else(|error| panic!("{server:?}: {error}"))
            })
            .collect();
        let first = self.wait_for(1, requests.count);
        let begin = Instant::now();
        let used = || {
            let servers = servers.iter().map(|server| cpu_time(server.id()));
            (servers.sum::<Duration>(), cpu_time(self.broker))
        };
        let (servers_before, broker_before) = used();
        self.wait_for(requests.count, requests.count);
        let elapsed = begin.elapsed();
        let (servers_after, broker_after) = used();
        // The last acknowledgements are still to come, without which requests would be queued again.
        sleep(SETTLING);
        drop(servers);
        self.runtime.block_on(self.check(requests));
        let served = f64::from(requests.count - first);
        let each = |used: Duration| used.as_secs_f64() * 1e6 / served;
        Served {
            rate: served / elapsed.as_secs_f64(),
            server_us: each(servers_after - servers_before),
            broker_us: each(broker_after - broker_before),
        }
    }

    async fn queue(&self, requests: &Requests) {
        for queue in [QUEUE.into(), self.replies.clone()] {
            let purged = self
                .channel
                .queue_purge(queue, QueuePurgeOptions::default());
            purged.await.expect("the queue is there");
        }
        for _ in 0..requests.count {
            let properties = BasicProperties::default()
                .with_content_type(header::JSON.into())
                .with_type(requests.procedure.into())
                .with_expiration(EXPIRATION.into())
                .with_reply_to(self.replies.clone())
                .with_correlation_id(Uuid::new_v4().to_string().into());
            let options = BasicPublishOptions::default();
            let body = requests.body.as_bytes();
            let published = self
                .channel
                .basic_publish("".into(), QUEUE.into(), options, body, properties)
                .await;
            let _ = published.expect("the broker takes it").await;
        }
        while self.length(QUEUE.into()).await < requests.count {
            tokio::time::sleep(OFTEN).await;
        }
    }

    /// Waits until there are at least so many of `all` replies; returns how many there are.
    fn wait_for(&self, wanted: u32, all: u32) -> u32 {
        let begin = Instant::now();
        loop {
            let replies = self.runtime.block_on(self.length(self.replies.clone()));
            if replies >= wanted {
                return replies;
            }
            assert!(
                begin.elapsed() < LIMIT,
                "after {LIMIT:?} there are {replies} replies of {all}"
            );
            let is_between = replies > 0 && replies < all - all / 20;
            sleep(if is_between { SELDOM } else { OFTEN });
        }
    }

    /// Makes sure that every request was answered, rightly, and once.
    async fn check(&self, requests: &Requests) {
        assert_eq!(self.length(QUEUE.into()).await, 0, "all was acknowledged");
        let options = BasicConsumeOptions {
            no_ack: true,
            ..BasicConsumeOptions::default()
        };
        let tag: ShortString = "check".into();
        let consumed = self.channel.basic_consume(
            self.replies.clone(),
            tag.clone(),
            options,
            FieldTable::default(),
        );
        let mut consumer = consumed.await.expect("it is ours");
        let mut ids = HashSet::new();
        for _ in 0..requests.count {
            let reply = consumer.next().await.expect("a reply").expect("a reply");
            assert_eq!(reply.data, requests.answer.as_bytes());
            let id = reply.properties.correlation_id().clone();
            assert!(ids.insert(id.expect("a reply says to what it is one")));
        }
        let cancelled = self.channel.basic_cancel(tag, Default::default());
        cancelled.await.expect("the broker agrees");
    }

    async fn length(&self, queue: ShortString) -> u32 {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let declared = self
            .channel
            .queue_declare(queue, passive, FieldTable::default())
            .await;
        declared.expect("the queue is there").message_count()
    }
}

/// A program of this package, or `warren-worker`: they are built into one folder.
pub(crate) fn program(name: &str) -> PathBuf {
    let this = env::current_exe().expect("this program has a path");
    let program = this.with_file_name(name);
    assert!(
        program.exists(),
        "{} is not built: run `cargo xtask bench`",
        program.display()
    );
    program
}
