//! `cargo xtask definitions`: users, permissions and topology for a broker that others can reach.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use warren_contract::DEFAULT_SERVICE;
use warren_rabbitmq::{Deployment, write_private};

/// What the definitions are called in a folder.
const DEFINITIONS: &str = "definitions.json";

/// The mode of a file with a password.
const PRIVATE: u32 = 0o600;

/// The mode of the definitions: RabbitMQ is another user, and nobody guesses a password of 256
/// random bits from its hash.
const READABLE: u32 = 0o644;

/// The options of `cargo xtask definitions`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The folder for definitions.json and the files with the passwords; or, if this ends with
    /// .json, the definitions, and the passwords go beside them.
    #[arg(long, value_name = "FILE-OR-FOLDER")]
    pub out: PathBuf,

    /// The virtual host.
    #[arg(long, value_name = "NAME", default_value = "/")]
    pub vhost: String,

    /// A service that the workers serve; may be given more than once.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_SERVICE)]
    pub service: Vec<String>,

    /// A user who may do everything, such as look at the management page. Without this there is none.
    #[arg(long, value_name = "NAME")]
    pub administrator: Option<String>,

    /// Replaces files that are there. What logs in with the old passwords is refused then.
    #[arg(long)]
    pub force: bool,
}

/// Makes passwords, writes them into files that their owner alone may read, and the definitions into
/// another, and says what each is for. Never a password is printed.
///
/// # Errors
/// The options contradict each other, a file is there already, or could not be written; then none
/// is changed, unless the disk is full or the like.
pub fn run(options: &Options) -> Result<()> {
    let deployment = Deployment {
        vhost: options.vhost.clone(),
        services: options.service.clone(),
        administrator: options.administrator.clone(),
    };
    let made = deployment.definitions()?;
    let definitions = match options.out.extension() {
        Some(extension) if extension == "json" => options.out.clone(),
        _ => options.out.join(DEFINITIONS),
    };
    let beside = |name| definitions.with_file_name(name);
    let mut files = vec![
        File {
            path: definitions.clone(),
            text: &made.json,
            mode: READABLE,
            purpose: "for RabbitMQ to import; passwords are hashed",
        },
        File {
            path: beside("worker-password"),
            text: made.worker.reveal(),
            mode: PRIVATE,
            purpose: "of the user worker: warren-worker --password-file",
        },
    ];
    if let Some(password) = &made.administrator {
        files.push(File {
            path: beside("administrator-password"),
            text: password.reveal(),
            mode: PRIVATE,
            purpose: "of the administrator",
        });
    }
    write_all(&files, options.force)?;
    let mut out = io::stdout().lock();
    for File { path, purpose, .. } in &files {
        writeln!(out, "  {}  {purpose}", path.display())?;
    }
    Ok(())
}

/// A file to be written.
#[derive(Debug)]
struct File<'a> {
    path: PathBuf,
    text: &'a str,
    mode: u32,
    purpose: &'static str,
}

fn write_all(files: &[File<'_>], force: bool) -> Result<()> {
    for File { path, .. } in files {
        ensure!(
            force || fs::symlink_metadata(path).is_err(),
            "{} is there already; --force makes new passwords and replaces it",
            path.display()
        );
    }
    for File {
        path, text, mode, ..
    } in files
    {
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
        }
        write_private(path, text, force)
            .and_then(|()| fs::set_permissions(path, Permissions::from_mode(*mode)))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    fn options(out: &Path) -> Options {
        Options {
            out: out.to_owned(),
            vhost: "/".into(),
            service: vec![DEFAULT_SERVICE.into()],
            administrator: Some("ada".into()),
            force: false,
        }
    }

    /// The names and contents of the files in `folder`, in the order of their names.
    fn files(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.expect("a file").path();
                let name = path
                    .file_name()
                    .map(OsStr::to_string_lossy)
                    .expect("a name");
                (name.into_owned(), fs::read_to_string(&path).expect("text"))
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_folder_or_a_file_may_be_named() {
        let root = tempfile::tempdir().expect("a folder");
        for (out, name) in [
            ("folder", "definitions.json"),
            ("other/warren.json", "warren.json"),
        ] {
            let out = root.path().join(out);
            run(&options(&out)).expect("nothing is in the way");
            let folder = out.with_extension("");
            let folder = if folder.is_dir() {
                folder
            } else {
                root.path().join("other")
            };
            let names: Vec<_> = files(&folder).into_iter().map(|(name, _)| name).collect();
            let mut expected = ["administrator-password", name, "worker-password"];
            expected.sort_unstable();
            assert_eq!(names, expected);
            for name in names {
                let file = fs::metadata(folder.join(&name)).expect("it is there");
                let is_private = file.permissions().mode() & 0o777 == PRIVATE;
                assert_eq!(is_private, name.ends_with("-password"), "{name}");
            }
        }
    }

    #[test]
    fn no_file_is_replaced_unless_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = options(folder.path());
        let there = folder.path().join("administrator-password");
        fs::write(&there, "old").expect("a file");

        let refused = run(&options).expect_err("a file is there").to_string();
        assert!(
            refused.contains("administrator-password is there already"),
            "{refused}"
        );
        assert_eq!(
            files(folder.path()).len(),
            1,
            "none is written before all are looked at"
        );
        assert_eq!(fs::read_to_string(&there).expect("text"), "old");

        options.force = true;
        run(&options).expect("it may be replaced");
        let first = files(folder.path());
        run(&options).expect("it may be replaced");
        for (old, new) in first.iter().zip(files(folder.path())) {
            assert_ne!(*old, new);
        }
    }
}
