//! The headers of a frame.

use std::fmt;

/// The headers of a frame, unescaped, in the order in which they stand on the wire.
///
/// All of them share one text buffer, laid out as header lines are, so that a frame costs two
/// allocations for its headers however many they are, and the decoder mostly need not copy them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Every header as `name:value` and LF; the index, not these separators, tells them apart.
    text: String,
    ends: Vec<Ends>,
}

/// Where a header's name and value end in the text; a separator follows each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) name: usize,
    pub(crate) value: usize,
}

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Headers that are laid out already.
    pub(crate) fn from_parts(text: String, ends: Vec<Ends>) -> Self {
        Self { text, ends }
    }

    /// Appends a header, also when there is one of this name already.
    pub fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let name = self.text.len();
        self.text.push(':');
        self.text.push_str(value);
        let value = self.text.len();
        self.text.push('\n');
        self.ends.push(Ends { name, value });
    }

    /// The value of the first header of this name, which the specification says is the one to
    /// use (section "Repeated Header Entries").
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut start = 0;
        for ends in &self.ends {
            // As bytes, names need not be looked at for where characters begin.
            if self.text.as_bytes()[start..ends.name] == *name.as_bytes() {
                return Some(&self.text[ends.name + 1..ends.value]);
            }
            start = ends.value + 1;
        }
        None
    }

    /// Every header as name and value, repeated ones included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |ends| {
            let name = &self.text[start..ends.name];
            let value = &self.text[ends.name + 1..ends.value];
            start = ends.value + 1;
            (name, value)
        })
    }

    /// How many headers there are, repeated ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no header at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The header lines as they stand on the wire, if nothing in them is to be escaped for any
    /// command.
    pub(crate) fn plain_lines(&self) -> Option<&str> {
        let separators = 2 * self.len();
        (count_special(&self.text) == separators).then_some(&self.text)
    }

    /// The bytes of all header lines together, unescaped.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }
}

/// How many bytes are separators, or would be escaped for some command.
fn count_special(text: &str) -> usize {
    // So many can be counted in a byte, which makes this a vector operation on many bytes at once.
    const COUNTABLE: usize = 128;
    let count = |bytes: &[u8]| {
        bytes.iter().fold(0_u8, |count, byte| {
            count + u8::from(matches!(byte, b'\n' | b'\r' | b':' | b'\\'))
        })
    };
    let counts = text.as_bytes().chunks(COUNTABLE).map(count);
    counts.map(usize::from).sum()
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let mut collected = Self::new();
        for (name, value) in headers {
            collected.push(name.as_ref(), value.as_ref());
        }
        collected
    }
}

impl fmt::Debug for Headers {
    /// Lists the headers, but hides a passcode: what is printed for debugging ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (name, if name == "passcode" { "…" } else { value });
        f.debug_list().entries(self.iter().map(shown)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_headers_are_all_kept_and_the_first_one_counts() {
        let headers = Headers::from_iter([("foo", "World"), ("bar", ""), ("foo", "Hello")]);
        assert_eq!(headers.get("foo"), Some("World"));
        assert_eq!(headers.get("bar"), Some(""));
        assert_eq!(headers.get("baz"), None);
        assert_eq!(
            headers.iter().collect::<Vec<_>>(),
            [("foo", "World"), ("bar", ""), ("foo", "Hello")]
        );
        assert_eq!(headers.len(), 3);
        assert!(!headers.is_empty());
    }

    #[test]
    fn debug_output_hides_the_passcode() {
        let headers = Headers::from_iter([("login", "web"), ("passcode", "secret")]);
        assert_eq!(
            format!("{headers:?}"),
            r#"[("login", "web"), ("passcode", "…")]"#
        );
    }
}
