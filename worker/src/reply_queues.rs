//! To which queues a worker replies.

use clap::ValueEnum;

/// How the names begin that RabbitMQ makes up for queues declared without one; the second are those
/// of STOMP's temporary queues from RabbitMQ 4.4 on. One has 128 random bits, so that who knows it
/// was told. Nobody can declare the first, and the users of `definitions.json` not the second.
/// See <https://www.rabbitmq.com/docs/queues#server-named-queues>.
const SERVER_NAMED: [&str; 2] = ["amq.gen-", "stomp.gen-"];

/// To which queues a worker replies.
///
/// A request names the queue for its reply, and a worker may publish to every queue of its virtual
/// host. If it did so for everybody, whoever may call could let it write into queues of others: into
/// the service's own, or another's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ReplyQueues {
    /// Those whose names the broker made up, as the clients of Warren and of RabbitMQ's tutorials
    /// have them.
    #[default]
    ServerNamed,
    /// Any. This is for virtual hosts in which every caller may write to every queue.
    Any,
}

impl ReplyQueues {
    /// Whether this is one of them.
    pub(crate) fn contains(self, name: &str) -> bool {
        match self {
            Self::ServerNamed => SERVER_NAMED.iter().any(|start| name.starts_with(start)),
            Self::Any => true,
        }
    }
}
