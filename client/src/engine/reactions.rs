//! What follows for the calls from what the connection and the workers say.

use std::time::Duration;

use uuid::Uuid;
use warren_contract::Progress;
use warren_stomp::Frame;

use super::{
    Engine, Event,
    acceptance::{Acceptance, REQUEST_RECEIPT},
    calls::Pending,
    connection::Signal,
    presence::Absence,
    wire::{Incoming, RawReply, Wire},
};
use crate::{CallError, Disconnect, Mode, Policy, Stage, Times};

/// How long calls stay, whether there is a worker or not, after the connection was lost and is
/// there again: what took it away may have taken the workers', who wait up to 10 s between tries.
pub(super) const WORKERS_RETURN_WITHIN: Duration = Duration::from_secs(15);

impl Engine {
    /// Does what follows from all that was heard.
    pub(super) fn take_signals(&mut self, now: Duration) {
        self.hear(now);
        let (in_flight, precious) = self.calls.in_flight();
        if self.connection.wants_change(now, in_flight, precious) {
            self.connection.change(now);
            self.hear(now);
        }
        self.follow_calls(now);
    }

    fn hear(&mut self, now: Duration) {
        while let Some(signal) = self.connection.poll_signal() {
            match signal {
                Signal::State(state) => {
                    if state.is_online() {
                        self.come_online(now);
                    }
                    self.events.push_back(Event::Connection(state));
                }
                Signal::Message(frame) => self.take_message(now, frame),
                Signal::RequestTaken => self.acceptance.take_sign(),
                Signal::TooLarge { head, detail } => {
                    if let Some(id) = Wire::correlation_id(&head)
                        && self.calls.remove(id).is_some()
                    {
                        self.settle(id, Err(CallError::ReplyTooLarge { detail }));
                    }
                }
                Signal::Disconnected(reason) => {
                    self.give_back(now, &reason);
                    self.presence.go_offline();
                    self.acceptance = Acceptance::default();
                }
            }
        }
    }

    /// Does what follows for the calls from what is known of the workers, and finds out what the
    /// calls need to know.
    pub(super) fn follow_calls(&mut self, now: Duration) {
        if let Some(absence) = self.presence.poll_absence() {
            self.fail_unserved(absence);
        }
        self.presence.set_needed(self.calls.len() > 0);
        if self.calls.any_held() {
            if self.presence.is_served(now) || !self.workers_listen() {
                self.calls.release();
            } else {
                self.presence.hurry(now);
            }
        }
        self.send_waiting(now);
        if self.presence.wants_ping(now) {
            let id = self.connection.new_id();
            self.presence.begin_round(now, id);
            self.send_ping(now, id);
        }
        if let Some(workers) = self.presence.poll_change() {
            self.events.push_back(Event::Workers(workers));
        }
    }

    fn come_online(&mut self, now: Duration) {
        self.counters.connects += 1;
        self.calls.resume();
        if self.presence.is_believed() {
            self.calls.stay_until(now + WORKERS_RETURN_WITHIN);
        }
        // The connection may be gone again, by what came with the very message that made it so.
        if self.workers_listen() && self.connection.is_online() {
            let id = self.connection.new_id();
            self.presence.come_online(now, id);
            self.connection.first_ping_sent();
            self.send_ping(now, id);
        }
    }

