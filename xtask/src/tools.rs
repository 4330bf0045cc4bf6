//! What must be installed, whether it is, and how it gets there.
//!
//! Tools of the project's own go into `.tools/`, in folders named by their versions, so that a new
//! version is simply another tool. What belongs to the system comes from its package manager.

mod broker;
mod cargo_install;
mod npm;
mod peers;
mod place;
mod python;
mod rust;
mod system;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use warren_rabbitmq::ROOT_VARIABLE;

use crate::Checkout;
use crate::progress::Progress;

pub use broker::{Broker, Release, UnknownBroker};
pub use peers::folder as peers;
pub use python::interpreter as python_interpreter;
pub(crate) use rust::WASM_TARGET;
pub use system::{browser, browser_driver, haproxy};

/// Something that must be there before Warren can be built, run or tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prerequisite {
    /// rustfmt and clippy.
    RustComponents,
    /// The standard library for `wasm32-unknown-unknown`.
    WasmTarget,
    /// Trunk, which builds the page.
    Trunk,
    /// The command line of wasm-bindgen, in the very version that the page is linked with.
    WasmBindgen,
    /// What splits the page's program into chunks.
    WasmSplit,
    /// `wasm-opt`, which makes the page's WebAssembly smaller.
    WasmOpt,
    /// What checks dependencies: licences, sources, known vulnerabilities.
    CargoDeny,
    /// What lists dependencies.
    CargoCyclonedx,
    /// The broker.
    RabbitMq,
    /// Another version of the broker than the one that is installed.
    RabbitMqRelease(Release),
    /// A browser, and the driver through which tests use it.
    Browser,
    /// What stands before a cluster.
    HaProxy,
    /// A Python with the libraries of the tutorials' programs, and of validators.
    Python,
    /// What finds violations of accessibility in a page.
    Axe,
    /// The web server of deployments, and what its start script needs.
    Nginx,
    /// What counts instructions.
    Valgrind,
    /// The compiler of a peer in C.
    Gcc,
    /// The programs that Warren is measured against.
    Peers,
}

/// What building the page and the worker needs.
pub const TO_BUILD: &[Prerequisite] = &[
    Prerequisite::WasmTarget,
    Prerequisite::Trunk,
    Prerequisite::WasmBindgen,
    Prerequisite::WasmSplit,
    Prerequisite::WasmOpt,
];

/// What testing needs besides [`TO_BUILD`] and the broker.
pub const TO_TEST: &[Prerequisite] = &[
    Prerequisite::RustComponents,
    Prerequisite::Browser,
    Prerequisite::HaProxy,
    Prerequisite::Python,
    Prerequisite::Axe,
    Prerequisite::Nginx,
    Prerequisite::CargoDeny,
];

/// What looking at dependencies needs.
pub const TO_AUDIT: &[Prerequisite] = &[Prerequisite::CargoDeny, Prerequisite::CargoCyclonedx];

/// What measuring needs besides [`TO_BUILD`] and the broker.
pub const TO_BENCH: &[Prerequisite] = &[
    Prerequisite::Browser,
    Prerequisite::Python,
    Prerequisite::Gcc,
    Prerequisite::Peers,
];

