//! `cargo xtask up`: a broker, workers and the page, until Ctrl-C.

mod broker;

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use warren_rabbitmq::is_free;

use self::broker::Broker;
use crate::page::{PageConfig, PageListener};
use crate::progress::Progress;
use crate::stack::{Worker, WorkerConfig};
use crate::tools::{self, Prerequisite};
use crate::web_server::WebServer;
use crate::{Checkout, artifacts, lock};

/// How often the signals and the processes are looked at.
const POLL: Duration = Duration::from_millis(100);

/// The options of `cargo xtask up`.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// How many workers to start.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub workers: usize,

    /// How many broker nodes to start; several are one cluster, with quorum queues, which outlives
    /// the loss of one of three. Each has its data below the one folder.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "amqp",
          value_parser = clap::value_parser!(u8).range(1..=9))]
    pub nodes: u8,

    /// The page's port; a free one is used if it is taken, as for the other ports.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,

    /// The broker's AMQP port.
    #[arg(long, default_value_t = 5672)]
    pub broker_port: u16,

    /// The broker's Web-STOMP port.
    #[arg(long, default_value_t = 15674)]
    pub ws_port: u16,

    /// The broker's management port.
    #[arg(long, default_value_t = 15672)]
    pub management_port: u16,

    /// A broker that runs already, for the workers, such as amqp://guest:guest@127.0.0.1:5672/%2f;
    /// of a cluster, several times, or with commas between the addresses.
    #[arg(long, value_name = "URL", requires = "ws", value_delimiter = ',')]
    pub amqp: Vec<String>,

    /// The same broker, for the page, such as ws://127.0.0.1:15674/ws; likewise.
    #[arg(long, value_name = "URL", requires = "amqp", value_delimiter = ',')]
    pub ws: Vec<String>,

    /// Where another page comes from that may connect to the broker as well, such as
    /// http://127.0.0.1:8081 for one of `trunk serve`; may be given more than once.
    #[arg(long, value_name = "URL", conflicts_with = "amqp")]
    pub origin: Vec<String>,

    /// Where the broker keeps its data; by default in .warren/ of the checkout.
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
}

/// Installs what is missing, builds, starts everything, and stops it at SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// Something could not be installed, built or started, or ended by itself.
pub fn run(checkout: &Checkout, options: &Options) -> Result<()> {
    let data = options.data.clone().unwrap_or_else(|| checkout.state());
    let _lock = take(&data)?;
    let is_given = !options.amqp.is_empty();
    let broker: &[Prerequisite] = if is_given {
        &[]
    } else {
        &[Prerequisite::RabbitMq]
    };
    let missing = tools::missing(checkout, tools::TO_BUILD.iter().chain(broker));
    let mut progress = Progress::new(missing.len() + 5);
    tools::install(checkout, &missing, &mut progress)?;
    progress.step("building the worker");
    let program = artifacts::worker(checkout)?;
    progress.step("building the page");
    artifacts::page(checkout)?;

    let stop = catch_signals()?;
    let listener = listen(options.port)?;
    let broker = if is_given {
        progress.step("using the broker that was given");
        Broker::Given {
            amqp: options.amqp.clone(),
            ws: options.ws.clone(),
        }
    } else {
        progress.step("starting the broker");
        let mut origins = listener.origins().to_vec();
        origins.extend(options.origin.iter().cloned());
        Broker::start(&data, options, &origins)?
    };
    progress.step("starting the workers");
    let workers = (1..=options.workers)
        .map(|number| start_worker(&program, &broker.amqp_urls(), number))
        .collect::<Result<Vec<_>>>()?;
    progress.step("serving the page");
    let page = listener
        .serve(&checkout.dist(), PageConfig::at(broker.ws_urls()))
        .context("cannot serve the page")?;

    let mut running = Running {
        program,
        page,
        workers,
        broker,
    };
    running.print_addresses()?;
    let ended = running.watch(&stop);
    running.stop()?;
    ended
}

/// Everything that `up` has started, in the order in which it is stopped.
#[derive(Debug)]
struct Running {
    /// What the workers run.
    program: PathBuf,
    page: WebServer,
    workers: Vec<Worker>,
    broker: Broker,
}

impl Running {
    fn print_addresses(&self) -> Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out)?;
        writeln!(out, "  Page         {}", self.page.url())?;
        self.broker.print_addresses(&mut out)?;
        let workers = self.workers.iter();
        let workers = workers.map(|worker| format!("{}  (process {})", worker.name(), worker.id()));
        let workers: Vec<_> = workers.collect();
        if workers.is_empty() {
            list(&mut out, "Workers", &["none"])?;
        }
        list(&mut out, "Workers", &workers)?;
        writeln!(out, "\n  Ctrl-C stops all of it.\n")?;
        Ok(())
    }

    /// Returns when a signal came, or with an error when something ended that cannot be started
    /// again. Workers can.
    fn watch(&mut self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            for (number, worker) in (1..).zip(&mut self.workers) {
                if let Some(status) = worker.ended()? {
                    eprintln!(
                        "{} ended by itself ({status}); starting it again",
                        worker.name()
                    );
                    *worker = start_worker(&self.program, &self.broker.amqp_urls(), number)?;
                }
            }
            self.broker.check()?;
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn stop(self) -> Result<()> {
        drop(self.page);
        eprintln!("stopping the workers");
        // At the same time: each may have a call to finish, and takes others until it is told.
        let stopping: Vec<_> = self
            .workers
            .into_iter()
            .map(|worker| thread::spawn(|| worker.stop()))
            .collect();
        for worker in stopping {
            let stopped = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            stopped.context("cannot stop a worker")?;
        }
        self.broker.stop()?;
        eprintln!("stopped");
        Ok(())
    }
}

/// The values one below the other, the first beside what they are.
fn list(out: &mut impl Write, what: &str, values: &[impl Display]) -> io::Result<()> {
    for (value, what) in values
        .iter()
        .zip(std::iter::once(what).chain(std::iter::repeat("")))
    {
        writeln!(out, "  {what:<12} {value}")?;
    }
    Ok(())
}

/// Keeps a second `up` off the same data, for as long as the file is held.
fn take(data: &Path) -> Result<File> {
    lock::try_take(&data.join("lock"))?.with_context(|| {
        format!(
            "cargo xtask up runs already with the data in {}; stop it first, or give this one \
             another folder with --data",
            data.display()
        )
    })
}

/// The flag that the first signal sets. A second signal ends the program at once, and the
/// processes' watchdogs do the rest.
fn catch_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .context("cannot catch signals")?;
    }
    Ok(stop)
}

fn start_worker(program: &Path, amqp: &str, number: usize) -> Result<Worker> {
    let name = format!("worker-{number}");
    let prefix = name.clone();
    let config = WorkerConfig::new(program, amqp, name);
    Ok(Worker::start(&config, move |line| {
        eprintln!("{prefix} | {line}");
    })?)
}

fn listen(port: u16) -> Result<PageListener> {
    PageListener::bind(choose("page", port, 0))
        .or_else(|_| PageListener::bind(0))
        .context("there is no port for the page")
}

/// The port that is wanted, or `other` if that one is taken, which is said.
fn choose(what: &str, wanted: u16, other: u16) -> u16 {
    if is_free(wanted) {
        return wanted;
    }
    eprintln!("the {what} port {wanted} is taken; using another, see below");
    other
}
