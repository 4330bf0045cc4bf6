//! What is wanted of a contestant, and whether it was reached.

use std::fmt;

use crate::contest::{Outcome, Spread};

/// What is wanted of a contestant: by a metric, in relation to another contestant, or by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    metric: String,
    contestant: String,
    peer: Option<String>,
    bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    /// `contestant`'s figure is to be at least `factor` times `peer`'s.
    #[must_use]
    pub fn at_least(metric: &str, contestant: &str, factor: f64, peer: &str) -> Self {
        Self::new(metric, contestant, Some(peer), Bound::AtLeast(factor))
    }

    /// `contestant`'s figure is to be at most `factor` times `peer`'s.
    #[must_use]
    pub fn at_most(metric: &str, contestant: &str, factor: f64, peer: &str) -> Self {
        Self::new(metric, contestant, Some(peer), Bound::AtMost(factor))
    }

    /// `contestant`'s figure is to be at least `value`.
    #[must_use]
    pub fn at_least_value(metric: &str, contestant: &str, value: f64) -> Self {
        Self::new(metric, contestant, None, Bound::AtLeast(value))
    }

    fn new(metric: &str, contestant: &str, peer: Option<&str>, bound: Bound) -> Self {
        Self {
            metric: metric.to_owned(),
            contestant: contestant.to_owned(),
            peer: peer.map(str::to_owned),
            bound,
        }
    }

    /// Whether `outcome` reaches it: the median of all rounds does.
    ///
    /// # Panics
    /// The outcome knows no such contestant or metric.
    pub(crate) fn judge(&self, outcome: &Outcome) -> Verdict {
        let ours = outcome.figures(&self.contestant, &self.metric);
        let figures = match &self.peer {
            None => ours,
            Some(peer) => {
                let theirs = outcome.figures(peer, &self.metric);
                ours.iter()
                    .zip(theirs)
                    .map(|(ours, theirs)| ours / theirs)
                    .collect()
            }
        };
        let spread = Spread::of(figures);
        let is_met = match self.bound {
            Bound::AtLeast(bound) => spread.median >= bound,
            Bound::AtMost(bound) => spread.median <= bound,
        };
        Verdict {
            goal: self.clone(),
            spread,
            is_met,
        }
    }
}

/// Whether a goal was reached, in one line of Markdown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    goal: Goal,
    spread: Spread,
    pub(crate) is_met: bool,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Goal {
            metric,
            contestant,
            peer,
            bound,
        } = &self.goal;
        let met = if self.is_met { "met" } else { "not met" };
        let (relation, bound) = match bound {
            Bound::AtLeast(bound) => ("at least", bound),
            Bound::AtMost(bound) => ("at most", bound),
        };
        write!(f, "**{met}**: {metric} of {contestant} is {}", self.spread)?;
        match peer {
            Some(peer) => write!(f, " × that of {peer}; {relation} {bound} × is wanted"),
            None => write!(f, "; {relation} {bound} is wanted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::{Contest, Metric};

    #[test]
    fn a_goal_is_judged_by_the_ratios_within_rounds() {
        let mut contest = Contest::new(3, [Metric::new("rate", "1/s")]);
        // The machine slows down meanwhile; the ratio stays.
        let mut speed = [4.0, 2.0, 1.0].into_iter();
        let mut peers_speed = speed.clone();
        contest.enter("hare", move || {
            vec![3.0 * speed.next().expect("three rounds")]
        });
        contest.enter("tortoise", move || {
            vec![peers_speed.next().expect("three rounds")]
        });
        let outcome = contest.run();
        let cases = [
            (Goal::at_least("rate", "hare", 3.0, "tortoise"), true),
            (Goal::at_least("rate", "hare", 3.1, "tortoise"), false),
            (Goal::at_most("rate", "tortoise", 0.34, "hare"), true),
            (Goal::at_most("rate", "tortoise", 0.33, "hare"), false),
            (Goal::at_least_value("rate", "hare", 6.0), true),
            (Goal::at_least_value("rate", "hare", 6.1), false),
        ];
        for (goal, is_met) in cases {
            assert_eq!(goal.judge(&outcome).is_met, is_met, "{goal:?}");
        }
        let verdict = Goal::at_least("rate", "hare", 2.0, "tortoise").judge(&outcome);
        assert_eq!(
            verdict.to_string(),
            "**met**: rate of hare is 3.00 × that of tortoise; at least 2 × is wanted"
        );
    }
}
