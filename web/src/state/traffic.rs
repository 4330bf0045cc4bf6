//! What moves in the picture of the wire.

use std::time::Duration;

use super::{Meaning, Timestamp};

/// How many dots move at once, at most. What comes meanwhile goes with the next ones.
const DOTS: usize = 20;

/// How far apart dots on one leg are, so that they can be told apart.
const APART: Duration = Duration::from_millis(150);

/// A part of the way, on which messages move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    /// A request into the queue.
    Queue,
    /// A request out of the queue, to a worker.
    Take,
    /// Both, for a request of which the worker does not tell when it takes it.
    Through,
    /// A reply, through the reply queue to the page.
    Reply,
    /// What a worker tells before that.
    News,
    /// A request back from the queue.
    Bounce,
}

/// Messages that move together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dot {
    /// Its number on this page, from 1.
    pub(crate) number: u64,
    /// Where it moves.
    pub(crate) leg: Leg,
    /// How many messages it stands for.
    pub(crate) count: u32,
    began: Timestamp,
}

/// The messages that move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Those that moved or wait to move, by leg.
    gathered: [u32; Leg::ALL.len()],
    dots: Vec<Dot>,
    last_number: u64,
    replies: u64,
}

impl Leg {
    const ALL: [Self; 6] = [
        Self::Queue,
        Self::Take,
        Self::Through,
        Self::Reply,
        Self::News,
        Self::Bounce,
    ];

    /// The leg's name, for styles.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "to-queue",
            Self::Take => "to-worker",
            Self::Through => "through",
            Self::Reply => "reply",
            Self::News => "news",
            Self::Bounce => "bounce",
        }
    }

    /// How long a dot takes, as `path.css` has it.
    const fn lasts(self) -> Duration {
        Duration::from_millis(match self {
            Self::Queue | Self::Take | Self::Bounce => 700,
            Self::Through | Self::Reply | Self::News => 1_200,
        })
    }
}

impl Traffic {
    /// A message of this meaning went by.
    pub(crate) fn saw(&mut self, meaning: Meaning, now: Timestamp) {
        let leg = match meaning {
            Meaning::Request { told: true } => Leg::Queue,
            Meaning::Request { told: false } => Leg::Through,
            Meaning::Started => Leg::Take,
            Meaning::Progress => Leg::News,
            Meaning::Reply => Leg::Reply,
            Meaning::Bounce => Leg::Bounce,
            Meaning::Cancel | Meaning::Background | Meaning::Other => return,
        };
        if leg == Leg::Reply {
            self.replies += 1;
        }
        self.gathered[leg as usize] += 1;
        self.advance(now);
    }

    /// Lets dots end that have arrived, and others begin.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.dots
            .retain(|dot| now.since(dot.began) < dot.leg.lasts());
        for leg in Leg::ALL {
            let gathered = &mut self.gathered[leg as usize];
            let close = |dot: &Dot| dot.leg == leg && now.since(dot.began) < APART;
            if *gathered == 0 || self.dots.len() >= DOTS || self.dots.iter().any(close) {
                continue;
            }
            self.last_number += 1;
            self.dots.push(Dot {
                number: self.last_number,
                leg,
                count: std::mem::take(gathered),
                began: now,
            });
        }
    }

    /// Those that move now.
    pub(crate) fn dots(&self) -> &[Dot] {
        &self.dots
    }

    /// How many replies came.
    pub(crate) const fn replies(&self) -> u64 {
        self.replies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Meaning = Meaning::Request { told: false };

    fn at(ms: u64) -> Timestamp {
        Timestamp(1_000_000_000 + ms * 1_000)
    }

    fn moving(traffic: &Traffic) -> Vec<(Leg, u32)> {
        traffic
            .dots()
            .iter()
            .map(|dot| (dot.leg, dot.count))
            .collect()
    }

    #[test]
    fn a_message_moves_at_once_and_is_gone_when_it_has_arrived() {
        let mut traffic = Traffic::default();
        traffic.saw(Meaning::Request { told: true }, at(0));
        assert_eq!(moving(&traffic), [(Leg::Queue, 1)]);
        traffic.saw(Meaning::Started, at(400));
        traffic.saw(Meaning::Progress, at(450));
        traffic.advance(at(700));
        assert_eq!(moving(&traffic), [(Leg::Take, 1), (Leg::News, 1)]);
        traffic.saw(Meaning::Reply, at(1_700));
        assert_eq!(moving(&traffic), [(Leg::Reply, 1)]);
        traffic.saw(Meaning::Bounce, at(3_000));
        assert_eq!(moving(&traffic), [(Leg::Bounce, 1)]);
        traffic.advance(at(4_000));
        assert_eq!(moving(&traffic), []);
        assert_eq!(traffic.replies(), 1);
    }

    #[test]
    fn many_messages_move_as_one() {
        let mut traffic = Traffic::default();
        for _ in 0..58 {
            traffic.saw(REQUEST, at(0));
        }
        assert_eq!(moving(&traffic), [(Leg::Through, 1)]);
        traffic.advance(at(149));
        assert_eq!(moving(&traffic), [(Leg::Through, 1)]);
        traffic.advance(at(150));
        assert_eq!(moving(&traffic), [(Leg::Through, 1), (Leg::Through, 57)]);
    }

    #[test]
    fn no_more_dots_move_than_can_be_followed_and_none_is_lost() {
        let mut traffic = Traffic::default();
        let kinds = [
            REQUEST,
            Meaning::Request { told: true },
            Meaning::Started,
            Meaning::Progress,
            Meaning::Reply,
            Meaning::Bounce,
        ];
        let mut messages = 0;
        let mut moved = std::collections::BTreeMap::new();
        for ms in 0..10_000 {
            if ms < 5_000 {
                traffic.saw(kinds[ms as usize % kinds.len()], at(ms));
                messages += 1;
            }
            traffic.advance(at(ms));
            assert!(traffic.dots().len() <= DOTS);
            moved.extend(traffic.dots().iter().map(|dot| (dot.number, dot.count)));
        }
        assert_eq!(moved.values().sum::<u32>(), messages);
        assert_eq!(moving(&traffic), []);
    }

    #[test]
    fn what_is_no_message_of_a_call_does_not_move() {
        let mut traffic = Traffic::default();
        for meaning in [Meaning::Background, Meaning::Other, Meaning::Cancel] {
            traffic.saw(meaning, at(0));
        }
        assert_eq!(traffic, Traffic::default());
    }
}
