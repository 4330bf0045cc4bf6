//! Where the broker is and who we are there: the options that all commands share.

use clap::Args;
use warren_client::{Config, Mode};

#[derive(Args)]
pub(super) struct Broker {
    /// The Web-STOMP endpoint of the broker.
    #[arg(
        long,
        global = true,
        env = "WARREN_URL",
        default_value = "ws://127.0.0.1:15674/ws"
    )]
    url: String,
    /// The broker's user [default: web; guest with --tutorial].
    #[arg(long, global = true, env = "WARREN_LOGIN")]
    login: Option<String>,
    /// That user's password [default: web; guest with --tutorial].
    #[arg(long, global = true, env = "WARREN_PASSCODE", hide_env_values = true)]
    passcode: Option<String>,
    /// The virtual host.
    #[arg(long, global = true, env = "WARREN_VHOST", default_value = "/")]
    vhost: String,
    /// The service to call; its queue has the same name.
    #[arg(long, global = true, env = "WARREN_QUEUE", default_value = "rpc_queue")]
    queue: String,
    /// Publish straight to the queue, as the programs of RabbitMQ's sixth tutorial do. It works
    /// with their servers, and on a broker without Warren's exchanges.
    #[arg(long, global = true)]
    tutorial: bool,
}

impl Broker {
    /// Whether the service may be one of the tutorials' servers, which tell nothing of themselves.
    pub(super) fn is_tutorial(&self) -> bool {
        self.tutorial
    }
}

impl From<Broker> for Config {
    fn from(broker: Broker) -> Self {
        let mode = if broker.tutorial {
            Mode::Tutorial
        } else {
            Mode::Warren
        };
        let defaults = Self::default().in_mode(mode);
        Self {
            url: broker.url,
            login: broker.login.unwrap_or(defaults.login),
            passcode: broker.passcode.unwrap_or(defaults.passcode),
            vhost: broker.vhost,
            queue: broker.queue,
            ..defaults
        }
    }
}
