//! Does the broker let us in, and is it one that Warren knows?

use tokio::time::timeout;
use warren_stomp::{Closed, HeartBeat, ProtocolError};

use super::{
    connection::{Connection, Greeting},
    findings::{Check, Findings},
    mend,
};
use crate::{
    Config, Disconnect, PasscodeSource,
    engine::{refused, session_config},
    socket::Socket,
    version::rabbitmq_version,
};

/// The oldest RabbitMQ that Warren works with, as major and minor version.
const OLDEST: (u32, u32) = (3, 10);

/// Those with which Warren is tested.
const TESTED: [(u32, u32); 3] = [(3, 10), (4, 0), (4, 3)];

/// The configuration with a passcode that stays: a source is asked for one. `None` if it fails.
pub(super) async fn with_passcode(config: &Config, findings: &mut Findings<'_>) -> Option<Config> {
    let Some(source) = config.passcode.source() else {
        return Some(config.clone());
    };
    let answer = timeout(PasscodeSource::ANSWER_WITHIN, source.ask()).await;
    match answer.unwrap_or_else(|_| Err(PasscodeSource::overdue())) {
        Ok(token) => Some(Config {
            passcode: token.passcode.into(),
            ..config.clone()
        }),
        Err(detail) => {
            findings.skip(Check::Stomp, Check::Login);
            let words = format!("there is no passcode: {detail}");
            findings.fail(Check::Login, words, "look at where passcodes come from");
            None
        }
    }
}

/// Logs in. True if that succeeds, so that there is more to look at.
pub(super) async fn greet(config: &Config, socket: Socket, findings: &mut Findings<'_>) -> bool {
    let mut connection = Connection::new(config, socket);
    match connection.greeting().await {
        Ok(greeting) => {
            findings.pass(Check::Stomp, "it speaks STOMP 1.2");
            findings.pass(Check::Login, format!("`{}` may log in", config.login));
            let entered = format!("`{}` may use `{}`", config.login, config.vhost);
            findings.pass(Check::Vhost, entered);
            look_at_version(greeting.server.as_deref(), findings);
            look_at_heart_beats(&greeting, findings);
            connection.close().await;
            true
        }
        Err(closed) => {
            look_at_refusal(config, &closed, findings);
            false
        }
    }
}

fn look_at_refusal(config: &Config, closed: &Closed, findings: &mut Findings<'_>) {
    let Closed::Refused(error) = closed else {
        let mend = match closed {
            Closed::Protocol(ProtocolError::UnsupportedVersion { .. }) => {
                "upgrade the broker: RabbitMQ 3.10 or later speaks STOMP 1.2"
            }
            Closed::Protocol(_) => {
                "take the address of RabbitMQ's Web-STOMP; something else speaks there"
            }
            _ => "look into the broker's log; if there is a proxy in between, look there, too",
        };
        return findings.fail(Check::Stomp, closed.to_string(), mend);
    };
    // It refuses in STOMP 1.2, so it speaks that.
    match refused(config.urls.first(), &session_config(config), error) {
        Disconnect::LoginRefused { login, detail, .. } => {
            findings.pass(Check::Stomp, "it speaks STOMP 1.2");
            let words = format!("the broker refuses `{login}` ({detail})");
            findings.fail(Check::Login, words, mend::login(&login));
        }
        Disconnect::VhostRefused {
            login,
            vhost,
            detail,
            ..
        } => {
            findings.pass(Check::Stomp, "it speaks STOMP 1.2");
            findings.pass(Check::Login, format!("`{login}` may log in"));
            let words = format!("the broker does not let `{login}` use `{vhost}` ({detail})");
            findings.fail(Check::Vhost, words, mend::vhost(config));
        }
        other => {
            let mend = "look into the broker's log; it may be short of something";
            findings.fail(Check::Stomp, other.to_string(), mend);
        }
    }
}

