//! Who computed what in the last minute: a lane for each worker.

mod bars;
#[cfg(test)]
mod tests;

use std::time::Duration;

use uuid::Uuid;
use warren_contract::Pong;

pub(crate) use self::bars::{BarEnd, HEIGHT as LANE_HEIGHT, WIDTH as LANE_WIDTH};
use self::bars::{Bars, OpenBar, position, window_begin};
use super::Timestamp;

/// How long a time is seen. A worker that is gone is remembered as long.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// How many workers are drawn. The next are left out until others are forgotten.
const MAX_LANES: usize = 100;

/// What became of a call, as far as lanes show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallEnd<'a> {
    /// A worker replied.
    Replied {
        /// Its name, if it gave one.
        worker: Option<&'a str>,
        /// How long it computed, if it said so.
        compute: Option<Duration>,
        /// How long the reply was under way, as far as that is known.
        back: Duration,
    },
    /// It ended without a reply.
    Without(BarEnd),
}

/// The lanes, by the workers' names.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    last_number: u32,
    count: Option<WorkerCount>,
}

/// How many workers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkerCount {
    /// Those that take requests.
    pub(crate) serving: usize,
    /// Those that finish what they compute, and then end.
    pub(crate) draining: usize,
}

#[derive(Debug)]
struct Lane {
    number: u32,
    name: String,
    /// What tells this worker from others of its name; unknown while only calls told of it.
    id: Option<String>,
    /// Since when it is there, as far as the page knows.
    since: Timestamp,
    standing: Standing,
    tally: Option<Tally>,
    for_this_page: u32,
    bars: Bars,
}

/// Whether a worker is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It takes requests.
    Serving,
    /// It finishes what it computes, and then ends.
    Draining,
    /// Since then nobody knows who is there.
    Unknown(Timestamp),
    /// It has not answered since.
    Gone(Timestamp),
}

/// What a worker said of itself last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many requests it computes now.
    pub(crate) busy: u16,
    /// The most that it computes at once.
    pub(crate) concurrency: u16,
    /// How many it has answered with a result, for anybody.
    pub(crate) served: u64,
    /// How many it has answered with a fault, for anybody.
    pub(crate) failed: u64,
}

/// One lane as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LaneView {
    /// Tells it from all others.
    pub(crate) number: u32,
    /// The worker's name.
    pub(crate) name: String,
    /// Whether it is there.
    pub(crate) standing: Standing,
    /// What it said of itself; `None` if only calls told of it.
    pub(crate) tally: Option<Tally>,
    /// How many of this page's calls it answered with a result since it is known.
    pub(crate) for_this_page: u32,
    /// Where in the window its life begins, in units of [`WIDTH`].
    pub(crate) begin: u32,
    /// Where in the window its life ends.
    pub(crate) end: u32,
    /// The bars' outlines for each of [`BarEnd::ALL`].
    pub(crate) outlines: [String; BarEnd::ALL.len()],
}

impl Lanes {
    /// All workers that there are told of themselves; `None` if it is not known who is there.
    /// Returns the names of those that went away, unless others have the same name.
    pub(crate) fn told(&mut self, workers: Option<&[Pong]>, at: Timestamp) -> Vec<String> {
        self.count = workers.map(|workers| {
            let draining = workers.iter().filter(|worker| worker.draining).count();
            WorkerCount {
                serving: workers.len() - draining,
                draining,
            }
        });
        let Some(workers) = workers else {
            for lane in &mut self.lanes {
                lane.lose_touch(at);
            }
            return Vec::new();
        };
        let mut left = Vec::new();
        for lane in &mut self.lanes {
            let is_here = workers
                .iter()
                .any(|worker| lane.id.as_ref() == Some(&worker.id));
            if lane.id.is_some() && !is_here && !lane.is_gone() {
                let at = lane.ended().unwrap_or(at);
                lane.standing = Standing::Gone(at);
                lane.bars.break_off(at);
                if workers.iter().all(|worker| worker.name != lane.name) {
                    left.push(lane.name.clone());
                }
            }
        }
        for worker in workers {
            let since = at.before(Duration::from_millis(worker.uptime_ms));
            let Some(index) = self.lane_of_worker(worker, since) else {
                continue;
            };
            let lane = &mut self.lanes[index];
            lane.id = Some(worker.id.clone());
            lane.since = lane.since.min(since);
            lane.standing = if worker.draining {
                Standing::Draining
            } else {
                Standing::Serving
            };
            lane.bars.need_rows(worker.concurrency);
            lane.tally = Some(Tally {
                busy: worker.busy,
                concurrency: worker.concurrency,
                served: worker.served,
                failed: worker.failed,
            });
        }
        let begin = window_begin(at);
        self.lanes.retain(|lane| lane.is_seen_since(begin));
        left
    }

    /// The worker of this name computes the call.
    pub(crate) fn running(&mut self, call: Uuid, worker: &str, at: Timestamp) {
        if let Some((index, open)) = self.take(call) {
            let lane = &mut self.lanes[index];
            if lane.name == worker {
                lane.bars.reopen(open);
                return;
            }
            // Another had to begin anew.
            lane.bars.close(open, at, BarEnd::Broken);
        }
        if let Some(index) = self.lane_named(worker, at) {
            self.lanes[index].bars.open(call, at);
        }
    }

    /// A call settled.
    pub(crate) fn settled(&mut self, call: Uuid, end: CallEnd<'_>, at: Timestamp) {
        match end {
            CallEnd::Replied {
                worker,
                compute,
                back,
            } => {
                // A lane that is added moves others, so this comes before the bar is taken.
                let index = worker.and_then(|worker| self.lane_named(worker, at));
                let open = self.take(call);
                if let Some(index) = index {
                    self.replied(index, open, compute, at.before(back));
                }
            }
            CallEnd::Without(end) => {
                if let Some((index, open)) = self.take(call) {
                    self.lanes[index].bars.close(open, at, end);
                }
            }
        }
    }