impl Prerequisite {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RustComponents => "rustfmt and clippy",
            Self::WasmTarget => "Rust's wasm target",
            Self::Trunk => "Trunk",
            Self::WasmBindgen => "wasm-bindgen",
            Self::WasmSplit => "wasm-split",
            Self::WasmOpt => "wasm-opt",
            Self::CargoDeny => "cargo-deny",
            Self::CargoCyclonedx => "cargo-cyclonedx",
            Self::RabbitMq => "RabbitMQ",
            Self::RabbitMqRelease(release) => release.name,
            Self::Browser => "Chromium and its driver",
            Self::HaProxy => "HAProxy",
            Self::Python => "Python libraries",
            Self::Axe => "axe-core",
            Self::Nginx => "nginx and jq",
            Self::Valgrind => "Valgrind",
            Self::Gcc => "GCC",
            Self::Peers => "the peers' programs",
        }
    }

    /// What is installed of it, with the version where that is known; `None` if it is missing.
    #[must_use]
    pub fn find(self, checkout: &Checkout) -> Option<String> {
        match self {
            Self::RustComponents => rust::components(),
            Self::WasmTarget => rust::wasm_target(),
            Self::Trunk => cargo_install::trunk().find(checkout),
            Self::WasmBindgen => cargo_install::wasm_bindgen(checkout).ok()?.find(checkout),
            Self::WasmSplit => cargo_install::wasm_split().find(checkout),
            Self::WasmOpt => npm::BINARYEN.find(checkout),
            Self::CargoDeny => cargo_install::deny().find(checkout),
            Self::CargoCyclonedx => cargo_install::cyclonedx().find(checkout),
            Self::RabbitMq => system::rabbitmq(),
            Self::RabbitMqRelease(release) => release.find(checkout),
            Self::Browser => system::browser_and_driver(),
            Self::HaProxy => system::haproxy_version(),
            Self::Python => python::find(checkout),
            Self::Axe => npm::AXE.find(checkout),
            Self::Nginx => system::nginx(),
            Self::Valgrind => system::valgrind(),
            Self::Gcc => system::gcc(),
            Self::Peers => peers::find(checkout),
        }
    }

    /// How a person gets it where [`Prerequisite::install`] cannot.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::RustComponents => "rustup component add rustfmt clippy",
            Self::WasmTarget => rust::WASM_TARGET_REMEDY,
            Self::Trunk | Self::WasmBindgen | Self::WasmSplit => {
                "cargo xtask up installs it into .tools/"
            }
            Self::CargoDeny | Self::CargoCyclonedx => "cargo xtask audit installs it into .tools/",
            Self::WasmOpt => "install Node.js and npm; cargo xtask up does the rest",
            Self::Axe => "install Node.js and npm; cargo xtask test does the rest",
            Self::RabbitMq => system::RABBITMQ_REMEDY,
            Self::RabbitMqRelease(_) => broker::REMEDY,
            Self::Browser => system::BROWSER_REMEDY,
            Self::HaProxy => system::HAPROXY_REMEDY,
            Self::Python => python::REMEDY,
            Self::Nginx => system::NGINX_REMEDY,
            Self::Valgrind => system::VALGRIND_REMEDY,
            Self::Gcc => system::GCC_REMEDY,
            Self::Peers => peers::REMEDY,
        }
    }

    /// Installs it.
    fn install(self, checkout: &Checkout) -> Result<()> {
        match self {
            Self::RustComponents => rust::install_components(),
            Self::WasmTarget => rust::install_wasm_target(),
            Self::Trunk => cargo_install::trunk().install(checkout),
            Self::WasmBindgen => cargo_install::wasm_bindgen(checkout)?.install(checkout),
            Self::WasmSplit => cargo_install::wasm_split().install(checkout),
            Self::WasmOpt => npm::BINARYEN.install(checkout),
            Self::CargoDeny => cargo_install::deny().install(checkout),
            Self::CargoCyclonedx => cargo_install::cyclonedx().install(checkout),
            Self::RabbitMq => system::install(&["rabbitmq-server"]),
            Self::RabbitMqRelease(release) => release.install(checkout),
            Self::Browser => system::install(&["chromium", "chromium-driver"]),
            Self::HaProxy => system::install(&["haproxy"]),
            Self::Python => python::install(checkout),
            Self::Axe => npm::AXE.install(checkout),
            Self::Nginx => system::install(&system::NGINX_PACKAGES),
            Self::Valgrind => system::install(&["valgrind"]),
            Self::Gcc => system::install(&["gcc", "libc6-dev"]),
            Self::Peers => peers::install(checkout),
        }
        .with_context(|| self.unavailable())?;
        // Such as a program that the environment names, and that is not there.
        ensure!(self.find(checkout).is_some(), self.unavailable());
        Ok(())
    }

    fn unavailable(self) -> String {
        format!(
            "{} is missing and could not be installed; {}",
            self.name(),
            self.remedy()
        )
    }

    /// How long an installation takes on two cores, for those who wait.
    fn duration(self) -> &'static str {
        match self {
            Self::Trunk => "3 to 4 minutes",
            Self::WasmBindgen
            | Self::WasmSplit
            | Self::CargoDeny
            | Self::CargoCyclonedx
            | Self::RabbitMqRelease(_) => "1 to 2 minutes",
            Self::RabbitMq | Self::Browser => "a minute",
            Self::RustComponents
            | Self::WasmTarget
            | Self::WasmOpt
            | Self::HaProxy
            | Self::Python
            | Self::Axe
            | Self::Nginx
            | Self::Valgrind
            | Self::Gcc
            | Self::Peers => "seconds",
        }
    }
}

