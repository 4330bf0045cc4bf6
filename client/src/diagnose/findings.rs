//! What is checked, and what comes of it.

use std::collections::VecDeque;

use crate::{Config, Mode};

/// Something that a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// The address is one, and somebody listens there.
    Address,
    /// The two ends trust each other; only for `wss://`.
    Tls,
    /// It is a WebSocket for STOMP, as RabbitMQ's plugin `rabbitmq_web_stomp` offers.
    WebSocket,
    /// The broker speaks STOMP 1.2.
    Stomp,
    /// The broker takes the login.
    Login,
    /// The broker lets the user into the virtual host.
    Vhost,
    /// The broker is one that Warren knows.
    Version,
    /// Each side tells the other that it is there.
    HeartBeats,
    /// What cannot be served comes back.
    Bounces,
    /// The workers can be asked who they are.
    Control,
    /// In [`Mode::Tutorial`]: messages can be published straight to queues.
    Publishing,
    /// Replies find the way back.
    Replies,
    /// Workers answer.
    Workers,
    /// They are of a version that understands this client.
    WorkerVersions,
    /// Requests can be sent.
    Requests,
    /// They come to a queue, and back from it when nobody takes them.
    Queue,
}

impl Check {
    /// What is checked at one of the configuration's URLs, in order.
    #[must_use]
    pub fn of(config: &Config, url: &str) -> Vec<Self> {
        let encrypted = url.starts_with("wss:");
        let tls = encrypted.then_some(Self::Tls);
        let service: &[Self] = match config.mode {
            Mode::Warren => &[
                Self::Bounces,
                Self::Control,
                Self::Replies,
                Self::Workers,
                Self::WorkerVersions,
                Self::Requests,
                Self::Queue,
            ],
            Mode::Tutorial => &[Self::Publishing, Self::Replies],
        };
        [Self::Address]
            .into_iter()
            .chain(tls)
            .chain([
                Self::WebSocket,
                Self::Stomp,
                Self::Login,
                Self::Vhost,
                Self::Version,
                Self::HeartBeats,
            ])
            .chain(service.iter().copied())
            .collect()
    }

    /// Its name for programs, such as `worker_versions`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Tls => "tls",
            Self::WebSocket => "websocket",
            Self::Stomp => "stomp",
            Self::Login => "login",
            Self::Vhost => "vhost",
            Self::Version => "version",
            Self::HeartBeats => "heart_beats",
            Self::Bounces => "bounces",
            Self::Control => "control",
            Self::Publishing => "publishing",
            Self::Replies => "replies",
            Self::Workers => "workers",
            Self::WorkerVersions => "worker_versions",
            Self::Requests => "requests",
            Self::Queue => "queue",
        }
    }

    /// Its name for people, such as `workers' versions`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tls => "TLS",
            Self::WebSocket => "WebSocket",
            Self::Stomp => "STOMP",
            Self::Vhost => "virtual host",
            Self::Version => "broker",
            Self::HeartBeats => "heart-beats",
            Self::Control => "pings",
            Self::WorkerVersions => "workers' versions",
            other => other.as_str(),
        }
    }
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be.
    Passed {
        /// What was found.
        detail: String,
    },
    /// It is not as it should be.
    Failed {
        /// What is wrong.
        detail: String,
        /// What to do; each way of doing it on a line of its own.
        mend: String,
    },
    /// It was not tried.
    Skipped {
        /// Why not.
        because: String,
    },
}

/// A check, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The URL at which it was made.
    pub url: String,
    /// What was checked.
    pub check: Check,
    /// What came of it.
    pub outcome: Outcome,
}

impl Finding {
    /// Whether something is to be mended here.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }
}

/// Tells what is found, in order, each check once.
pub(super) struct Findings<'a> {
    url: &'a str,
    rest: VecDeque<Check>,
    last_failed: Option<Check>,
    tell: &'a mut dyn FnMut(Finding),
}

impl<'a> Findings<'a> {
    /// Those at the one URL of this configuration.
    pub(super) fn new(config: &'a Config, tell: &'a mut dyn FnMut(Finding)) -> Self {
        let url = config.urls.first();
        Self {
            url,
            rest: Check::of(config, url).into(),
            last_failed: None,
            tell,
        }
    }

    /// Of this check alone.
    #[cfg(test)]
    pub(super) fn of_one(check: Check, tell: &'a mut dyn FnMut(Finding)) -> Self {
        Self {
            url: "",
            rest: [check].into(),
            last_failed: None,
            tell,
        }
    }

    pub(super) fn pass(&mut self, check: Check, detail: impl Into<String>) {
        let detail = detail.into();
        self.tell(check, Outcome::Passed { detail });
    }

    pub(super) fn fail(
        &mut self,
        check: Check,
        detail: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.last_failed = Some(check);
        let (detail, mend) = (detail.into(), mend.into());
        self.tell(check, Outcome::Failed { detail, mend });
    }

    /// `check` cannot be tried while `lacking` fails.
    pub(super) fn skip(&mut self, check: Check, lacking: Check) {
        let because = format!("not tried while `{}` fails", lacking.title());
        self.tell(check, Outcome::Skipped { because });
    }

    /// What has not been told of cannot be tried while the last check that failed does.
    pub(super) fn skip_rest(&mut self) {
        while let (Some(&check), Some(lacking)) = (self.rest.front(), self.last_failed) {
            self.skip(check, lacking);
        }
    }

    fn tell(&mut self, check: Check, outcome: Outcome) {
        let expected = self.rest.pop_front();
        debug_assert_eq!(expected, Some(check), "checks are made in order");
        let url = self.url.to_owned();
        (self.tell)(Finding {
            url,
            check,
            outcome,
        });
    }
}
