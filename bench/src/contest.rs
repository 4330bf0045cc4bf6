//! Contestants who are measured in turns.

use std::fmt;

/// One figure by which contestants are measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    name: String,
    unit: String,
}

impl Metric {
    /// A figure called `name`, in `unit`, such as `p50` in `ms`.
    #[must_use]
    pub fn new(name: &str, unit: &str) -> Self {
        Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.unit)
    }
}

/// Measures contestants in turns, so that whatever else the machine does meets all of them.
pub struct Contest<'a> {
    rounds: usize,
    metrics: Vec<Metric>,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    name: String,
    measure: Box<dyn FnMut() -> Vec<f64> + 'a>,
}

impl<'a> Contest<'a> {
    /// A contest in so many rounds; at least 1.
    #[must_use]
    pub fn new(rounds: usize, metrics: impl IntoIterator<Item = Metric>) -> Self {
        assert!(rounds > 0, "a contest has at least one round");
        Self {
            rounds,
            metrics: metrics.into_iter().collect(),
            entries: Vec::new(),
        }
    }

    /// Adds a contestant. `measure` is called once a round, and returns a figure for each metric,
    /// in their order. Whatever it must warm up, it does before it measures.
    pub fn enter(&mut self, name: impl Into<String>, measure: impl FnMut() -> Vec<f64> + 'a) {
        self.entries.push(Entry {
            name: name.into(),
            measure: Box::new(measure),
        });
    }

    /// Lets all take their turns. Every other round goes in reverse order, so that nobody always
    /// runs in the wake of the same.
    ///
    /// # Panics
    /// A contestant returned another number of figures than there are metrics, or one that is not
    /// a positive number.
    #[must_use]
    pub fn run(mut self) -> Outcome {
        let mut figures: Vec<Vec<Vec<f64>>> = vec![Vec::new(); self.entries.len()];
        for round in 0..self.rounds {
            let mut order: Vec<usize> = (0..self.entries.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for index in order {
                let entry = &mut self.entries[index];
                eprintln!("  round {} of {}: {}", round + 1, self.rounds, entry.name);
                let measured = (entry.measure)();
                assert_eq!(
                    measured.len(),
                    self.metrics.len(),
                    "figures of {}",
                    entry.name
                );
                let sound = measured
                    .iter()
                    .all(|figure| figure.is_finite() && *figure > 0.0);
                assert!(sound, "{} measured {measured:?}", entry.name);
                figures[index].push(measured);
            }
        }
        let names = self.entries.into_iter().map(|entry| entry.name);
        Outcome {
            metrics: self.metrics,
            contestants: names.zip(figures).collect(),
        }
    }
}

impl fmt::Debug for Contest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.entries.iter().map(|entry| &*entry.name).collect();
        f.debug_struct("Contest")
            .field("rounds", &self.rounds)
            .field("metrics", &self.metrics)
            .field("entries", &names)
            .finish()
    }
}

/// What was measured. Printing it makes a table of Markdown: medians, and the least and the
/// greatest figure of all rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    metrics: Vec<Metric>,
    /// The figures by round, then by metric.
    contestants: Vec<(String, Vec<Vec<f64>>)>,
}

impl Outcome {
    /// The figures of a contestant by this metric, one for each round.
    ///
    /// # Panics
    /// There is no such contestant or metric.
    pub(crate) fn figures(&self, contestant: &str, metric: &str) -> Vec<f64> {
        let metric = self
            .metrics
            .iter()
            .position(|each| each.name == metric)
            .unwrap_or_else(|| panic!("nothing is measured as {metric}"));
        let (_, rounds) = self
            .contestants
            .iter()
            .find(|(name, _)| name == contestant)
            .unwrap_or_else(|| panic!("nobody is called {contestant}"));
        rounds.iter().map(|figures| figures[metric]).collect()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads: String = self
            .metrics
            .iter()
            .map(|metric| format!(" {metric} |"))
            .collect();
        writeln!(f, "| |{heads}")?;
        writeln!(f, "| --- |{}", " ---: |".repeat(self.metrics.len()))?;
        for (name, _) in &self.contestants {
            write!(f, "| {name} |")?;
            for metric in &self.metrics {
                write!(f, " {} |", Spread::of(self.figures(name, &metric.name)))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The median of some figures, and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(crate) fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        let middle = figures.len() / 2;
        let median = if figures.len() % 2 == 1 {
            figures[middle]
        } else {
            f64::midpoint(figures[middle - 1], figures[middle])
        };
        Self {
            least: figures[0],
            median,
            greatest: figures[figures.len() - 1],
        }
    }
}

/// Three digits that count, or all digits before the point.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.median.abs() {
            0.0..0.1 => 4,
            0.1..1.0 => 3,
            1.0..10.0 => 2,
            10.0..100.0 => 1,
            _ => 0,
        };
        write!(f, "{:.digits$}", self.median)?;
        if self.least < self.greatest {
            write!(f, " ({:.digits$} – {:.digits$})", self.least, self.greatest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contestants_take_turns_and_every_other_round_goes_backwards() {
        let order = std::cell::RefCell::new(String::new());
        let mut contest = Contest::new(3, [Metric::new("rate", "1/s")]);
        for name in ["a", "b"] {
            let order = &order;
            contest.enter(name, move || {
                order.borrow_mut().push_str(name);
                vec![1.0]
            });
        }
        let _ = contest.run();
        assert_eq!(*order.borrow(), "abbaab");
    }

    #[test]
    fn a_table_shows_medians_and_spreads() {
        let mut figures = [3.0, 1.0, 2.0].into_iter();
        let mut contest = Contest::new(3, [Metric::new("p50", "ms"), Metric::new("rate", "1/s")]);
        contest.enter("tortoise", move || {
            vec![figures.next().expect("three rounds"), 1500.0]
        });
        assert_eq!(
            contest.run().to_string(),
            "| | p50, ms | rate, 1/s |\n\
             | --- | ---: | ---: |\n\
             | tortoise | 2.00 (1.00 – 3.00) | 1500 |\n"
        );
    }
}