    fn take_message(&mut self, now: Duration, frame: Frame) {
        match self.wire.read(frame) {
            Incoming::Reply { id, outcome } => {
                self.presence.take_reply(now);
                self.has_arrived(id);
                self.take_reply(now, id, outcome);
            }
            Incoming::Progress {
                id,
                worker,
                progress,
            } => {
                self.presence.take_reply(now);
                self.has_arrived(id);
                self.take_progress(now, id, worker, progress);
            }
            Incoming::Bounce { id, reason } => {
                // With a reason it comes from the queue, and from a full one without a receipt.
                if reason.is_some() {
                    self.has_arrived(id);
                }
                match self.calls.remove(id) {
                    Some(call) => {
                        let error = self.wire.bounce_error(reason, call.deadline);
                        self.settle(id, Err(error));
                    }
                    None => self.counters.unmatched += 1,
                }
            }
            Incoming::NobodyToCancel => {}
            Incoming::Pong { id, pong } => {
                if !self.presence.take_pong(now, id, pong) {
                    self.counters.unmatched += 1;
                }
            }
            Incoming::NobodyToPing { id } => {
                if !self.presence.take_bounce(now, id) {
                    self.counters.unmatched += 1;
                }
            }
            Incoming::Malformed => self.counters.malformed += 1,
        }
    }

    /// Leaves a connection on which no receipt came for too long, if calls wait for it.
    pub(super) fn look_for_receipt(&mut self, now: Duration) {
        self.acceptance.look(now);
        let asker = self.acceptance.asker();
        let calls_wait =
            asker.is_some_and(|id| self.calls.may_resend(id)) || self.calls.any_unsent();
        if calls_wait && self.acceptance.is_hopeless(now) {
            self.connection.leave_taking_nothing(now);
        }
    }

    /// The queue has had the request of this call.
    fn has_arrived(&mut self, id: Uuid) {
        if self.acceptance.is_in_question() && self.calls.sent(id).is_some() {
            self.acceptance.take_sign();
        }
    }

    fn take_reply(&mut self, now: Duration, id: Uuid, outcome: Result<RawReply, CallError>) {
        let Some((sent_at, started_at)) = self
            .calls
            .sent(id)
            .and_then(|call| Some((call.sent_at?, call.started_at)))
        else {
            self.counters.unmatched += 1;
            return;
        };
        self.calls.remove(id);
        let round_trip = now.saturating_sub(sent_at);
        let started = started_at.map(|at| at.saturating_sub(sent_at));
        let ping = self.presence.fastest_pong();
        let allowed = self.config.max_reply_bytes;
        let outcome = outcome.and_then(|reply| match reply.body.len() {
            actual if actual > allowed => Err(CallError::ReplyTooLarge {
                detail: format!("the reply has {actual} bytes, where {allowed} are allowed"),
            }),
            _ => Ok(RawReply {
                round_trip,
                times: Times::split(round_trip, started, reply.compute, ping),
                ..reply
            }),
        });
        self.settle(id, outcome);
    }

    fn take_progress(
        &mut self,
        now: Duration,
        id: Uuid,
        worker: Option<String>,
        progress: Option<Progress>,
    ) {
        let asked = |call: &&mut Pending| call.progress_every.is_some();
        let Some(call) = self.calls.sent(id).filter(asked) else {
            self.counters.unmatched += 1;
            return;
        };
        if progress.is_none() {
            call.started_at = Some(now);
        }
        let farthest = call.progress.map_or(0, |known| known.done);
        call.progress = progress
            .filter(|told| told.done >= farthest)
            .or(call.progress);
        let stage = Stage::Running {
            worker,
            progress: call.progress,
        };
        self.events.push_back(Event::Stage { id, stage });
    }

    /// The connection is gone, and the reply queue with it.
    fn give_back(&mut self, now: Duration, reason: &Disconnect) {
        let blameless = matches!(self.acceptance, Acceptance::Overdue { .. })
            || matches!(reason, Disconnect::PasscodeEnds { .. });
        for (id, call) in self.calls.take_lost(blameless) {
            let reason = reason.clone();
            let error = if call.idempotent {
                CallError::LostEachTime {
                    service: self.config.queue.clone(),
                    times: call.losses,
                    reason: Box::new(reason),
                }
            } else {
                CallError::OutcomeUnknown(reason)
            };
            self.settle(id, Err(error));
        }
        if self.refusal(Policy::WaitForWorker).is_some() {
            for (id, _) in self.calls.drain() {
                self.settle(id, Err(CallError::Refused(reason.clone())));
            }
        } else if self.refusal(Policy::FailFast).is_some() {
            for (id, _) in self.calls.take_unserved(now) {
                self.settle(id, Err(CallError::Refused(reason.clone())));
            }
        }
        for id in self.calls.with_progress() {
            let stage = Stage::Waiting;
            self.events.push_back(Event::Stage { id, stage });
        }
    }

