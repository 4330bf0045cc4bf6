//! The passcode of each connection: one that stays, or one that a source gives and that runs out.
//!
//! STOMP cannot renew a passcode on a connection, and RabbitMQ ends connections whose token ran
//! out: from some versions on at once, and before when something is next done on them. So the next
//! passcode is asked for in time, and the connection is then changed for one with it: as soon as no
//! call is in flight, or else when its time has come.

use std::{fmt, time::Duration};

use uuid::Uuid;

use super::backoff::{Backoff, jitter};
use crate::{Passcode, PasscodeSource, Token};

/// How long before its end a passcode's successor is asked for, at least; twice as long at most, so
/// that many clients whose tokens are of the same time do not ask together. Of a short life, a
/// quarter.
const ASK_BEFORE: Duration = Duration::from_secs(60);

/// How long before its end a connection is changed at the latest; of a short life, a tenth. As long
/// before that, calls that must not be done twice are begun no more on it.
const CHANGE_BEFORE: Duration = Duration::from_secs(10);

/// The shortest life of a passcode that is taken. Less would have a source asked more than once a
/// second.
const MIN_LIFETIME: Duration = Duration::from_secs(2);

/// The passcodes that there are, and those that are asked for.
pub(super) struct Passcodes {
    has_source: bool,
    /// That of the present connection, or of the last one.
    current: Option<Held>,
    /// That of the next connection.
    next: Option<Held>,
    /// A source was asked: when it must have answered.
    asked_until: Option<Duration>,
    /// The source failed: when it is asked again, as long as there is a connection.
    ask_again_at: Duration,
    /// Whether the connection's time is nearly over.
    is_late: bool,
    backoff: Backoff,
}

struct Held {
    passcode: String,
    /// Whether the broker has taken it once.
    was_good: bool,
    /// None of one that stays, or whose life is not known.
    times: Option<Times>,
}

/// What is to be done before a passcode runs out.
#[derive(Clone, Copy, Debug)]
struct Times {
    ask_at: Duration,
    late_from: Duration,
    change_at: Duration,
}

/// Why there is no passcode, and how long to wait before the next try.
pub(super) struct NotGiven {
    pub(super) detail: String,
    pub(super) retry_in: Duration,
}

impl Passcodes {
    pub(super) fn new(passcode: &Passcode) -> Self {
        Self {
            has_source: passcode.source().is_some(),
            current: passcode.fixed().map(|passcode| Held {
                passcode: passcode.to_owned(),
                was_good: false,
                times: None,
            }),
            next: None,
            asked_until: None,
            ask_again_at: Duration::ZERO,
            is_late: false,
            backoff: Backoff::new(1),
        }
    }

    /// Whether a connection can be opened without asking first.
    pub(super) fn has_one(&self, now: Duration) -> bool {
        let holds = |held: &Held| held.times.is_some_and(|times| now < times.ask_at);
        let source_fails = now < self.ask_again_at;
        !self.has_source
            || self.next.is_some()
            || self.current.as_ref().is_some_and(holds)
            || source_fails && self.has_another(now)
    }

    /// Whether a connection can be opened for want of a better passcode: there is one that is good
    /// yet, if not for long.
    pub(super) fn has_another(&self, now: Duration) -> bool {
        self.times().is_some_and(|times| now < times.change_at)
    }

    /// The passcode of a connection that is opened now.
    pub(super) fn begin(&mut self) {
        if let Some(next) = self.next.take() {
            self.current = Some(next);
        }
        self.is_late = false;
    }

    /// The passcode of the present connection.
    pub(super) fn current(&self) -> &str {
        self.current.as_ref().map_or("", |held| &held.passcode)
    }

    /// The broker takes the passcode of the present connection.
    pub(super) fn accept(&mut self) {
        if let Some(current) = &mut self.current {
            current.was_good = true;
        }
    }

    /// The broker refuses it: the next one is asked for. True if this one was good before, as one is
    /// that ran out unnoticed while the machine slept, so that the next may be good as well.
    pub(super) fn refuse(&mut self) -> bool {
        if !self.has_source {
            return false;
        }
        self.next = None;
        self.current.take().is_some_and(|held| held.was_good)
    }

