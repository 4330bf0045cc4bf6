//! One service over several queues.

use serde_json::json;
use warren_contract::{BOUNCE_EXCHANGE, Topology};

use super::Stack;

impl Stack {
    /// Spreads the clients of `service` over so many queues, each of which is served as a service of
    /// its own; gives the names of these. The service must have no exchange yet, and the node needs
    /// the plugin `rabbitmq_consistent_hash_exchange`.
    #[must_use]
    pub fn shard(&self, service: &str, shards: usize) -> Vec<String> {
        let whole = Topology::new(service);
        // A client's id is the routing key of all its requests, so that they go to one queue.
        self.put_exchange(whole.exchange(), "x-consistent-hash");
        self.put_exchange(&whole.control_exchange(), "fanout");
        let shard = |number| {
            let shard = Topology::new(format!("{service}.{number}"));
            self.put_exchange(shard.exchange(), "fanout");
            self.put_exchange(&shard.control_exchange(), "fanout");
            // To this exchange, the key is a weight: each queue gets as many clients.
            self.bind_exchange(whole.exchange(), shard.exchange(), "1");
            self.bind_exchange(&whole.control_exchange(), &shard.control_exchange(), "");
            shard.queue().to_owned()
        };
        (1..=shards).map(shard).collect()
    }

    fn put_exchange(&self, name: &str, kind: &str) {
        let exchange = json!({
            "type": kind,
            "durable": true,
            "arguments": { "alternate-exchange": BOUNCE_EXCHANGE },
        });
        let path = format!("exchanges/{}/{name}", self.vhost);
        self.management.put(&path, &exchange);
    }

    fn bind_exchange(&self, from: &str, to: &str, key: &str) {
        let path = format!("bindings/{}/e/{from}/e/{to}", self.vhost);
        self.management.post(&path, &json!({ "routing_key": key }));
    }
}