    fn fail_unserved(&mut self, absence: Absence) {
        let gone = match absence {
            Absence::Draining { asked_at } => self.calls.take_held(asked_at),
            Absence::Total { asked_at } => self.calls.take_unserved(asked_at),
        };
        for (id, call) in gone {
            let service = self.config.queue.clone();
            let error = match call.sent_at {
                None => CallError::NoWorker { service },
                Some(_) => CallError::WorkersLeft { service },
            };
            self.settle(id, Err(error));
        }
    }

    fn send_waiting(&mut self, now: Duration) {
        // If the exchange that is pinged is missing, the ping ends the connection within
        // milliseconds, and what was sent behind it is lost or, worse, not known to be.
        let ping_may_end_it = self.connection.may_end_by_ping() && !self.presence.is_served(now);
        if !self.connection.is_online() || ping_may_end_it {
            return;
        }
        // The queue may have lost its leader: there are other nodes, or this is not the first
        // connection.
        let may_be_leaderless = self.config.mode == Mode::Warren
            && (self.config.urls.iter().len() > 1 || self.counters.connects > 1);
        let wait = self.connection.is_late();
        loop {
            let asks = may_be_leaderless && self.acceptance != Acceptance::Known;
            let next = if asks {
                self.next_asker(now, wait)
            } else {
                self.calls.next_unsent(now, wait)
            };
            let Some((id, call)) = next.and_then(|id| Some((id, self.calls.sent(id)?))) else {
                break;
            };
            if call.times_sent > 1 {
                self.counters.resent += 1;
            }
            let remaining = call.deadline_at.saturating_sub(now);
            let client = self.connection.client_id();
            let mut frame = self.wire.request(client, id, call, remaining);
            if asks {
                self.acceptance.ask(now, id, call.body.len());
                frame = frame.with_header("receipt", REQUEST_RECEIPT);
            }
            if call.progress_every.is_some() {
                let stage = Stage::Queued;
                self.events.push_back(Event::Stage { id, stage });
            }
            self.connection.send(now, &frame);
        }
    }

    /// Takes the call that is to go ahead now, and notes that it is sent.
    fn next_asker(&mut self, now: Duration, wait: bool) -> Option<Uuid> {
        let Some(asker) = self.acceptance.asker() else {
            return self.calls.next_ahead(now, wait, false);
        };
        if self.acceptance.is_overdue() {
            if self.calls.may_resend(asker) {
                return self.calls.resend(now, asker);
            }
            // One that must not be done twice may be lost. A second one waits for another
            // connection.
            return self.calls.next_ahead(now, wait, true);
        }
        if self.calls.sent(asker).is_some() {
            // Its receipt may come yet.
            return None;
        }
        // It has settled without a sign that it arrived, and another takes its place.
        self.calls.next_ahead(now, wait, false)
    }

    fn send_ping(&mut self, now: Duration, id: Uuid) {
        let frame = self.wire.ping(self.connection.client_id(), id);
        self.connection.send(now, &frame);
    }

    /// Tells the workers that nobody waits for a call any more, if it was sent on this connection.
    pub(super) fn tell_workers(&mut self, now: Duration, id: Uuid, call: &Pending) {
        if call.sent_at.is_some() && self.connection.is_online() && self.workers_listen() {
            let frame = self.wire.cancel(self.connection.client_id(), id);
            self.connection.send(now, &frame);
        }
    }

    /// Whether there is a control exchange, of which the tutorials' servers know nothing.
    fn workers_listen(&self) -> bool {
        self.config.mode == Mode::Warren
    }
}
