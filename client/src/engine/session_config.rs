//! How each STOMP session of a client begins.

use std::time::Duration;

use warren_stomp::{HeartBeat, Limits, SessionConfig};

use super::link::STEP_TIMEOUT;
use crate::Config;

/// What a pong may take, however little a reply may. One with some procedures has 300 bytes.
const PONG_BYTES: usize = 64 * 1024;

/// We promise none, and [send some](KEEP_ALIVE) all the same. RabbitMQ, up to 4.3 at least, ends a
/// Web-STOMP connection that has promised some once it reads on after it had to slow the client
/// down, as it does when many calls are made at once; its log says `{unexpected_message,resume}`.
const HEART_BEAT: HeartBeat = HeartBeat {
    send: Duration::ZERO,
    receive: Duration::from_secs(10),
};

/// RabbitMQ closes a Web-STOMP connection that sends nothing for 60 s, promised or not, and
/// browsers may delay a hidden page's timers.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The session that a client of this configuration has with the broker, but for a passcode that is
/// asked for.
pub(crate) fn session_config(config: &Config) -> SessionConfig {
    SessionConfig {
        host: config.vhost.clone(),
        login: config.login.clone(),
        passcode: config.passcode.fixed().unwrap_or_default().to_owned(),
        heart_beat: HEART_BEAT,
        keep_alive: KEEP_ALIVE,
        connect_timeout: STEP_TIMEOUT,
        limits: Limits {
            body_bytes: config.max_reply_bytes.max(PONG_BYTES),
            ..Limits::default()
        },
    }
}