    /// The worker of the lane `index` replied at `to`.
    fn replied(
        &mut self,
        index: usize,
        open: Option<(usize, OpenBar)>,
        compute: Option<Duration>,
        to: Timestamp,
    ) {
        // By its own clock the worker knows best how long it took.
        let from = compute.map(|compute| to.before(compute));
        self.lanes[index].for_this_page += 1;
        match open {
            Some((begun_by, open)) if begun_by == index => {
                let open = from.map_or(open, |from| open.begun(from));
                self.lanes[index].bars.close(open, to, BarEnd::Done);
                return;
            }
            Some((begun_by, open)) => self.lanes[begun_by].bars.close(open, to, BarEnd::Broken),
            None => {}
        }
        if let Some(from) = from {
            self.lanes[index].bars.add(from, to, BarEnd::Done);
        }
    }

    /// How many workers there are; `None` while that is not known.
    pub(crate) const fn count(&self) -> Option<WorkerCount> {
        self.count
    }

    /// How many calls the workers compute that are there, for whomever, as far as they said.
    pub(crate) fn busy(&self) -> usize {
        let there = self.lanes.iter();
        let there = there.filter(|lane| lane.ended().is_none());
        there
            .filter_map(|lane| lane.tally)
            .map(|tally| usize::from(tally.busy))
            .sum()
    }

    /// The lanes as they are drawn now.
    pub(crate) fn views(&self, now: Timestamp) -> Vec<LaneView> {
        let begin = window_begin(now);
        let seen = self.lanes.iter().filter(|lane| lane.is_seen_since(begin));
        seen.map(|lane| lane.view(now)).collect()
    }

    /// Whether a moment later something is to be drawn elsewhere.
    pub(crate) fn is_moving(&self, now: Timestamp) -> bool {
        let begin = window_begin(now);
        self.lanes.iter().any(|lane| {
            lane.since > begin
                || lane.ended().is_some_and(|at| at >= begin)
                || !lane.bars.is_empty_since(begin)
        })
    }

    /// The bar of a call that is computed, taken from its lane.
    fn take(&mut self, call: Uuid) -> Option<(usize, OpenBar)> {
        let mut lanes = self.lanes.iter_mut().enumerate();
        lanes.find_map(|(index, lane)| Some((index, lane.bars.take(call)?)))
    }

    fn lane_of_worker(&mut self, worker: &Pong, since: Timestamp) -> Option<usize> {
        let is_it = |lane: &Lane| lane.id.as_ref() == Some(&worker.id);
        let may_be_it = |lane: &Lane| lane.id.is_none() && lane.name == worker.name;
        let known = self.lanes.iter().position(is_it);
        known
            .or_else(|| self.lanes.iter().position(may_be_it))
            .or_else(|| self.add(&worker.name, since))
    }

    /// The lane of the worker of this name that is there, or was there last.
    fn lane_named(&mut self, name: &str, at: Timestamp) -> Option<usize> {
        let is_it = |lane: &Lane| lane.name == name && !lane.is_gone();
        let was_it = |lane: &Lane| lane.name == name;
        let known = self.lanes.iter().position(is_it);
        let index = known
            .or_else(|| self.lanes.iter().rposition(was_it))
            .or_else(|| self.add(name, at))?;
        let lane = &mut self.lanes[index];
        if matches!(lane.standing, Standing::Unknown(_)) {
            lane.standing = Standing::Serving;
        }
        Some(index)
    }

    /// A lane for a worker of this name, unless there are too many.
    fn add(&mut self, name: &str, since: Timestamp) -> Option<usize> {
        if self.lanes.len() >= MAX_LANES {
            return None;
        }
        self.last_number += 1;
        let lane = Lane {
            number: self.last_number,
            name: name.to_owned(),
            id: None,
            since,
            standing: Standing::Serving,
            tally: None,
            for_this_page: 0,
            bars: Bars::default(),
        };
        let after_equals = |lane: &Lane| lane.name.as_str() <= name;
        let index = self.lanes.partition_point(after_equals);
        self.lanes.insert(index, lane);
        Some(index)
    }
}

impl Lane {
    fn is_gone(&self) -> bool {
        matches!(self.standing, Standing::Gone(_))
    }

    /// From now on it is not known whether it is there.
    fn lose_touch(&mut self, at: Timestamp) {
        if self.ended().is_none() {
            self.standing = Standing::Unknown(at);
        }
    }

    /// Until when it was there, as far as that is known; `None` while it is.
    const fn ended(&self) -> Option<Timestamp> {
        match self.standing {
            Standing::Unknown(at) | Standing::Gone(at) => Some(at),
            Standing::Serving | Standing::Draining => None,
        }
    }

    /// Whether anything of it is in the window that begins at `begin`.
    fn is_seen_since(&self, begin: Timestamp) -> bool {
        match self.standing {
            Standing::Gone(at) => at >= begin,
            _ => self.id.is_some() || !self.bars.is_empty_since(begin),
        }
    }

    fn view(&self, now: Timestamp) -> LaneView {
        let end = self.ended().unwrap_or(now);
        LaneView {
            number: self.number,
            name: self.name.clone(),
            standing: self.standing,
            // What it said of itself last may be older than its replies.
            tally: self.tally.map(|tally| Tally {
                served: tally.served.max(self.for_this_page.into()),
                ..tally
            }),
            for_this_page: self.for_this_page,
            begin: position(self.since, now),
            end: position(end, now),
            outlines: self.bars.outlines(end, now),
        }
    }
}
