//! What a row needs to start its contestants.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use xtask::{Checkout, artifacts::Module, tools, weight};

/// Where everything is that is measured, and how often it is.
#[derive(Clone, Debug)]
pub struct Bench {
    checkout: Checkout,
    rounds: usize,
    peers: PathBuf,
    python: PathBuf,
}

impl Bench {
    /// Measures what was built from `checkout`, in so many rounds; at least 1.
    ///
    /// # Panics
    /// The peers' programs or their list of libraries cannot be read.
    #[must_use]
    pub fn new(checkout: Checkout, rounds: usize) -> Self {
        let peers = tools::peers(&checkout).expect("bench/peers can be read");
        let python = tools::python_interpreter(&checkout).expect("the list of libraries");
        Self {
            checkout,
            rounds,
            peers,
            python,
        }
    }

    /// How often each contestant takes its turn.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Where everything lies.
    #[must_use]
    pub fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// A file or folder of `bench/peers`, where it is installed with all that it needs; what Vite
    /// builds of the folder `x` is `x/dist`.
    ///
    /// # Panics
    /// It is not there.
    #[must_use]
    pub fn peer(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = self.peers.join(path);
        assert!(
            path.exists(),
            "{} is not installed: run `cargo xtask bench`",
            path.display()
        );
        path
    }

    /// The folder of the pages in `bench/wasm`, with Warren's module for them.
    #[must_use]
    pub fn module(&self) -> PathBuf {
        Module::Client.folder(&self.checkout)
    }

    /// What a module takes over the network, in bytes: its program and its script, compressed as the
    /// page's are.
    ///
    /// # Panics
    /// It is not there.
    #[must_use]
    pub fn weight(&self, module: Module) -> u64 {
        let folder = module.folder(&self.checkout);
        let files = fs::read_dir(folder).expect("`cargo xtask bench` builds it");
        let files = files.map(|file| file.expect("it can be listed").path());
        let is_fetched = |file: &PathBuf| {
            let end = file.extension().and_then(|end| end.to_str());
            end.is_some_and(|end| ["js", "wasm"].contains(&end))
        };
        let weight = |file: PathBuf| {
            let whole = fs::read(file).expect("it can be read");
            weight::compressed(&whole).expect("it is in memory").len() as u64
        };
        files.filter(is_fetched).map(weight).sum()
    }

    /// The Python that has the libraries of the peers.
    #[must_use]
    pub fn python(&self) -> Command {
        Command::new(&self.python)
    }

    /// The name and version of a peer's npm package, such as `amqplib 2.3.1`.
    ///
    /// # Panics
    /// It is not installed.
    #[must_use]
    pub fn npm_package(&self, name: &str) -> String {
        let path = self.peer(Path::new("node_modules").join(name).join("package.json"));
        let package = fs::read_to_string(path).expect("package.json can be read");
        let package: serde_json::Value = serde_json::from_str(&package).expect("it is JSON");
        let version = package["version"].as_str().expect("it has a version");
        let short = name.rsplit('/').next().unwrap_or(name);
        format!("{short} {version}")
    }

    /// The name and version of a peer's Python library, such as `pika 1.4.4`.
    ///
    /// # Panics
    /// It is not installed.
    #[must_use]
    pub fn python_library(&self, name: &str) -> String {
        let script = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))";
        let output = self.python().args(["-c", script, name]).output();
        let output = output.expect("Python runs");
        assert!(output.status.success(), "{name} is not installed");
        let version = String::from_utf8_lossy(&output.stdout);
        format!("{name} {}", version.trim())
    }
}
