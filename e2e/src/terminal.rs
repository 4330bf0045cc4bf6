//! A terminal, as far as a command can tell.

use std::{
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    process::{Command, Output, Stdio},
    thread,
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Runs a command to its end whose stderr is a terminal. Returns its output, in which stderr is
/// what the terminal got: text and what moves the cursor.
#[must_use]
pub fn on_terminal(mut command: Command) -> Output {
    let (mut terminal, end) = open().expect("a terminal");
    command
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(end);
    let child = command.spawn().expect("it runs");
    // It holds our copy of the terminal's end, without which reading ends when the command ends.
    drop(command);
    let shown = thread::spawn(move || {
        let mut shown = Vec::new();
        // Linux tells by an error that nobody holds the other end any more.
        let _ = terminal.read_to_end(&mut shown);
        shown
    });
    let output = child.wait_with_output().expect("it ends");
    Output {
        stderr: shown.join().expect("reading does not panic"),
        ..output
    }
}

/// The terminal's two sides: the one that shows, and the one that programs write to.
fn open() -> io::Result<(File, File)> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&terminal)?;
    unlockpt(&terminal)?;
    let name = ptsname(&terminal, Vec::new())?;
    let end = OpenOptions::new()
        .read(true)
        .write(true)
        .open(OsStr::from_bytes(name.to_bytes()))?;
    Ok((terminal.into(), end))
}
