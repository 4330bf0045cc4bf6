//! Where something is measured, and with which versions.

use std::{fmt, fs, process::Command, thread, time::SystemTime};

use warren_rabbitmq::Server;

/// The date, the machine, and the versions of what all rows stand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    parts: Vec<String>,
}

impl Machine {
    /// The machine that this runs on, now. What it does not tell is left out.
    #[must_use]
    pub fn this() -> Self {
        let parts = [
            Some(today()),
            Some(processors()),
            memory(),
            said_by("uname", &["-sr"]),
            said_by("rustc", &["--version"]).and_then(|version| words(&version, 2)),
            Server::find()
                .ok()
                .and_then(|server| server.version())
                .map(|version| format!("RabbitMQ {version}")),
            browser().and_then(|version| words(&version, 2)),
            said_by("node", &["--version"]).map(|version| format!("Node {version}")),
        ];
        Self {
            parts: parts.into_iter().flatten().collect(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.parts.join(", "))
    }
}

fn today() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    now.chars().take_while(|&c| c != 'T').collect()
}

fn processors() -> String {
    let count = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("processors", |(_, model)| model.trim());
    format!("{count} × {model}")
}

fn memory() -> Option<String> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let total = info
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = total.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(format!("{} GiB", kibibytes.div_ceil(1 << 20)))
}

fn browser() -> Option<String> {
    let browser = xtask::tools::browser()?;
    said_by(browser.to_str()?, &["--version"])
}

fn words(text: &str, count: usize) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(count).collect();
    (words.len() == count).then(|| words.join(" "))
}

fn said_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
