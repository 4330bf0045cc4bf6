//! Who serves the service now.
//!
//! All workers are pinged as soon as there is a connection, then once a second while calls are
//! pending, or while somebody wants to know the workers. Those that answer soon enough are there;
//! a ping that comes back from the broker says that none is. Replies are as good a sign of life as
//! pongs, so that a busy client pings nobody.

use std::time::Duration;

use uuid::Uuid;
use warren_contract::Pong;

/// From one ping to the next.
pub(super) const PING_EVERY: Duration = Duration::from_secs(1);

/// How long workers may take to answer. They answer beside their computations, so this is for
/// the way and for busy machines.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_millis(700);

/// How long a sign of life counts.
const FRESH: Duration = PING_EVERY.saturating_add(ANSWER_WITHIN);

/// That no worker takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// There were only workers that finish what they have when they were asked at this time.
    Draining { asked_at: Duration },
    /// There was none for the calls that were made until this time.
    Total { asked_at: Duration },
}

/// The workers of the service, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Presence {
    online: bool,
    watched: bool,
    /// Calls are pending.
    needed: bool,
    next_ping: Duration,
    round: Option<Round>,
    /// The ping of the last round, to which answers may still come, and when it was sent.
    last_round: Option<(Uuid, Duration)>,
    /// How long the fastest answer to a ping took on this connection.
    fastest_pong: Option<Duration>,
    /// Until when the last sign of life counts.
    served_until: Duration,
    absence: Option<Absence>,
    /// Whether the last that was heard of the workers is that there are some.
    believed: bool,
    workers: Option<Vec<Pong>>,
    changed: bool,
}

/// A ping and its answers.
#[derive(Debug)]
struct Round {
    id: Uuid,
    began: Duration,
    ends: Duration,
    pongs: Vec<Pong>,
}

impl Presence {
    /// Whether somebody wants to know.
    pub(super) fn set_watched(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// Whether calls are pending.
    pub(super) fn set_needed(&mut self, needed: bool) {
        self.needed = needed;
    }

    /// A call waits to hear whether there is a worker, and not for the next regular ping.
    pub(super) fn hurry(&mut self, now: Duration) {
        self.next_ping = self.next_ping.min(now);
    }

    /// Whether a worker was heard of lately.
    pub(super) fn is_served(&self, now: Duration) -> bool {
        now < self.served_until
    }

    /// Whether there were workers when they were last heard of, be it on an earlier connection.
    pub(super) fn is_believed(&self) -> bool {
        self.believed
    }

    /// How long a ping takes at least on this connection, to a worker and back.
    pub(super) fn fastest_pong(&self) -> Option<Duration> {
        self.fastest_pong
    }

    /// There is a connection now, and this is the first ping on it.
    pub(super) fn come_online(&mut self, now: Duration, id: Uuid) {
        self.online = true;
        self.begin_round(now, id);
    }

    /// There is none any more, and nothing is known until there is.
    pub(super) fn go_offline(&mut self) {
        self.online = false;
        self.round = None;
        self.last_round = None;
        self.fastest_pong = None;
        self.served_until = Duration::ZERO;
        self.absence = None;
        if self.workers.take().is_some() {
            self.changed = true;
        }
    }

    /// Whether a ping is to be sent now.
    pub(super) fn wants_ping(&self, now: Duration) -> bool {
        self.is_asking() && self.round.is_none() && self.next_ping <= now
    }

    /// A ping is sent, under this id.
    pub(super) fn begin_round(&mut self, now: Duration, id: Uuid) {
        self.next_ping = now + PING_EVERY;
        self.round = Some(Round {
            id,
            began: now,
            ends: now + ANSWER_WITHIN,
            pongs: Vec::new(),
        });
    }

    /// A worker replied to a call.
    pub(super) fn take_reply(&mut self, now: Duration) {
        self.hear_worker(now);
        if !self.watched {
            self.next_ping = self.next_ping.max(now + PING_EVERY);
        }
    }

    /// A worker answered the ping `id`. One that was not known is added at once; whether those
    /// that were known are still there turns out when the round is over. A late one is a sign of
    /// life all the same. False if there was no such ping.
    pub(super) fn take_pong(&mut self, now: Duration, id: Uuid, pong: Pong) -> bool {
        let Some(round) = self.round.as_mut().filter(|round| round.id == id) else {
            let Some((_, began)) = self.last_round.filter(|(last, _)| *last == id) else {
                return false;
            };
            self.note_pong(now.saturating_sub(began));
            if !pong.draining {
                self.hear_worker(now);
            }
            return true;
        };
        let took = now.saturating_sub(round.began);
        if let Some(workers) = &mut self.workers
            && workers.iter().all(|known| known.id != pong.id)
        {
            workers.push(pong.clone());
            sort(workers);
            self.changed = true;
        }
        let draining = pong.draining;
        round.pongs.push(pong);
        self.note_pong(took);
        if !draining {
            self.hear_worker(now);
        }
        true
    }

    /// The ping `id` came back: there is no worker. A late one says so, too, of the calls made
    /// before it, unless a worker has answered the next ping meanwhile. False if there was no such
    /// ping.
    pub(super) fn take_bounce(&mut self, now: Duration, id: Uuid) -> bool {
        let in_time = self.round.take_if(|round| round.id == id).is_some();
        let late = self.last_round.filter(|(last, _)| *last == id);
        let answered = |round: &Round| !round.pongs.is_empty();
        let asked_at = if in_time {
            now
        } else if let Some((_, asked_at)) = late {
            if self.round.as_ref().is_some_and(answered) {
                return true;
            }
            asked_at
        } else {
            return false;
        };
        self.workers = Some(Vec::new());
        self.changed = true;
        self.hear_of_none(Absence::Total { asked_at });
        true
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        let Some(round) = self.round.take_if(|round| round.ends <= now) else {
            return;
        };
        self.last_round = Some((round.id, round.began));
        let mut workers = round.pongs;
        if workers.is_empty() {
            // A ping that neither comes back nor is answered reached somebody who is too slow.
            self.hear_worker(now);
        } else if workers.iter().all(|pong| pong.draining) {
            self.hear_of_none(Absence::Draining {
                asked_at: round.began,
            });
        }
        sort(&mut workers);
        self.workers = Some(workers).filter(|workers| !workers.is_empty());
        self.changed = true;
    }

    /// When a round is over, or a ping is to be sent.
    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        match &self.round {
            Some(round) => Some(round.ends),
            None => self.is_asking().then_some(self.next_ping),
        }
    }

    /// That no worker takes requests, if that is news.
    pub(super) fn poll_absence(&mut self) -> Option<Absence> {
        self.absence.take()
    }

    /// The workers, by name, if that is news; `None` if they are not known.
    pub(super) fn poll_change(&mut self) -> Option<Option<Vec<Pong>>> {
        std::mem::take(&mut self.changed).then(|| self.workers.clone())
    }

    fn note_pong(&mut self, took: Duration) {
        self.fastest_pong = Some(self.fastest_pong.map_or(took, |known| known.min(took)));
    }

    const fn is_asking(&self) -> bool {
        self.online && (self.watched || self.needed)
    }

    fn hear_worker(&mut self, now: Duration) {
        self.served_until = now + FRESH;
        self.believed = true;
        self.absence = None;
    }

    fn hear_of_none(&mut self, absence: Absence) {
        self.served_until = Duration::ZERO;
        self.believed = false;
        self.absence = Some(absence);
    }
}

fn sort(workers: &mut [Pong]) {
    workers.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
}
