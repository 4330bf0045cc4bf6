//! The bars of one lane: what a worker computed for this page, and when.

use std::{fmt::Write, time::Duration};

use uuid::Uuid;

use super::WINDOW;
use crate::state::{Timestamp, time::micros};

/// In how many units the window is drawn. One is 10 ms.
pub(crate) const WIDTH: u32 = 6_000;

/// How high a lane is, in units of its own.
pub(crate) const HEIGHT: u32 = 24;

/// How many bars may stand above one another. What a worker computes besides is drawn over them.
const MAX_ROWS: usize = 4;

/// How many bars a row has at most; beyond that the oldest are forgotten.
const MAX_BARS: usize = 2_000;

/// What is nearer than this would touch on most screens.
const NEAR: Duration = Duration::from_millis(60);

/// How wide a bar is at least, in units: what is quickly computed is seen, too.
const MIN_WIDTH: u32 = 12;

/// The gap after a bar that has room for one, in units, so that neighbours are told apart.
const GAP: u32 = 6;

/// How deep the teeth of a bar are that broke off, in units.
const TEETH: u32 = 30;

/// How a bar ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BarEnd {
    /// It does not yet.
    Running,
    /// With a reply.
    Done,
    /// With a failure.
    Failed,
    /// It was given up.
    Cancelled,
    /// The worker went away.
    Broken,
}

impl BarEnd {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Broken,
    ];

    /// Its name, for styles and tests.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Broken => "broken",
        }
    }

    /// It in words.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Running => "computing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Broken => "broken off, as the worker went away",
        }
    }
}

/// A stretch of computing; neighbours that are too short to be told apart are one.
#[derive(Clone, Copy, Debug)]
struct Bar {
    from: Timestamp,
    to: Timestamp,
    end: BarEnd,
    is_short: bool,
}

/// A call that is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenBar {
    call: Uuid,
    from: Timestamp,
    row: usize,
}

/// The bars of one lane, in rows, so that calls that a worker computes at once are seen.
#[derive(Clone, Debug)]
pub(super) struct Bars {
    rows: Vec<Vec<Bar>>,
    open: Vec<OpenBar>,
    max_rows: usize,
}

impl Default for Bars {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            open: Vec::new(),
            max_rows: MAX_ROWS,
        }
    }
}

impl OpenBar {
    /// The same, begun at another time.
    pub(super) fn begun(self, from: Timestamp) -> Self {
        Self { from, ..self }
    }
}

impl Bars {
    /// So many calls are computed at once at most, and need a row each.
    pub(super) fn need_rows(&mut self, concurrency: u16) {
        self.max_rows = usize::from(concurrency).clamp(1, MAX_ROWS);
    }

    /// A call is computed from now on.
    pub(super) fn open(&mut self, call: Uuid, from: Timestamp) {
        let row = self.free_row(from, Timestamp(u64::MAX));
        self.open.push(OpenBar { call, from, row });
    }

    /// The call that is computed, if it is, which ends here.
    pub(super) fn take(&mut self, call: Uuid) -> Option<OpenBar> {
        let index = self.open.iter().position(|open| open.call == call)?;
        Some(self.open.swap_remove(index))
    }

    /// The call that was taken is still computed.
    pub(super) fn reopen(&mut self, open: OpenBar) {
        self.open.push(open);
    }

    /// The call that was taken becomes a bar that ends at `to`.
    pub(super) fn close(&mut self, open: OpenBar, to: Timestamp, end: BarEnd) {
        self.push(open.row, open.from, to, end);
    }

    /// All that is computed breaks off.
    pub(super) fn break_off(&mut self, at: Timestamp) {
        for open in std::mem::take(&mut self.open) {
            self.close(open, at, BarEnd::Broken);
        }
    }

    /// Adds what was computed, and only now is known.
    pub(super) fn add(&mut self, from: Timestamp, to: Timestamp, end: BarEnd) {
        let row = if is_short(from, to) {
            // Among many short ones, all that counts is that there were some.
            let joins = |row: &Vec<Bar>| row.last().is_some_and(|last| last.joins(from, end));
            self.rows.iter().position(joins)
        } else {
            None
        };
        let row = row.unwrap_or_else(|| self.free_row(from, to));
        self.push(row, from, to, end);
    }

    /// Whether anything is to be drawn of the window that begins at `begin`.
    pub(super) fn is_empty_since(&self, begin: Timestamp) -> bool {
        let newest = |row: &Vec<Bar>| row.last().is_some_and(|bar| bar.to >= begin);
        self.open.is_empty() && !self.rows.iter().any(newest)
    }

