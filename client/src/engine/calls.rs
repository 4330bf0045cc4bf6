//! The table of pending calls.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use uuid::Uuid;
use warren_contract::Progress;

use super::{Request, acceptance::SMALL};
use crate::{Policy, Traceparent};

/// How many connections a call may lose. RabbitMQ closes a connection for a request that it does
/// not take, without a word; without a limit, such a call would end every connection until its
/// deadline.
pub(super) const MAX_LOSSES: u32 = 5;

/// A call that has not settled.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) procedure: Cow<'static, str>,
    pub(super) idempotent: bool,
    pub(super) body: Vec<u8>,
    /// How long the call may take.
    pub(super) deadline: Duration,
    /// When that is over.
    pub(super) deadline_at: Duration,
    /// How often the caller wants to be told of progress at most, if at all.
    pub(super) progress_every: Option<Duration>,
    /// The caller's place in a distributed trace.
    pub(super) traceparent: Option<Traceparent>,
    /// How far the computation was when it was last told.
    pub(super) progress: Option<Progress>,
    /// When the request was sent on this connection; `None` while it waits to be sent.
    pub(super) sent_at: Option<Duration>,
    /// When a worker was last heard to begin computing it, on this connection.
    pub(super) started_at: Option<Duration>,
    /// How many connections were lost after it was sent.
    pub(super) losses: u32,
    /// How often it was sent.
    pub(super) times_sent: u32,
    /// Until when the call stays if there is no worker for it. Until then it is sent without
    /// asking whether there is one.
    stays_until: Duration,
    /// Calls wait in the order in which they were made, also to be sent again.
    number: u64,
}

impl Pending {
    pub(super) fn new(request: Request, now: Duration, deadline: Duration) -> Self {
        let deadline_at = now + deadline;
        Self {
            procedure: request.procedure,
            idempotent: request.idempotent,
            body: request.body,
            deadline,
            deadline_at,
            progress_every: request.progress,
            traceparent: request.traceparent,
            progress: None,
            sent_at: None,
            started_at: None,
            losses: 0,
            times_sent: 0,
            stays_until: match request.policy {
                Policy::FailFast => now,
                Policy::WaitForWorker => deadline_at,
            },
            number: 0,
        }
    }

    /// Whether it is to fail, now that there is no worker.
    fn fails_unserved(&self, now: Duration) -> bool {
        self.stays_until <= now
    }
}

/// Pending calls by correlation id, by deadline, and by turn to be sent.
#[derive(Debug, Default)]
pub(super) struct Calls {
    by_id: HashMap<Uuid, Pending>,
    by_deadline: BTreeSet<(Duration, Uuid)>,
    /// To be sent as soon as there is a connection.
    unsent: BTreeSet<(u64, Uuid)>,
    /// To be sent as soon as there is a connection and a worker.
    held: BTreeSet<(u64, Uuid)>,
    /// To be sent on the next connection.
    put_off: BTreeSet<(u64, Uuid)>,
    /// How many were sent on this connection.
    in_flight: usize,
    /// How many of these must not be done twice.
    precious: usize,
    made: u64,
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// How many entries there are in all tables, and how many calls they belong to, sent and not.
    #[cfg(test)]
    pub(super) fn entries(&self) -> (usize, usize) {
        let entries = self.by_id.len() + self.by_deadline.len();
        let unsent = self.by_id.values().filter(|call| call.sent_at.is_none());
        let waiting = self.unsent.len() + self.held.len() + self.put_off.len();
        (entries + waiting, 2 * self.by_id.len() + unsent.count())
    }

    /// How many calls were sent on this connection and have not settled, and how many of them must
    /// not be done twice.
    pub(super) fn in_flight(&self) -> (usize, usize) {
        (self.in_flight, self.precious)
    }

    /// Whether calls wait to hear that there is a worker.
    pub(super) fn any_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Adds a call that is not sent yet.
    pub(super) fn insert(&mut self, now: Duration, id: Uuid, mut call: Pending) {
        self.made += 1;
        call.number = self.made;
        self.by_deadline.insert((call.deadline_at, id));
        let turn = (call.number, id);
        if call.fails_unserved(now) {
            self.held.insert(turn);
        } else {
            self.unsent.insert(turn);
        }
        self.by_id.insert(id, call);
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<Pending> {
        let call = self.by_id.remove(&id)?;
        self.by_deadline.remove(&(call.deadline_at, id));
        if call.sent_at.is_none() {
            let turn = (call.number, id);
            let waited = [&mut self.unsent, &mut self.held, &mut self.put_off];
            let _ = waited.into_iter().any(|waiting| waiting.remove(&turn));
        } else {
            self.in_flight -= 1;
            self.precious -= usize::from(!call.idempotent);
        }
        Some(call)
    }

    /// The call, if it was sent on this connection, so that it can be replied to.
    pub(super) fn sent(&mut self, id: Uuid) -> Option<&mut Pending> {
        self.by_id
            .get_mut(&id)
            .filter(|call| call.sent_at.is_some())
    }

    /// The calls that are to be told where they are.
    pub(super) fn with_progress(&self) -> impl Iterator<Item = Uuid> {
        let asked = self
            .by_id
            .iter()
            .filter(|(_, call)| call.progress_every.is_some());
        asked.map(|(&id, _)| id)
    }

    /// Removes all calls.
    pub(super) fn drain(&mut self) -> Vec<(Uuid, Pending)> {
        self.by_deadline.clear();
        self.unsent.clear();
        self.held.clear();
        self.put_off.clear();
        (self.in_flight, self.precious) = (0, 0);
        self.by_id.drain().collect()
    }

    /// The first deadline of all.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.by_deadline.first().map(|&(at, _)| at)
    }

