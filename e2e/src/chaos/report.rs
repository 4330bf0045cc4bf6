//! What became of it all, for people, and whether it is good.

use std::{collections::BTreeSet, fmt, time::Duration};

use super::{
    calls::Kind,
    computed::Repeats,
    ledger::{Ledger, Row},
    page::PageCalls,
};

/// How long after its deadline a call may settle, less than this.
const MOST_OVERRUN: Duration = Duration::from_millis(100);

/// The outcome of a run. Printing it shows a table.
#[derive(Debug)]
pub struct Report {
    /// By what is called so.
    rows: Vec<(&'static str, Row)>,
    words: Vec<String>,
    overrun: Duration,
    machine_late: Duration,
    repeats: Repeats,
}

impl Report {
    pub(super) fn new(ledger: &Ledger, page: &PageCalls, repeats: Repeats) -> Self {
        let books = ledger.books();
        let mut rows: Vec<_> = books
            .rows
            .iter()
            .map(|(kind, row)| (kind.name(), row.clone()))
            .collect();
        rows.push(("from the page", page.row.clone()));
        Self {
            rows,
            words: [books.words, page.words.clone()].concat(),
            overrun: ledger.overrun(),
            machine_late: ledger.machine_late(),
            repeats,
        }
    }

    /// What is not as it must be; nothing if all is.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let Row {
            made, wrong, hung, ..
        } = self.total();
        let mut failures = self.words.clone();
        if made == 0 {
            failures.push("no call was made".to_owned());
        }
        if wrong > 0 {
            failures.push(format!("{wrong} of {made} calls had a wrong outcome"));
        }
        if hung > 0 {
            failures.push(format!("{hung} of {made} calls never settled"));
        }
        let again = self.repeats.by_the_same;
        if again > 0 {
            failures.push(format!(
                "workers computed {again} calls that they had computed already"
            ));
        }
        if self.overrun >= MOST_OVERRUN {
            failures.push(format!(
                "a call settled {} after its deadline, where less than {} is allowed",
                milliseconds(self.overrun),
                milliseconds(MOST_OVERRUN)
            ));
        }
        failures
    }

    fn total(&self) -> Row {
        let mut total = Row::default();
        for (_, row) in &self.rows {
            total.add(row);
        }
        total
    }

    fn table(&self) -> Vec<Vec<String>> {
        let total = self.total();
        let codes: BTreeSet<_> = total.failed.keys().copied().collect();
        let mut heads = vec!["calls", "made", "done"];
        heads.extend(&codes);
        heads.extend(["wrong", "hung"]);
        let mut lines = vec![heads.into_iter().map(str::to_owned).collect()];
        let rows = self.rows.iter().map(|(name, row)| (*name, row));
        for (name, row) in rows.chain([("all", &total)]) {
            let failed = codes
                .iter()
                .map(|code| row.failed.get(code).copied().unwrap_or_default());
            let counts = [row.made, row.done]
                .into_iter()
                .chain(failed)
                .chain([row.wrong, row.hung]);
            let cells =
                std::iter::once(name.to_owned()).chain(counts.map(|count| count.to_string()));
            lines.push(cells.collect());
        }
        lines
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        for line in &table {
            for (column, cell) in line.iter().enumerate() {
                let widths = table.iter().map(|line| line[column].len());
                let width = widths.max().unwrap_or_default();
                if column == 0 {
                    write!(f, "{cell:<width$}")?;
                } else {
                    write!(f, "  {cell:>width$}")?;
                }
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "\nlongest overrun of a deadline: {} (besides waiting for a processor, for which the client's threads had up to {} at once)",
            milliseconds(self.overrun),
            milliseconds(self.machine_late)
        )?;
        let waiting = self
            .rows
            .iter()
            .find(|(name, _)| *name == Kind::Patient.name());
        if let Some((_, row)) = waiting
            && row.made > 0
        {
            let share = 100.0 * row.done as f64 / row.made as f64;
            writeln!(f, "done of the calls that wait for a worker: {share:.1} %")?;
        }
        let Repeats {
            computations,
            by_the_same,
            after_a_kill,
            by_another,
        } = self.repeats;
        writeln!(
            f,
            "computed to the end: {computations} times; a second time by the same worker: {by_the_same}, by another one after a kill: {after_a_kill}, or after a lost connection: {by_another}"
        )
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", 1000.0 * duration.as_secs_f64())
}
