//! `warren watch` on a terminal: it takes it over, and gives it back as it was.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};
use warren_e2e::{PATIENCE, Stack};

/// What terminals take for: show the other screen, and show the first one again.
const ENTERED: &str = "\x1b[?1049h";
const LEFT: &str = "\x1b[?1049l";

/// A program on a terminal of its own.
struct OnTerminal {
    program: Child,
    /// Where the user sits.
    master: File,
    /// The terminal, as the program has it.
    terminal: File,
    written: Receiver<Vec<u8>>,
    screen: String,
}

impl OnTerminal {
    fn start(command: &mut Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it is ours");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let name = name.into_string().expect("a path");
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .expect("it is there");
        let size = Winsize {
            ws_row: 15,
            ws_col: 60,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal, size).expect("any size will do");
        let end = || Stdio::from(OwnedFd::from(terminal.try_clone().expect("another one")));
        let program = command
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("it runs");
        let master = File::from(master);
        let mut reader = master.try_clone().expect("another one");
        let (sender, written) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = reader.read(&mut bytes)
                && sender.send(bytes[..count].to_vec()).is_ok()
            {}
        });
        Self {
            program,
            master,
            terminal,
            written,
            screen: String::new(),
        }
    }

    /// Waits until all these words were written.
    fn shows(&mut self, words: &[&str]) {
        let until = Instant::now() + PATIENCE;
        while !words.iter().all(|words| self.screen.contains(words)) {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.written.recv_timeout(left) else {
                panic!("{words:?} are not in {:?}", self.screen);
            };
            self.screen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// Whether lines are edited, and keys shown, as shells like it.
    fn is_as_usual(&self) -> bool {
        let modes = tcgetattr(&self.terminal).expect("it is there").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn ends(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.program.try_wait().expect("it is our child") {
                return status;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // It has ended already, unless a test failed.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Lets `leave` end a `warren watch`.
fn check(leave: impl FnOnce(&mut OnTerminal)) {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &[]);
    let mut watch = OnTerminal::start(&mut stack.warren_command(&["watch"]));
    watch.shows(&[ENTERED, "1 worker,", "hare"]);
    assert!(!watch.is_as_usual(), "keys are taken one by one");
    leave(&mut watch);
    let status = watch.ends();
    assert!(status.success(), "{status}");
    watch.shows(&[LEFT]);
    assert!(watch.is_as_usual());
}

#[test]
fn a_key_leaves() {
    check(|watch| watch.master.write_all(b"q").expect("it is typed"));
}

#[test]
fn control_c_leaves() {
    check(|watch| watch.master.write_all(b"\x03").expect("it is typed"));
}

#[test]
fn a_signal_leaves() {
    check(|watch| {
        let id = Pid::from_child(&watch.program);
        kill_process(id, Signal::TERM).expect("it runs");
    });
}
