//! Which RabbitMQ is used: the one that is installed, or one of another Debian in a folder of its
//! own.

use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use warren_rabbitmq::Server;

use super::{Prerequisite, place, system};
use crate::Checkout;
use crate::command::run;

/// The versions of RabbitMQ that can be had besides the one that is installed, oldest first.
const RELEASES: [Release; 2] = [
    Release {
        series: "4.0",
        suite: "trixie",
        name: "RabbitMQ 4.0 of Debian trixie",
    },
    Release {
        series: "4.3",
        suite: "forky",
        name: "RabbitMQ 4.3 of Debian forky",
    },
];

/// The major version that is not put into a folder, but expected to be installed.
const INSTALLED: &str = "3";

const MIRROR: &str = "http://deb.debian.org/debian";

/// The same for all of Debian's suites; debootstrap's own choice knows only those that are older
/// than itself.
const SCRIPT: &str = "/usr/share/debootstrap/scripts/sid";

pub(super) const REMEDY: &str = "as root on Debian or Ubuntu, cargo xtask test --broker installs \
    it into .tools/; elsewhere, name a system's root folder in WARREN_RABBITMQ_ROOT, or a start \
    script in WARREN_RABBITMQ_SERVER, and leave --broker out";

/// RabbitMQ in a Debian of its own, below `.tools/`. The machine's system is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The beginning of its version.
    series: &'static str,
    /// The Debian that has it.
    suite: &'static str,
    pub(super) name: &'static str,
}

impl Release {
    /// The root folder of its Debian.
    fn root(self, checkout: &Checkout) -> PathBuf {
        checkout.tools().join(self.folder())
    }

    pub(super) fn find(self, checkout: &Checkout) -> Option<String> {
        Server::in_root(&self.root(checkout)).ok()?.version()
    }

    pub(super) fn install(self, checkout: &Checkout) -> Result<()> {
        let Self { series, suite, .. } = self;
        system::must_be_root()?;
        system::install(&["debootstrap", "debian-archive-keyring"])?;
        place::install(checkout, &self.folder(), |folder| {
            // In a mount namespace of its own: should it be killed, what it has mounted goes.
            run(Command::new("unshare")
                .args(["--mount", "--propagation", "private", "--", "debootstrap"])
                .args(["--variant=minbase", "--include=rabbitmq-server", suite])
                .arg(folder)
                .args([MIRROR, SCRIPT]))?;
            let version = Server::in_root(folder)?
                .version()
                .context("its version is not to be found")?;
            ensure!(
                agree(&version, series),
                "Debian {suite} has RabbitMQ {version} by now"
            );
            Ok(())
        })
    }

    fn folder(self) -> String {
        format!("rabbitmq-{}", self.series)
    }
}

/// A version of RabbitMQ, as a person asks for it: `3`, `4`, `4.0`, `4.3.6`, … By default it is
/// the one that is installed, whichever that is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broker {
    /// `None` for any.
    version: Option<String>,
    /// `None` for the one that is installed.
    release: Option<Release>,
}

impl Broker {
    /// What must be there.
    #[must_use]
    pub fn prerequisite(&self) -> Prerequisite {
        self.release
            .map_or(Prerequisite::RabbitMq, Prerequisite::RabbitMqRelease)
    }

    /// The root folder of the system that has it, unless that is the machine's.
    ///
    /// # Errors
    /// It is there, but in another version than was asked for.
    pub fn root(&self, checkout: &Checkout) -> Result<Option<PathBuf>> {
        if let Some(version) = &self.version {
            let found = self.prerequisite().find(checkout);
            let found = found.context("RabbitMQ has gone")?;
            ensure!(
                agree(&found, version),
                "RabbitMQ {found} is what there is, and not {version}"
            );
        }
        Ok(self.release.map(|release| release.root(checkout)))
    }
}

/// The version is none that [`Broker`] knows where to get.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("known are {INSTALLED}, if that is installed, {}", known())]
pub struct UnknownBroker;

fn known() -> String {
    RELEASES
        .map(|Release { series, suite, .. }| format!("{series} (of Debian {suite})"))
        .join(", ")
}

impl FromStr for Broker {
    type Err = UnknownBroker;

    fn from_str(version: &str) -> Result<Self, UnknownBroker> {
        let release = RELEASES
            .into_iter()
            .rfind(|release| agree(release.series, version));
        if release.is_none() && !agree(version, INSTALLED) {
            return Err(UnknownBroker);
        }
        Ok(Self {
            version: Some(version.to_owned()),
            release,
        })
    }
}

/// Whether two versions are the same as far as both of them go.
fn agree(one: &str, other: &str) -> bool {
    one.split('.')
        .zip(other.split('.'))
        .all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_lead_to_the_newest_release_that_agrees() {
        let cases = [
            ("3", Ok(None)),
            ("3.10", Ok(None)),
            ("3.10.8", Ok(None)),
            ("4", Ok(Some("forky"))),
            ("4.0", Ok(Some("trixie"))),
            ("4.0.5", Ok(Some("trixie"))),
            ("4.3", Ok(Some("forky"))),
            ("4.3.6", Ok(Some("forky"))),
            ("4.1", Err(UnknownBroker)),
            ("5", Err(UnknownBroker)),
            ("", Err(UnknownBroker)),
            ("latest", Err(UnknownBroker)),
        ];
        for (version, expected) in cases {
            let suite = version
                .parse()
                .map(|broker: Broker| broker.release.map(|release| release.suite));
            assert_eq!(suite, expected, "{version:?}");
        }
        assert_eq!(
            UnknownBroker.to_string(),
            "known are 3, if that is installed, 4.0 (of Debian trixie), 4.3 (of Debian forky)"
        );
    }

    #[test]
    fn another_version_than_the_one_asked_for_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let checkout = Checkout::at(root.path());
        let place = checkout.tools().join("rabbitmq-4.3");
        for folder in ["bin", "lib/rabbitmq_server-4.3.6"] {
            let folder = place.join("usr/lib/rabbitmq").join(folder);
            std::fs::create_dir_all(folder).expect("a folder");
        }
        let program = place.join("usr/lib/rabbitmq/bin/rabbitmq-server");
        std::fs::write(program, "").expect("a file");
        for (version, fits) in [("4", true), ("4.3.6", true), ("4.3.5", false)] {
            let broker: Broker = version.parse().expect("it is known");
            let root = broker.root(&checkout);
            assert_eq!(root.is_ok(), fits, "{version}: {root:?}");
        }
    }
}