    /// The outlines of all bars in the window that ends `now`, for each of [`BarEnd::ALL`], in
    /// units of [`WIDTH`] and [`HEIGHT`]; empty where there is none. What is computed is known to
    /// be until `end`.
    pub(super) fn outlines(&self, end: Timestamp, now: Timestamp) -> [String; BarEnd::ALL.len()] {
        let mut outlines = [const { String::new() }; BarEnd::ALL.len()];
        let height = HEIGHT / self.rows.len().max(1) as u32;
        let closed = self.rows.iter().enumerate();
        let closed = closed.flat_map(|(row, bars)| bars.iter().map(move |bar| (row, *bar)));
        let open = self.open.iter().map(|open| {
            let bar = Bar {
                from: open.from,
                to: end,
                end: BarEnd::Running,
                is_short: false,
            };
            (open.row, bar)
        });
        for (row, bar) in closed.chain(open) {
            if bar.to.since(window_begin(now)) > Duration::ZERO {
                let outline = &mut outlines[bar.end as usize];
                bar.outline(row as u32 * height, height, now, outline);
            }
        }
        outlines
    }

    /// How many bars are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    /// The first row with nothing between `from` and `to`, which is made if there may be one more.
    fn free_row(&mut self, from: Timestamp, to: Timestamp) -> usize {
        let is_free = |&row: &usize| {
            let newer = self.rows[row].iter().rev().take_while(|bar| bar.to > from);
            let open = self.open.iter().filter(|open| open.row == row);
            newer
                .map(|bar| bar.from)
                .chain(open.map(|open| open.from))
                .all(|start| start >= to)
        };
        let rows = 0..self.rows.len();
        rows.clone().find(is_free).unwrap_or_else(|| {
            if rows.end < self.max_rows {
                self.rows.push(Vec::new());
            }
            self.rows.len() - 1
        })
    }

    fn push(&mut self, row: usize, from: Timestamp, to: Timestamp, end: BarEnd) {
        let row = &mut self.rows[row];
        let is_short = is_short(from, to);
        match row.last_mut() {
            Some(last) if is_short && last.joins(from, end) => {
                last.from = last.from.min(from);
                last.to = last.to.max(to);
            }
            last => {
                // Where there is no other row for it, it begins after what it would cover.
                let from = match last {
                    Some(last) if last.to < to => from.max(last.to),
                    _ => from,
                };
                row.push(Bar {
                    from,
                    to,
                    end,
                    is_short,
                })
            }
        }
        let begin = window_begin(to);
        let old = row.iter().take_while(|bar| bar.to < begin).count();
        row.drain(..old.max(row.len().saturating_sub(MAX_BARS)));
    }
}

impl Bar {
    /// Whether a short bar that begins at `from` becomes a part of this one.
    fn joins(&self, from: Timestamp, end: BarEnd) -> bool {
        self.is_short && self.end == end && from.since(self.to) < NEAR
    }

    fn outline(&self, top: u32, height: u32, now: Timestamp, outline: &mut String) {
        let left = position(self.from, now);
        let wide = position(self.to, now).saturating_sub(left);
        let wide = if wide > 2 * MIN_WIDTH {
            wide - GAP
        } else {
            wide.max(MIN_WIDTH)
        };
        let high = height.max(2) - 1;
        // A String takes whatever is written to it.
        let _ = if self.end == BarEnd::Broken {
            let (deep, tooth) = (TEETH.min(wide), high / 4);
            write!(
                outline,
                "M{left} {top}h{wide}l-{deep} {tooth}l{deep} {tooth}l-{deep} {tooth}l{deep} {tooth}h-{wide}z"
            )
        } else {
            write!(outline, "M{left} {top}h{wide}v{high}h-{wide}z")
        };
    }
}

fn is_short(from: Timestamp, to: Timestamp) -> bool {
    to.since(from) < 2 * NEAR
}

/// When the window begins that ends `now`.
pub(super) fn window_begin(now: Timestamp) -> Timestamp {
    now.before(WINDOW)
}

/// Where a time stands in the window that ends `now`, from 0 to [`WIDTH`].
pub(super) fn position(at: Timestamp, now: Timestamp) -> u32 {
    let since_begin = at.since(window_begin(now)).min(WINDOW);
    (micros(since_begin) / (micros(WINDOW) / u64::from(WIDTH))) as u32
}
