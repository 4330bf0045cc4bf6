//! Names of the exchanges and queues of a service.

/// The service of RabbitMQ's sixth tutorial.
pub const DEFAULT_SERVICE: &str = "rpc_queue";

/// The direct exchange through which messages that could not be served come back to their
/// senders. The routing key is the client's id. All services of a virtual host share it.
pub const BOUNCE_EXCHANGE: &str = "rpc.bounce";

/// The names of one service's objects on the broker.
///
/// A request goes to the exchange, whose one binding leads to the queue. What the exchange cannot
/// route, and what dies in the queue, goes to [`BOUNCE_EXCHANGE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    service: String,
}

impl Topology {
    /// The names of the service `service`.
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
        }
    }

    /// The durable queue that holds requests; it has the name of the service.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.service
    }

    /// The fanout exchange to which clients publish requests; it has the name of the service.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.service
    }

    /// The fanout exchange to which clients publish pings and cancels.
    #[must_use]
    pub fn control_exchange(&self) -> String {
        format!("{}.control", self.service)
    }
}