    /// A passcode is wanted. False if it is on its way already.
    pub(super) fn ask(&mut self, now: Duration) -> bool {
        let is_new = self.asked_until.is_none();
        self.asked_until
            .get_or_insert(now + PasscodeSource::ANSWER_WITHIN);
        is_new
    }

    /// The source has answered, which counts if it was asked.
    pub(super) fn take(
        &mut self,
        now: Duration,
        answer: Result<Token, String>,
        random: Uuid,
    ) -> Option<Result<(), NotGiven>> {
        self.asked_until.take()?;
        let held = answer.and_then(|token| Held::of(token, now, random));
        Some(match held {
            Ok(held) => {
                self.next = Some(held);
                self.backoff.reset();
                self.look(now);
                Ok(())
            }
            Err(detail) => {
                let retry_in = self.backoff.next_wait(random);
                self.ask_again_at = now + retry_in;
                Err(NotGiven { detail, retry_in })
            }
        })
    }

    /// What to take for the answer of a source that does not answer in time.
    pub(super) fn overdue(&self, now: Duration) -> Option<Result<Token, String>> {
        let is_overdue = self.asked_until.is_some_and(|until| until <= now);
        is_overdue.then(|| Err(PasscodeSource::overdue()))
    }

    /// Whether the source is to be asked now, although there is a connection.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.asked_until.is_none() && self.ask_at().is_some_and(|at| at <= now)
    }

    /// Notes what time it is for the connection.
    pub(super) fn look(&mut self, now: Duration) {
        let late = |times: Times| times.late_from <= now;
        self.is_late = self.next.is_some() && self.times().is_some_and(late);
    }

    /// Whether the next passcode waits for the connection to be changed.
    pub(super) fn is_waiting(&self) -> bool {
        self.next.is_some()
    }

    /// Whether calls that must not be done twice had better wait for the next connection.
    pub(super) fn is_late(&self) -> bool {
        self.is_late
    }

    /// Whether the connection has to be changed now, whatever it costs.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        let over = |times: Times| times.change_at <= now;
        self.next.is_some() && self.times().is_some_and(over)
    }

    /// When there is something to do, while there is a connection or not.
    pub(super) fn poll_timeout(&self, online: bool) -> Option<Duration> {
        if self.asked_until.is_some() || !online {
            return self.asked_until;
        }
        if self.next.is_none() {
            return self.ask_at();
        }
        let times = self.times()?;
        Some(if self.is_late {
            times.change_at
        } else {
            times.late_from
        })
    }

    fn times(&self) -> Option<Times> {
        self.current.as_ref()?.times
    }

    /// When the source is to be asked, unless there is a connection to be opened before.
    fn ask_at(&self) -> Option<Duration> {
        let times = self.times().filter(|_| self.next.is_none())?;
        Some(times.ask_at.max(self.ask_again_at))
    }
}

impl Held {
    fn of(
        Token { passcode, lifetime }: Token,
        now: Duration,
        random: Uuid,
    ) -> Result<Self, String> {
        if let Some(actual) = lifetime
            && actual < MIN_LIFETIME
        {
            return Err(format!(
                "it is good for {actual:?}, where {MIN_LIFETIME:?} are the least"
            ));
        }
        let times = lifetime.map(|life| {
            let end = now.saturating_add(life);
            let ask_before = ASK_BEFORE.min(life / 4);
            let change_before = CHANGE_BEFORE.min(life / 10);
            Times {
                ask_at: end - jitter(ask_before, 2 * ask_before, random),
                late_from: end - 2 * change_before,
                change_at: end - change_before,
            }
        });
        Ok(Self {
            passcode,
            was_good: false,
            times,
        })
    }
}

/// Shows no passcode.
impl fmt::Debug for Passcodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passcodes")
            .field("has_source", &self.has_source)
            .field("times", &self.times())
            .field("asked_until", &self.asked_until)
            .finish_non_exhaustive()
    }
}
