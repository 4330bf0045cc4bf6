//! The table of pending calls.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use uuid::Uuid;

use super::Request;

/// How many connections a call may lose. RabbitMQ closes a connection for a request that it does
/// not take, without a word; without a limit, such a call would end every connection until its
/// deadline.
pub(super) const MAX_LOSSES: u32 = 5;

/// A call that has not settled.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) procedure: &'static str,
    pub(super) idempotent: bool,
    pub(super) body: Vec<u8>,
    /// How long the call may take.
    pub(super) deadline: Duration,
    /// When that is over.
    pub(super) deadline_at: Duration,
    /// When the request was sent on this connection; `None` while it waits to be sent.
    pub(super) sent_at: Option<Duration>,
    /// How many connections were lost after it was sent.
    pub(super) losses: u32,
    /// Calls wait in the order in which they were made, also to be sent again.
    number: u64,
}

impl Pending {
    pub(super) fn new(request: Request, now: Duration, deadline: Duration) -> Self {
        Self {
            procedure: request.procedure,
            idempotent: request.idempotent,
            body: request.body,
            deadline,
            deadline_at: now + deadline,
            sent_at: None,
            losses: 0,
            number: 0,
        }
    }
}

/// Pending calls by correlation id, by deadline, and by turn to be sent.
#[derive(Debug, Default)]
pub(super) struct Calls {
    by_id: HashMap<Uuid, Pending>,
    by_deadline: BTreeSet<(Duration, Uuid)>,
    unsent: BTreeSet<(u64, Uuid)>,
    made: u64,
}

impl Calls {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds a call that is not sent yet.
    pub(super) fn insert(&mut self, id: Uuid, mut call: Pending) {
        self.made += 1;
        call.number = self.made;
        self.by_deadline.insert((call.deadline_at, id));
        self.unsent.insert((call.number, id));
        self.by_id.insert(id, call);
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<Pending> {
        let call = self.by_id.remove(&id)?;
        self.by_deadline.remove(&(call.deadline_at, id));
        if call.sent_at.is_none() {
            self.unsent.remove(&(call.number, id));
        }
        Some(call)
    }

    /// When the call was sent on this connection, if it is pending and can be replied to.
    pub(super) fn sent_at(&self, id: Uuid) -> Option<Duration> {
        self.by_id.get(&id)?.sent_at
    }

    /// Removes all calls.
    pub(super) fn drain(&mut self) -> Vec<(Uuid, Pending)> {
        self.by_deadline.clear();
        self.unsent.clear();
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

    /// Takes the next call whose turn it is to be sent, and notes that it is sent now.
    pub(super) fn next_unsent(&mut self, now: Duration) -> Option<(Uuid, &Pending)> {
        let (_, id) = self.unsent.pop_first()?;
        let call = self.by_id.get_mut(&id)?;
        call.sent_at = Some(now);
        Some((id, call))
    }

    /// The connection is gone: idempotent calls that were sent wait to be sent again. The others,
    /// and those that lost too many connections, are removed and returned.
    pub(super) fn take_lost(&mut self) -> Vec<(Uuid, Pending)> {
        let (by_deadline, unsent) = (&mut self.by_deadline, &mut self.unsent);
        self.by_id
            .extract_if(|&id, call| {
                if call.sent_at.take().is_none() {
                    return false;
                }
                call.losses += 1;
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