fn look_at_version(server: Option<&str>, findings: &mut Findings<'_>) {
    let Some(server) = server else {
        let words = "it does not say what it is (stomp.hide_server_info)";
        return findings.pass(Check::Version, words);
    };
    let Some(version) = server.strip_prefix("RabbitMQ/") else {
        let words = format!("it says that it is {server}");
        let mend = "take a RabbitMQ: Warren relies on what its exchanges and queues do";
        return findings.fail(Check::Version, words, mend);
    };
    match rabbitmq_version(server) {
        Some(found) if found < OLDEST => {
            let (major, minor) = OLDEST;
            findings.fail(
                Check::Version,
                format!("RabbitMQ {version} is too old"),
                format!("upgrade it to {major}.{minor} or later"),
            );
        }
        Some(found) if TESTED.contains(&found) => {
            findings.pass(Check::Version, format!("RabbitMQ {version}"));
        }
        _ => {
            let tested = TESTED.map(|(major, minor)| format!("{major}.{minor}"));
            let tested = tested.join(", ");
            let words = format!("RabbitMQ {version}; Warren is tested with {tested}");
            findings.pass(Check::Version, words);
        }
    }
}

fn look_at_heart_beats(greeting: &Greeting, findings: &mut Findings<'_>) {
    // Ours are not agreed, so the broker has no say in them.
    let HeartBeat { receive, .. } = greeting.heart_beat;
    if receive.is_zero() {
        let words =
            "the broker agrees to no heart-beats, so a connection that broke is not noticed";
        let mend = "let the broker, or what is in between, leave the heart-beat header as it is";
        return findings.fail(Check::HeartBeats, words, mend);
    }
    let words = format!(
        "the broker tells that it is there every {} s",
        receive.as_secs_f64()
    );
    findings.pass(Check::HeartBeats, words);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::diagnose::{Finding, Outcome};

    /// Whether `check` passes when this looks at it, and what is said of it.
    fn outcome(check: Check, look: impl FnOnce(&mut Findings<'_>)) -> (bool, String) {
        let mut said = Vec::new();
        let mut tell = |finding: Finding| said.push(finding);
        let mut findings = Findings::of_one(check, &mut tell);
        look(&mut findings);
        match said.remove(0).outcome {
            Outcome::Passed { detail } => (true, detail),
            Outcome::Failed { detail, mend } => (false, format!("{detail}: {mend}")),
            Outcome::Skipped { because } => (false, because),
        }
    }

    #[test]
    fn brokers_are_told_by_what_they_say() {
        for (server, passes, words) in [
            (Some("RabbitMQ/3.10.8"), true, "RabbitMQ 3.10.8"),
            (Some("RabbitMQ/4.3.6"), true, "RabbitMQ 4.3.6"),
            (
                Some("RabbitMQ/4.1.2"),
                true,
                "RabbitMQ 4.1.2; Warren is tested with 3.10, 4.0, 4.3",
            ),
            (
                Some("RabbitMQ/3.9.29"),
                false,
                "RabbitMQ 3.9.29 is too old: upgrade it to 3.10 or later",
            ),
            (
                Some("RabbitMQ/new"),
                true,
                "RabbitMQ new; Warren is tested with 3.10, 4.0, 4.3",
            ),
            (
                Some("ActiveMQ/6.1"),
                false,
                "it says that it is ActiveMQ/6.1: take a RabbitMQ: Warren relies on what its \
                 exchanges and queues do",
            ),
            (
                None,
                true,
                "it does not say what it is (stomp.hide_server_info)",
            ),
        ] {
            let look = |findings: &mut Findings<'_>| look_at_version(server, findings);
            let expected = (passes, words.to_owned());
            assert_eq!(outcome(Check::Version, look), expected, "{server:?}");
        }
    }

    #[test]
    fn the_brokers_heart_beats_are_wanted() {
        let seconds = Duration::from_secs;
        for (send, receive, passes) in [(20, 10, true), (0, 10, true), (20, 0, false)] {
            let greeting = Greeting {
                server: None,
                heart_beat: HeartBeat {
                    send: seconds(send),
                    receive: seconds(receive),
                },
            };
            let look = |findings: &mut Findings<'_>| look_at_heart_beats(&greeting, findings);
            let (passed, said) = outcome(Check::HeartBeats, look);
            assert_eq!(passed, passes, "{said}");
        }
    }
}
