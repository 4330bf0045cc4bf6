//! The page beside a page of the usual kind.

mod visit;

use std::{fs, path::Path};

use tempfile::TempDir;
use tokio::runtime::Builder;
use warren_e2e::Stack;
use xtask::{artifacts::Module, page, weight};

use self::visit::{Network, Visit};
use super::quiet_worker;
use crate::{Bench, Contest, Goal, Metric, Section};

/// How many calls a batch makes.
const CALLS: u32 = 10_000;

/// How many of them are under way at once.
const IN_FLIGHT: u32 = 100;

const BYTES: &str = "fetched until usable";
const USABLE: &str = "usable after";
const PHONE: &str = "usable after, phone";
const LOADED: &str = "memory after load";
const CALLED: &str = "memory after calls";
const RATE: &str = "calls";

const WARREN: &str = "Warren";

/// Measures it.
pub(super) fn measure(bench: &Bench) -> Section {
    let stack = Stack::shared();
    let _worker = quiet_worker(&stack);
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let peers_files = peers_page(bench);
    let peer = format!(
        "{}, {}, {}",
        bench.npm_package("react"),
        bench.npm_package("@stomp/rx-stomp"),
        bench.npm_package("rxjs"),
    );
    let config = stack.page_config();
    let peers_server = page::serve(peers_files.path(), config).expect("a free port");
    let servers = [(WARREN, stack.page()), (peer.as_str(), peers_server)];

    let metrics = [
        (BYTES, "kB"),
        ("first paint after", "ms"),
        (USABLE, "ms"),
        (PHONE, "ms"),
        (LOADED, "MB"),
        (CALLED, "MB"),
        (RATE, "1/s"),
    ];
    let metrics = metrics.map(|(name, unit)| Metric::new(name, unit));
    let mut contest = Contest::new(bench.rounds(), metrics);
    for (name, server) in &servers {
        let url = server.url();
        let runtime = &runtime;
        contest.enter(*name, move || {
            runtime.block_on(async {
                let phone = Visit::begin(&url, Network::Phone).await;
                let slow = phone.arrival().await;
                phone.end().await;
                let visit = Visit::begin(&url, Network::Loopback).await;
                let arrival = visit.arrival().await;
                let loaded = visit.memory().await;
                let rate = visit.batch(CALLS, IN_FLIGHT).await;
                let called = visit.memory().await;
                visit.end().await;
                vec![
                    arrival.bytes / 1e3,
                    arrival.painted,
                    arrival.usable,
                    slow.usable,
                    loaded / 1e6,
                    called / 1e6,
                    rate,
                ]
            })
        });
    }
    let outcome = contest.run();

    let [client, yew] =
        [Module::Client, Module::Yew].map(|module| bench.weight(module) as f64 / 1e3);
    let goal = |metric| Goal::at_most(metric, WARREN, 1.0, &peer);
    Section::new("page", "The page beside one of React and rx-stomp")
        .note(&format!(
            "The same functions in the same browser, each visit with a fresh profile, from the \
             same server, compressed by the same Brotli. A page is usable when it is online and \
             its button for calls can be clicked. The phone is a processor that is 4 times slower, \
             and a network of 10 Mbit/s with 40 ms. Memory is that of the process that draws the \
             page, as its `Pss`, after garbage was collected, and with all parts of the page \
             loaded; the {CALLS} calls are a batch of fib(5) with {IN_FLIGHT} in flight."
        ))
        .note(
            "The peer has neither Warren's moving picture of the wire, lanes of workers, and \
             history over reloads, nor a typeface of its own; its list shows the newest hundred.",
        )
        .contest(&outcome, [goal(BYTES), goal(USABLE), goal(PHONE)])
        .note(&format!(
            "What bounds the bytes: a page of Yew that has one button takes {yew:.1} kB, and \
             Warren's client and codec without any page {client:.1} kB, built and compressed as \
             the page is."
        ))
}

/// The page that Vite built of `bench/peers/page`, compressed.
fn peers_page(bench: &Bench) -> TempDir {
    let built = bench.peer("page/dist");
    let folder = tempfile::tempdir().expect("a folder");
    for file in fs::read_dir(&built).expect("the page is built") {
        let file = file.expect("the page is built").path();
        let name = Path::new(file.file_name().expect("a file has a name"));
        fs::copy(&file, folder.path().join(name)).expect("it can be copied");
    }
    weight::compress(folder.path()).expect("it can be compressed");
    folder
}
