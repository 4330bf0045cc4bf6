//! What the users of `definitions.json` may do on the broker, and what not.
//!
//! Whoever has the page has the passcode of its user, `web`, and is bound neither to Warren's client
//! nor to Web-STOMP: where the AMQP port can be reached, the same login is good for that.
//!
//! - `amqp`: `web` over AMQP, which lets it try the most.
//! - `stomp`: `web` over Web-STOMP.
//! - `elsewhere`: `web` at the management API, and in another virtual host.
//! - `limits`: how much of everything `web` may have.
//! - `worker`: `worker` over AMQP.
//!
//! The others are the stage: `act` has what can be tried over AMQP, `management` the management API,
//! `web_stomp` a client that sends any frame.

mod act;
mod amqp;
mod elsewhere;
mod limits;
mod management;
mod stomp;
mod web_stomp;
mod worker;

use std::time::Duration;

use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::timeout;
use warren_rabbitmq::shared;

/// Whoever waits for something that will happen waits no longer than this.
const LIMIT: Duration = Duration::from_secs(60);

/// The queue, and the exchange, of the service.
const SERVICE: &str = "rpc_queue";

/// The exchange for what is said to all workers.
const CONTROL: &str = "rpc_queue.control";

/// The exchange through which messages come back to their senders.
const BOUNCES: &str = "rpc.bounce";

/// A virtual host with all that `definitions.json` has.
fn stage(vhost: &str) {
    let node = shared().expect("a broker");
    node.add_vhost(vhost).expect("a virtual host");
}

async fn connect(user: &str, vhost: &str) -> lapin::Result<Connection> {
    let node = shared().expect("a broker");
    let url = match user {
        "worker" => node.worker_amqp_url_of(vhost),
        user => format!(
            "amqp://{user}:{user}@127.0.0.1:{}/{vhost}",
            node.ports().amqp
        ),
    };
    Connection::connect(&url, ConnectionProperties::default()).await
}

/// A channel of a user's in a virtual host, and the connection that it is on.
async fn channel(user: &str, vhost: &str) -> (Connection, Channel) {
    let connection = connect(user, vhost).await.expect("the user may connect");
    let channel = connection.create_channel().await.expect("a channel");
    (connection, channel)
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = timeout(LIMIT, future).await;
    done.unwrap_or_else(|_| panic!("not within {LIMIT:?}: {what}"))
}
