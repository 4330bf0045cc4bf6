//! `cargo xtask up`, from the first line to the last process.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use warren_rabbitmq::{Child, Ports, Server, allow_origins};

/// A first `up` builds the worker for release.
const START_LIMIT: Duration = Duration::from_secs(15 * 60);

/// The broker alone takes some seconds to stop.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// What everything that the `up` under test starts has in its environment.
const MARK: &str = "WARREN_TEST_UP";

#[test]
fn up_serves_the_page_and_leaves_no_process_after_ctrl_c() {
    let data = tempfile::tempdir().expect("a folder");
    let ports = Ports::free().expect("free ports");
    let stranger = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let taken = stranger.local_addr().expect("it listens").port();
    let mut command = up(data.path(), &ports);
    command.args(["--port", &taken.to_string()]);
    command.stdout(Stdio::piped());
    let mut child = Child::spawn(&mut command).expect("up starts");
    let addresses = addresses(&mut child);

    let page = address(&addresses, "Page");
    assert!(!page.contains(&format!(":{taken}/")), "{page} is taken");
    let config = fetch(&format!("{page}config.json"));
    let ws = format!("ws://127.0.0.1:{}/ws", ports.web_stomp);
    assert!(config.contains(&ws), "{config} should lead to {ws}");
    assert!(fetch(&page).contains("<html"));
    let server = Server::find().expect("it runs");
    let is_choosy = allow_origins(&server, &[""]).is_some();
    let foreign = if is_choosy { "403" } else { "101" };
    let own = page.trim_end_matches('/');
    for (origin, expected) in [(own, "101"), ("http://elsewhere.example", foreign)] {
        assert_eq!(handshake(ports.web_stomp, origin), expected, "{origin}");
    }
    let running = marked_processes(data.path());
    for expected in ["xtask", "warren-worker", "beam.smp"] {
        assert!(
            running.iter().any(|name| name == expected),
            "no {expected} in {running:?}"
        );
    }

    let second = up(data.path(), &ports)
        .stdin(Stdio::null())
        .output()
        .expect("a second up starts");
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success());
    assert!(said.contains("runs already"), "{said}");

    press_ctrl_c(&child);
    let status = wait(&mut child).expect("it ends in time");
    assert!(status.success(), "{status}");
    assert_eq!(marked_processes(data.path()), Vec::<String>::new());
}

#[test]
fn up_says_so_when_a_worker_dies_and_starts_it_again() {
    let data = tempfile::tempdir().expect("a folder");
    let ports = Ports::free().expect("free ports");
    let mut command = up(data.path(), &ports);
    command
        .args(["--port", "0", "--workers", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Child::spawn(&mut command).expect("up starts");
    let errors = child.take_stderr().expect("a pipe");
    let errors = thread::spawn(move || io::read_to_string(errors));
    addresses(&mut child);

    let worker = process_named("warren-worker", data.path()).expect("a worker runs");
    rustix::process::kill_process(worker, Signal::KILL).expect("it is ours");
    let deadline = Instant::now() + STOP_LIMIT;
    while process_named("warren-worker", data.path()).is_none_or(|id| id == worker) {
        assert!(Instant::now() < deadline, "there is another in time");
        thread::sleep(Duration::from_millis(20));
    }

    press_ctrl_c(&child);
    let status = wait(&mut child).expect("it ends in time");
    assert!(status.success(), "{status}");
    let said = errors.join().expect("no panic").expect("text");
    assert!(said.contains("worker-1 ended by itself"), "{said}");
    assert_eq!(marked_processes(data.path()), Vec::<String>::new());
}

fn up(data: &Path, ports: &Ports) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("up")
        .arg("--data")
        .arg(data)
        .args(["--broker-port", &ports.amqp.to_string()])
        .args(["--ws-port", &ports.web_stomp.to_string()])
        .args(["--management-port", &ports.management.to_string()])
        .env(MARK, data);
    command
}

/// What `up` prints on standard output once everything runs.
fn addresses(child: &mut Child) -> Vec<String> {
    let output = child.take_stdout().expect("a pipe");
    let (lines, said) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let last = line.contains("Ctrl-C");
            if lines.send(line).is_err() || last {
                return;
            }
        }
    });
    let deadline = Instant::now() + START_LIMIT;
    let mut addresses = Vec::new();
    while !addresses
        .iter()
        .any(|line: &String| line.contains("Ctrl-C"))
    {
        let left = deadline.saturating_duration_since(Instant::now());
        addresses.push(said.recv_timeout(left).expect("up prints addresses"));
    }
    addresses
}

fn address(addresses: &[String], what: &str) -> String {
    addresses
        .iter()
        .find_map(|line| line.trim().strip_prefix(what))
        .expect(what)
        .trim()
        .to_owned()
}

fn fetch(url: &str) -> String {
    let mut response = ureq::get(url).call().expect(url);
    let mut text = String::new();
    response
        .body_mut()
        .as_reader()
        .read_to_string(&mut text)
        .expect("text");
    text
}

/// The status of the answer when a page of this origin opens a WebSocket (RFC 6455, section 4).
fn handshake(port: u16, origin: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("Web-STOMP listens");
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Origin: {origin}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is open");
    stream
        .set_read_timeout(Some(STOP_LIMIT))
        .expect("it is not zero");
    let mut line = String::new();
    BufReader::new(stream)
        .read_line(&mut line)
        .expect("an answer");
    line.split(' ').nth(1).expect("a status").to_owned()
}

/// What a terminal does: the signal goes to the whole foreground process group.
fn press_ctrl_c(child: &Child) {
    let group = i32::try_from(child.id()).expect("process ids are small");
    let group = Pid::from_raw(group).expect("process ids are positive");
    kill_process_group(group, Signal::INT).expect("it is ours");
}

fn wait(child: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + STOP_LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("it is ours") {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(20));
    }
    None
}

/// The names of all processes that the `up` with this data has started, itself included.
fn marked_processes(data: &Path) -> Vec<String> {
    marked(data).into_iter().map(|(_, name)| name).collect()
}

fn process_named(name: &str, data: &Path) -> Option<Pid> {
    let (id, _) = marked(data).into_iter().find(|(_, found)| found == name)?;
    Pid::from_raw(id)
}

fn marked(data: &Path) -> Vec<(i32, String)> {
    let mark = format!("{MARK}={}", data.display());
    let processes = fs::read_dir("/proc").expect("this test needs Linux's /proc");
    processes
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let id = folder.file_name()?.to_str()?.parse().ok()?;
            let environment = fs::read(folder.join("environ")).ok()?;
            environment
                .split(|&byte| byte == 0)
                .any(|variable| variable == mark.as_bytes())
                .then_some(())?;
            let name = fs::read_to_string(folder.join("comm")).ok()?;
            Some((id, name.trim().to_owned()))
        })
        .collect()
}
