//! What comes from the system's package manager.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};
use warren_rabbitmq::Server;

use crate::command::{output, run};

pub(super) const RABBITMQ_REMEDY: &str = "install it (Debian, Ubuntu: sudo apt-get install \
    rabbitmq-server; macOS: brew install rabbitmq), name its start script in \
    WARREN_RABBITMQ_SERVER, or use a broker that runs already: cargo xtask up --amqp URL --ws URL";

pub(super) const GCC_REMEDY: &str = "install it (Debian, Ubuntu: sudo apt-get install gcc libc6-dev; macOS: xcode-select --install)";

/// What `web/Containerfile` installs, too.
pub(super) const NGINX_PACKAGES: [&str; 3] =
    ["jq", "libnginx-mod-http-brotli-static", "nginx-light"];

pub(super) const NGINX_REMEDY: &str = "install it (Debian, Ubuntu: sudo apt-get install jq \
    libnginx-mod-http-brotli-static nginx-light)";

pub(super) const VALGRIND_REMEDY: &str =
    "install it (Debian, Ubuntu: sudo apt-get install valgrind)";

pub(super) const BROWSER_REMEDY: &str = "install them (Debian: sudo apt-get install chromium \
    chromium-driver; macOS: brew install --cask chromium chromedriver), or name their programs in \
    WARREN_CHROMIUM and WARREN_CHROMEDRIVER";

pub(super) const HAPROXY_REMEDY: &str = "install it (Debian, Ubuntu: sudo apt-get install haproxy; \
    macOS: brew install haproxy), or name its program in WARREN_HAPROXY";

/// Not on the PATH of everybody.
const NGINX: &str = "/usr/sbin/nginx";

/// The module that `web/nginx/nginx.conf` loads.
const BROTLI_MODULE: &str = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so";

/// The names under which distributions install Chromium; its relatives do as well.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Debian's place for it is not on everybody's PATH.
const HAPROXIES: [&str; 2] = ["haproxy", "/usr/sbin/haproxy"];

/// The installed RabbitMQ: its version, or where it is if it does not tell.
pub(super) fn rabbitmq() -> Option<String> {
    let server = Server::find().ok()?;
    let place = || server.program().display().to_string();
    Some(server.version().unwrap_or_else(place))
}

/// The version of jq; nginx tells its own to standard error.
pub(super) fn nginx() -> Option<String> {
    let is_there = |path| Path::new(path).is_file();
    let jq = output(Command::new("jq").arg("--version"))?;
    (is_there(NGINX) && is_there(BROTLI_MODULE)).then(|| format!("{NGINX}, {jq}"))
}

pub(super) fn gcc() -> Option<String> {
    output(Command::new("gcc").arg("-dumpfullversion"))
}

pub(super) fn valgrind() -> Option<String> {
    output(Command::new("valgrind").arg("--version"))
}

/// The browser that tests use: the program in `WARREN_CHROMIUM`, or the one on PATH.
#[must_use]
pub fn browser() -> Option<PathBuf> {
    named_or_on_path("WARREN_CHROMIUM", &BROWSERS)
}

/// The browser's WebDriver: the program in `WARREN_CHROMEDRIVER`, or the one on PATH.
#[must_use]
pub fn browser_driver() -> Option<PathBuf> {
    named_or_on_path("WARREN_CHROMEDRIVER", &["chromedriver"])
}

pub(super) fn browser_and_driver() -> Option<String> {
    let browser = browser()?;
    let version = output(Command::new(browser_driver()?).arg("--version"))?;
    Some(format!("{}, {version}", browser.display()))
}

/// The HAProxy that tests use: the program in `WARREN_HAPROXY`, or the one that is installed.
#[must_use]
pub fn haproxy() -> Option<PathBuf> {
    named_or_on_path("WARREN_HAPROXY", &HAPROXIES)
}

pub(super) fn haproxy_version() -> Option<String> {
    // Lines on its support, and on bugs, follow.
    let said = output(Command::new(haproxy()?).arg("-v"))?;
    said.lines().next().map(str::to_owned)
}

fn named_or_on_path(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(program) = env::var_os(variable) {
        return Some(PathBuf::from(program)).filter(|program| program.is_file());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
}

/// Whether packages can be installed, and other systems be set up in folders.
pub(super) fn must_be_root() -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "only root can install packages"
    );
    Ok(())
}

/// Installs packages with apt, if this is root on a system that has it.
///
/// Nobody is asked for a password: where we may not, the error says what a person can do.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    if !Path::new("/usr/bin/apt-get").is_file() {
        bail!("this system has no apt-get");
    }
    must_be_root()?;
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    // The lists are missing or old on most fresh machines, but not on all, and may be out of reach.
    let refreshed = apt(&["update"]);
    apt(&install).or_else(|error| refreshed.and(Err(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_of_the_page_has_what_its_tests_have() {
        let image = include_str!("../../../web/Containerfile");
        for package in NGINX_PACKAGES {
            assert!(image.contains(&format!(" {package}")), "{package}");
            assert!(NGINX_REMEDY.contains(package), "{package}");
        }
    }
}