/// Those of `prerequisites` that are missing.
#[must_use]
pub fn missing<'a>(
    checkout: &Checkout,
    prerequisites: impl IntoIterator<Item = &'a Prerequisite>,
) -> Vec<Prerequisite> {
    prerequisites
        .into_iter()
        .copied()
        .filter(|prerequisite| prerequisite.find(checkout).is_none())
        .collect()
}

/// Installs what [`missing`] found, one step of `progress` each.
pub(crate) fn install(
    checkout: &Checkout,
    missing: &[Prerequisite],
    progress: &mut Progress,
) -> Result<()> {
    for prerequisite in missing {
        progress.step(&format!(
            "installing {} ({})",
            prerequisite.name(),
            prerequisite.duration()
        ));
        prerequisite.install(checkout)?;
    }
    Ok(())
}

/// The variables by which tests and the programs of the workspace find what is installed: the
/// broker, the browser and its driver, HAProxy, and Python. What is not installed is left out.
///
/// # Errors
/// The installed broker is of another version than `broker`, or the list of Python's libraries
/// could not be read.
pub fn environment(
    checkout: &Checkout,
    broker: &Broker,
) -> Result<impl Iterator<Item = (&'static str, PathBuf)> + use<>> {
    let variables = [
        (ROOT_VARIABLE, broker.root(checkout)?),
        ("WARREN_CHROMIUM", browser()),
        ("WARREN_CHROMEDRIVER", browser_driver()),
        // What wasm-bindgen's test runner calls it.
        ("CHROMEDRIVER", browser_driver()),
        ("WARREN_HAPROXY", haproxy()),
        ("WARREN_PYTHON", Some(python_interpreter(checkout)?)),
    ];
    let present = |(name, value): (_, Option<PathBuf>)| Some((name, value?));
    Ok(variables.into_iter().filter_map(present))
}

/// The script that finds violations of accessibility in the page that it is run in.
#[must_use]
pub fn axe_script(checkout: &Checkout) -> PathBuf {
    npm::AXE.contents(checkout).join("axe.min.js")
}

/// PATH with the project's own tools before everything else.
///
/// # Errors
/// The version of wasm-bindgen could not be read from `Cargo.lock`, or a folder has a name that
/// cannot be in PATH.
pub fn search_path(checkout: &Checkout) -> Result<OsString> {
    let own: [PathBuf; 6] = [
        cargo_install::deny().folder(checkout),
        cargo_install::cyclonedx().folder(checkout),
        cargo_install::wasm_split().folder(checkout),
        cargo_install::trunk().folder(checkout),
        cargo_install::wasm_bindgen(checkout)?.folder(checkout),
        npm::BINARYEN.programs(checkout),
    ];
    let inherited = env::var_os("PATH").unwrap_or_default();
    let folders = own.into_iter().chain(env::split_paths(&inherited));
    Ok(env::join_paths(folders)?)
}
