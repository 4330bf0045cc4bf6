//! Who serves the service now.
//!
//! While somebody wants to know, all workers are pinged once a second. Those that answer soon
//! enough are there; a ping that comes back from the broker says that none is.

use std::time::Duration;

use uuid::Uuid;
use warren_contract::Pong;

/// From one ping to the next.
pub(super) const PING_EVERY: Duration = Duration::from_secs(1);

/// How long workers may take to answer. They answer beside their computations, so this is for
/// the way and for busy machines.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_millis(700);

/// The workers of the service, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Presence {
    watched: bool,
    online: bool,
    next_ping: Duration,
    round: Option<Round>,
    workers: Option<Vec<Pong>>,
    changed: bool,
}

/// A ping and its answers.
#[derive(Debug)]
struct Round {
    id: Uuid,
    ends: Duration,
    pongs: Vec<Pong>,
}

impl Presence {
    /// Whether somebody wants to know.
    pub(super) fn set_watched(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// There is a connection now, so that pings can be sent.
    pub(super) fn come_online(&mut self, now: Duration) {
        self.online = true;
        self.next_ping = now;
    }

    /// There is none any more, and nothing is known until there is.
    pub(super) fn go_offline(&mut self) {
        self.online = false;
        self.round = None;
        if self.workers.take().is_some() {
            self.changed = true;
        }
    }

    /// Whether a ping is to be sent now.
    pub(super) fn wants_ping(&self, now: Duration) -> bool {
        self.watched && self.online && self.round.is_none() && self.next_ping <= now
    }

    /// A ping is sent, under this id.
    pub(super) fn begin_round(&mut self, now: Duration, id: Uuid) {
        self.next_ping = now + PING_EVERY;
        self.round = Some(Round {
            id,
            ends: now + ANSWER_WITHIN,
            pongs: Vec::new(),
        });
    }

    /// A worker answered the ping `id`. One that was not known is added at once; whether those
    /// that were known are still there turns out when the round is over. False if this ping is
    /// not waited for.
    pub(super) fn take_pong(&mut self, id: Uuid, pong: Pong) -> bool {
        let Some(round) = self.round.as_mut().filter(|round| round.id == id) else {
            return false;
        };
        if let Some(workers) = &mut self.workers
            && workers.iter().all(|known| known.id != pong.id)
        {
            workers.push(pong.clone());
            sort(workers);
            self.changed = true;
        }
        round.pongs.push(pong);
        true
    }

    /// The ping `id` came back: there is no worker. False if this ping is not waited for.
    pub(super) fn take_bounce(&mut self, id: Uuid) -> bool {
        let expected = self.round.take_if(|round| round.id == id).is_some();
        if expected {
            self.workers = Some(Vec::new());
            self.changed = true;
        }
        expected
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        if let Some(round) = self.round.take_if(|round| round.ends <= now) {
            let mut workers = round.pongs;
            sort(&mut workers);
            // A ping that neither comes back nor is answered reached somebody who is too slow.
            self.workers = Some(workers).filter(|workers| !workers.is_empty());
            self.changed = true;
        }
    }

    /// When a round is over, or a ping is to be sent.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        match &self.round {
            Some(round) => Some(round.ends),
            None => (self.watched && self.online).then_some(self.next_ping),
        }
    }

    /// The workers, by name, if that is news; `None` if they are not known.
    pub(super) fn poll_change(&mut self) -> Option<Option<Vec<Pong>>> {
        std::mem::take(&mut self.changed).then(|| self.workers.clone())
    }
}

fn sort(workers: &mut [Pong]) {
    workers.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
}
