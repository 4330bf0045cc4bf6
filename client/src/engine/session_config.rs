//! How each STOMP session of a client begins.

use std::time::Duration;

use warren_stomp::{HeartBeat, Limits, SessionConfig};

use super::link::STEP_TIMEOUT;
use crate::Config;

/// What a pong may take, however little a reply may. One with some procedures has 300 bytes.
const PONG_BYTES: usize = 64 * 1024;

/// RabbitMQ closes a Web-STOMP connection that sends nothing for 60 s, and browsers may delay a
/// hidden page's timers.
const HEART_BEAT: HeartBeat = HeartBeat {
    send: Duration::from_secs(20),
    receive: Duration::from_secs(10),
};

/// The session that a client of this configuration has with the broker.
pub(crate) fn session_config(config: &Config) -> SessionConfig {
    SessionConfig {
        host: config.vhost.clone(),
        login: config.login.clone(),
        passcode: config.passcode.clone(),
        heart_beat: HEART_BEAT,
        connect_timeout: STEP_TIMEOUT,
        limits: Limits {
            body_bytes: config.max_reply_bytes.max(PONG_BYTES),
            ..Limits::default()
        },
    }
}
