//! Instructions, as counted now and as committed.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::fmt;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::command::output;

/// How many more instructions than committed are too many, in percent.
const TOLERANCE: f64 = 10.0;

/// How many instructions each work takes, and what made them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// What `rustc --version` says.
    rustc: String,
    /// The kind of processor, such as `x86_64`.
    architecture: String,
    instructions: BTreeMap<String, u64>,
}

impl Counts {
    /// None yet, by this compiler on this machine.
    pub(super) fn here() -> Result<Self> {
        let rustc = output(Command::new("rustc").arg("--version")).context("rustc has gone")?;
        Ok(Self {
            rustc,
            architecture: ARCH.into(),
            instructions: BTreeMap::new(),
        })
    }

    pub(super) fn insert(&mut self, name: &str, instructions: u64) {
        self.instructions.insert(name.into(), instructions);
    }

    /// What has changed from these to `now`.
    pub(super) fn compare(&self, now: &Self) -> Comparison {
        let mut changes: Vec<Change> = now
            .instructions
            .iter()
            .map(|(name, &instructions)| Change {
                name: name.clone(),
                before: self.instructions.get(name).copied(),
                now: Some(instructions),
            })
            .collect();
        let gone = self.instructions.iter().filter_map(|(name, &before)| {
            let is_gone = !now.instructions.contains_key(name);
            is_gone.then(|| Change {
                name: name.clone(),
                before: Some(before),
                now: None,
            })
        });
        changes.extend(gone);
        let other = self.made_by() != now.made_by();
        Comparison {
            changes,
            made_by: other.then(|| (self.made_by(), now.made_by())),
        }
    }

    fn made_by(&self) -> String {
        format!("{} for {}", self.rustc, self.architecture)
    }
}

/// All counts beside those that are committed. Printing it says what to do.
#[derive(Debug)]
pub(super) struct Comparison {
    changes: Vec<Change>,
    /// What made the committed counts, and these, if they are not the same.
    made_by: Option<(String, String)>,
}

#[derive(Debug)]
struct Change {
    name: String,
    before: Option<u64>,
    now: Option<u64>,
}

impl Comparison {
    /// Whether the same is counted as before, and nothing of it became dearer.
    pub(super) fn passes(&self) -> bool {
        self.changes.iter().all(Change::passes)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        if let Some((before, now)) = &self.made_by {
            writeln!(
                f,
                "the committed counts were made by {before}, these by {now}: part of a \
                 difference may come from that"
            )?;
        }
        if !self.passes() {
            writeln!(
                f,
                "if that is meant, cargo xtask bench --check --bless writes bench/instructions.json"
            )?;
        }
        Ok(())
    }
}

impl Change {
    fn passes(&self) -> bool {
        self.percent().is_some_and(|percent| percent < TOLERANCE)
    }

    /// By how much it became dearer.
    fn percent(&self) -> Option<f64> {
        let (before, now) = (self.before? as f64, self.now? as f64);
        Some(100.0 * (now - before) / before)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.passes() { "ok" } else { "FAILED" };
        write!(f, "{verdict}: {}: ", self.name)?;
        match (self.before, self.now, self.percent()) {
            (Some(before), Some(now), Some(percent)) => write!(
                f,
                "{now} instructions, {before} committed ({percent:+.1} %, less than \
                 {TOLERANCE:+} % is allowed)"
            ),
            (_, Some(now), _) => write!(f, "{now} instructions, no count is committed"),
            (_, None, _) => write!(f, "is committed, but not counted any more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rustc: &str, instructions: &[(&str, u64)]) -> Counts {
        Counts {
            rustc: rustc.into(),
            architecture: "x86_64".into(),
            instructions: instructions
                .iter()
                .map(|&(name, count)| (name.into(), count))
                .collect(),
        }
    }

    #[test]
    fn what_became_dearer_by_a_tenth_fails_by_name() {
        let committed = counts("rustc 1", &[("decode", 1_000), ("encode", 1_000)]);
        let dearer = counts("rustc 1", &[("decode", 1_100), ("encode", 1_099)]);
        let comparison = committed.compare(&dearer);
        assert!(!comparison.passes());
        let text = comparison.to_string();
        assert!(text.contains("FAILED: decode: 1100 instructions, 1000 committed (+10.0 %"));
        assert!(text.contains("ok: encode: 1099 instructions, 1000 committed (+9.9 %"));
        assert!(!text.contains("rustc"), "it was the same one: {text}");

        assert!(committed.compare(&committed).passes());
        let cheaper = counts("rustc 1", &[("decode", 1), ("encode", 1_000)]);
        assert!(committed.compare(&cheaper).passes());
    }

    #[test]
    fn another_compiler_or_architecture_is_named() {
        let committed = counts("rustc 1", &[("decode", 1_000)]);
        let comparison = committed.compare(&counts("rustc 2", &[("decode", 1_000)]));
        assert!(comparison.passes());
        let text = comparison.to_string();
        assert!(text.contains("made by rustc 1 for x86_64, these by rustc 2 for x86_64"));

        let mut elsewhere = committed.clone();
        elsewhere.architecture = "aarch64".into();
        let text = committed.compare(&elsewhere).to_string();
        assert!(text.contains("made by rustc 1 for x86_64, these by rustc 1 for aarch64"));
    }

    #[test]
    fn what_is_counted_on_one_side_alone_fails() {
        let one = counts("rustc 1", &[("decode", 1_000)]);
        let both = counts("rustc 1", &[("decode", 1_000), ("encode", 1_000)]);
        for (committed, now, complaint) in [
            (&one, &both, "FAILED: encode: 1000 instructions, no count"),
            (&both, &one, "FAILED: encode: is committed, but"),
        ] {
            let comparison = committed.compare(now);
            assert!(!comparison.passes());
            assert!(comparison.to_string().contains(complaint), "{comparison}");
        }
    }
}