    /// Removes a call whose deadline has passed.
    pub(super) fn take_expired(&mut self, now: Duration) -> Option<(Uuid, Pending)> {
        let &(at, id) = self.by_deadline.first()?;
        if at > now {
            return None;
        }
        self.remove(id).map(|call| (id, call))
    }

    /// Takes the next call whose turn it is to be sent, and notes that it is sent now. If precious
    /// ones are to wait, those that must not be done twice are put off to the next connection.
    pub(super) fn next_unsent(&mut self, now: Duration, wait: bool) -> Option<Uuid> {
        let mut turn = self.unsent.pop_first()?;
        while wait && self.by_id.get(&turn.1).is_some_and(|call| !call.idempotent) {
            self.put_off.insert(turn);
            turn = self.unsent.pop_first()?;
        }
        self.begin(now, turn.1)
    }

    /// Takes the call that had best be sent before it is known that the broker takes requests: one
    /// that may be sent again and is small, or else one that may be sent again, or else the first,
    /// unless `twice_only`.
    pub(super) fn next_ahead(
        &mut self,
        now: Duration,
        wait: bool,
        twice_only: bool,
    ) -> Option<Uuid> {
        let cost = |(_, id): &&(u64, Uuid)| {
            let call = self.by_id.get(id);
            call.map(|call| (!call.idempotent, call.body.len() > SMALL))
        };
        let &turn = self.unsent.iter().min_by_key(cost)?;
        if self.by_id.get(&turn.1)?.idempotent {
            self.unsent.remove(&turn);
            return self.begin(now, turn.1);
        }
        if twice_only {
            return None;
        }
        self.next_unsent(now, wait)
    }

    /// Notes that a call which waited is sent now.
    fn begin(&mut self, now: Duration, id: Uuid) -> Option<Uuid> {
        let call = self.by_id.get_mut(&id)?;
        call.sent_at = Some(now);
        call.times_sent += 1;
        self.in_flight += 1;
        self.precious += usize::from(!call.idempotent);
        Some(id)
    }

    /// Whether calls wait to be sent on this connection.
    pub(super) fn any_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Whether a call was sent on this connection, and may be sent again.
    pub(super) fn may_resend(&self, id: Uuid) -> bool {
        let call = self.by_id.get(&id);
        call.is_some_and(|call| call.idempotent && call.sent_at.is_some())
    }

    /// Notes that a call is sent again on this connection.
    pub(super) fn resend(&mut self, now: Duration, id: Uuid) -> Option<Uuid> {
        let call = self.sent(id)?;
        call.sent_at = Some(now);
        call.times_sent += 1;
        Some(id)
    }

    /// There is another connection: calls that were put off are to be sent.
    pub(super) fn resume(&mut self) {
        self.unsent.append(&mut self.put_off);
    }

    /// There is a worker: calls that waited to hear it are to be sent.
    pub(super) fn release(&mut self) {
        // `BTreeSet::append` would go through all that wait, for each call that is made.
        self.unsent.extend(std::mem::take(&mut self.held));
    }

    /// Lets all calls stay until `until`, whether there is a worker or not.
    pub(super) fn stay_until(&mut self, until: Duration) {
        for call in self.by_id.values_mut() {
            call.stays_until = call.stays_until.max(until);
        }
        self.release();
    }

    /// At `asked_at`, there was no worker that would take another request: removes the calls that
    /// were never sent. Others, made later, have to be asked about.
    pub(super) fn take_held(&mut self, asked_at: Duration) -> Vec<(Uuid, Pending)> {
        let known = |id: &Uuid| {
            let call = self.by_id.get(id);
            call.is_some_and(|call| call.times_sent == 0 && call.fails_unserved(asked_at))
        };
        let waiting = self.held.iter().chain(&self.unsent);
        let ids = waiting.map(|&(_, id)| id).filter(known);
        ids.collect::<Vec<_>>()
            .into_iter()
            .filter_map(|id| self.remove(id).map(|call| (id, call)))
            .collect()
    }

    /// There is no worker at all: removes the calls that are to fail then, sent or not.
    pub(super) fn take_unserved(&mut self, now: Duration) -> Vec<(Uuid, Pending)> {
        let ids: Vec<_> = self
            .by_id
            .iter()
            .filter(|(_, call)| call.fails_unserved(now))
            .map(|(&id, _)| id)
            .collect();
        ids.into_iter()
            .filter_map(|id| self.remove(id).map(|call| (id, call)))
            .collect()
    }

    /// The connection is gone: idempotent calls that were sent wait to be sent again. The others,
    /// and those that lost too many connections, are removed and returned. `blameless` says that no
    /// request was the cause.
    pub(super) fn take_lost(&mut self, blameless: bool) -> Vec<(Uuid, Pending)> {
        (self.in_flight, self.precious) = (0, 0);
        let (by_deadline, unsent) = (&mut self.by_deadline, &mut self.unsent);
        self.by_id
            .extract_if(|&id, call| {
                if call.sent_at.take().is_none() {
                    return false;
                }
                call.started_at = None;
                call.losses += u32::from(!blameless);
                let keep = call.idempotent && call.losses < MAX_LOSSES;
                if keep {
                    unsent.insert((call.number, id));
                } else {
                    by_deadline.remove(&(call.deadline_at, id));
                }
                !keep
            })
            .collect()
    }
}
