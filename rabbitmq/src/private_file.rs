//! Files that hold a secret.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file that its owner alone may read and write (mode 0600), at once as a whole. It takes
/// the place of one that is there only if it may `replace` that.
///
/// # Errors
/// What the operating system said; [`io::ErrorKind::AlreadyExists`] if there is one that stays.
pub fn write_private(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    if replace {
        file.persist(path)?;
    } else {
        file.persist_noclobber(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_may_read_it_even_where_everybody_could() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, "old").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");

        let refused = write_private(&path, "new", false).expect_err("there is one");
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("text"), "old");

        write_private(&path, "new", true).expect("it may be replaced");
        assert_eq!(fs::read_to_string(&path).expect("text"), "new");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
