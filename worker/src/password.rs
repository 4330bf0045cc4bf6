//! A password that is not to be seen.

use std::{
    env, fmt,
    fs::File,
    io::{self, Read},
    path::Path,
};

use thiserror::Error;

/// The environment variable that may hold the password.
const VARIABLE: &str = "WARREN_PASSWORD";

/// The longest password, in bytes. A file that has more is not one with a password.
const LONGEST: usize = 4096;

/// A password; printing it, for debugging, does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String);

/// Why there is no password in a file.
#[derive(Debug, Error)]
pub(crate) enum NoPassword {
    #[error("cannot read it: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is empty")]
    Empty,
    #[error("it has more than {LONGEST} bytes")]
    TooLong,
    #[error("it has more than one line")]
    SeveralLines,
    #[error("it is not UTF-8")]
    NotText,
}

impl Password {
    /// Reads a file of one line. The end of that line is not part of the password.
    pub(crate) fn in_file(path: impl AsRef<Path>) -> Result<Self, NoPassword> {
        let file = File::open(path)?;
        let mut bytes = Vec::new();
        let most = LONGEST + "\r\n".len() + 1;
        file.take(most as u64).read_to_end(&mut bytes)?;
        let text = String::from_utf8(bytes).map_err(|_| NoPassword::NotText)?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let password = line.strip_suffix('\r').unwrap_or(line);
        match password.len() {
            0 => Err(NoPassword::Empty),
            1..=LONGEST if password.contains('\n') => Err(NoPassword::SeveralLines),
            1..=LONGEST => Ok(Self(password.to_owned())),
            _ => Err(NoPassword::TooLong),
        }
    }

    /// The one in the environment, if it is set.
    pub(crate) fn in_environment() -> Option<Self> {
        let password = env::var(VARIABLE).ok()?;
        (!password.is_empty()).then_some(Self(password))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests {
    use tempfile::NamedTempFile;

    use super::*;

    #[test]
    fn a_password_is_the_one_line_of_its_file() {
        let longest = "x".repeat(LONGEST);
        let cases: [(&[u8], Result<&str, &str>); 12] = [
            (b"s3cret", Ok("s3cret")),
            (b"s3cret\n", Ok("s3cret")),
            (b"s3cret\r\n", Ok("s3cret")),
            (b" two words \n", Ok(" two words ")),
            (b"s3cret\n\n", Err("it has more than one line")),
            (b"s3cret\nof mine", Err("it has more than one line")),
            (b"\n", Err("it is empty")),
            (b"", Err("it is empty")),
            (b"\xff", Err("it is not UTF-8")),
            (longest.as_bytes(), Ok(&longest)),
            (&[b'x'; LONGEST + 1], Err("it has more than 4096 bytes")),
            (&[b'x'; LONGEST * 3], Err("it has more than 4096 bytes")),
        ];
        for (content, expected) in cases {
            let file = NamedTempFile::new().expect("a file");
            std::fs::write(&file, content).expect("it can be written");
            let read = Password::in_file(&file).map_err(|error| error.to_string());
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(read.map(|password| password.0), expected);
        }
        let missing = Password::in_file("/nowhere").expect_err("there is no such file");
        assert!(missing.to_string().starts_with("cannot read it: "));
    }

    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(format!("{:?}", Password("s3cret".into())), "Password");
    }
}
