//! `bench/RESULTS.md`: what was measured last, row by row, among what people wrote about it.

use std::{fs, io, path::PathBuf};

use crate::{Machine, Section};

/// The file, of which only what stands between the marks of a row is ever written.
#[derive(Clone, Debug)]
pub struct Results {
    path: PathBuf,
}

impl Results {
    /// The file at `path`.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Writes what was measured in place of what was measured before; a row that is not there yet
    /// comes last.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn write(&self, section: &Section, machine: &Machine, rounds: usize) -> io::Result<()> {
        let text = fs::read_to_string(&self.path)?;
        let measured = format!("*{machine}; {rounds} rounds.*\n\n{section}");
        fs::write(&self.path, replace(&text, section, &measured))
    }
}

fn replace(text: &str, section: &Section, measured: &str) -> String {
    let begin = format!("<!-- measured: {} -->\n", section.name());
    let end = "<!-- /measured -->\n";
    let marked = format!("{begin}\n{measured}\n{end}");
    let after_begin = text.split_once(&begin);
    let parts = after_begin.and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    match parts {
        Some((before, after)) => format!("{before}{marked}{after}"),
        None => format!("{text}\n## {}\n\n{marked}", section.title()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_measured_is_written_anew() {
        let section = Section::new("drain", "Draining");
        let first = replace("# Results\n", &section, "1\n");
        assert_eq!(
            first,
            "# Results\n\n## Draining\n\n<!-- measured: drain -->\n\n1\n\n<!-- /measured -->\n"
        );
        let explained = format!("{first}\nBy hand.\n");
        let other = replace(&explained, &Section::new("fib", "fib(42)"), "3\n");
        let second = replace(&other, &section, "2\n");
        assert_eq!(
            second,
            "# Results\n\n## Draining\n\n<!-- measured: drain -->\n\n2\n\n<!-- /measured -->\n\
             \nBy hand.\n\n## fib(42)\n\n<!-- measured: fib -->\n\n3\n\n<!-- /measured -->\n"
        );
    }
}
