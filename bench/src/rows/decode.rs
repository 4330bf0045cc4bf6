//! Decoding STOMP, natively and in a browser.

mod streams;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::json;
use tokio::runtime::Runtime;
use warren_e2e::Browser;
use warren_stomp::{Decoder, Limits};
use xtask::WebServer;

use crate::{Bench, Contest, Goal, Metric, Outcome, Section, site};

use streams::Stream;

/// For how long a stream is decoded before it counts, and then while it counts, as in
/// `bench/peers/decode/measure.js`.
const WARM_UP: Duration = Duration::from_millis(300);
const MEASURED: Duration = Duration::from_millis(700);

const NATIVE: &str = "Warren, natively";
const WASM: &str = "Warren as wasm in Chromium";
const STOMPJS: &str = "stompjs in Chromium";
const NODE: &str = "stompjs in Node.js";

/// What a contestant found in a stream, and how fast.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    bytes_per_second: f64,
    frames: u64,
    read: u64,
}

pub(super) fn measure(bench: &Bench) -> Section {
    let streams = [streams::replies(), streams::bodies(), streams::mixed()];
    let field = Field::set_up(bench, &streams);
    let mut section = Section::new("decode", "Decoding").note(&format!(
        "Of each message its command, two headers and its body are reached. In Chromium a chunk \
         comes as the `ArrayBuffer` that a WebSocket makes of it; for Warren it is copied into the \
         module's memory, as its client does, which is built as the page is. {} is used as its own \
         client uses it.",
        bench.npm_package("@stomp/stompjs")
    ));
    for stream in &streams {
        let mut goals = vec![
            Goal::at_least("rate", NATIVE, 20.0, STOMPJS),
            Goal::at_least("rate", NATIVE, 20.0, NODE),
            Goal::at_least("rate", WASM, 5.0, STOMPJS),
        ];
        if stream.name == "bodies" {
            goals.push(Goal::at_least_value("rate", NATIVE, 1_000.0));
        }
        let outcome = field.contest(bench.rounds(), stream);
        section = section
            .note(&format!("{}:", stream.what))
            .contest(&outcome, goals);
    }
    section
}

/// A browser, and where it gets streams and pages from.
struct Field<'a> {
    // The browser goes before the runtime that it needs.
    browser: Browser,
    runtime: Runtime,
    site: WebServer,
    bench: &'a Bench,
    streams: tempfile::TempDir,
}

impl<'a> Field<'a> {
    fn set_up(bench: &'a Bench, streams: &[Stream]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the streams");
        for stream in streams {
            fs::write(folder.path().join(stream.name), &stream.bytes).expect("a file");
        }
        let runtime = Runtime::new().expect("threads");
        Self {
            browser: runtime.block_on(Browser::open("about:blank")),
            runtime,
            site: site::serve([
                ("warren", bench.module()),
                ("stompjs", bench.peer("decode/dist")),
                ("decode", bench.peer("decode")),
                ("streams", folder.path().to_owned()),
            ])
            .expect("a port"),
            bench,
            streams: folder,
        }
    }

    fn contest(&self, rounds: usize, stream: &Stream) -> Outcome {
        let mut contest = Contest::new(rounds, [Metric::new("rate", "MB/s")]);
        contest.enter(NATIVE, || rate(stream, &natively(stream)));
        contest.enter(WASM, || {
            rate(stream, &self.in_browser("warren/decode.html", stream))
        });
        contest.enter(STOMPJS, || {
            rate(stream, &self.in_browser("stompjs/index.html", stream))
        });
        contest.enter(NODE, || rate(stream, &self.in_node(stream)));
        contest.run()
    }

    fn in_browser(&self, page: &str, stream: &Stream) -> Report {
        let what = json!({
            "url": format!("{}streams/{}", self.site.url(), stream.name),
            "chunkBytes": stream.chunk_bytes,
        });
        let report = self.runtime.block_on(async {
            // A page of its own for each turn, so that it finds nothing of the last.
            self.browser
                .go_to(&format!("{}{page}", self.site.url()))
                .await;
            let is_there = "return window.bench !== undefined";
            self.browser
                .wait_until_true(is_there, warren_e2e::PATIENCE)
                .await;
            self.browser
                .run(&format!("return window.bench.decode({what})"))
                .await
        });
        serde_json::from_value(report).expect("a report as measure.js makes it")
    }

    fn in_node(&self, stream: &Stream) -> Report {
        let output = Command::new("node")
            .arg(self.bench.peer("decode.mjs"))
            .arg(self.streams.path().join(Path::new(stream.name)))
            .arg(stream.chunk_bytes.to_string())
            .output()
            .expect("Node.js runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        serde_json::from_slice(&output.stdout).expect("a report as measure.js makes it")
    }
}

/// The rate in megabytes a second, if all was found that is in the stream.
fn rate(stream: &Stream, report: &Report) -> Vec<f64> {
    assert_eq!(
        (report.frames, report.read),
        (stream.frames, stream.read),
        "frames, and bytes read of them"
    );
    vec![report.bytes_per_second / 1e6]
}

fn natively(stream: &Stream) -> Report {
    let chunks: Vec<Vec<u8>> = stream
        .bytes
        .chunks(stream.chunk_bytes)
        .map(<[u8]>::to_vec)
        .collect();
    repeat(&chunks, WARM_UP);
    let (times, passed, (frames, read)) = repeat(&chunks, MEASURED);
    let bytes = times as f64 * stream.bytes.len() as f64;
    Report {
        bytes_per_second: bytes / passed.as_secs_f64(),
        frames,
        read,
    }
}

/// How often the chunks were decoded, how long that took, and what was found the last time.
fn repeat(chunks: &[Vec<u8>], at_least: Duration) -> (u32, Duration, (u64, u64)) {
    let begin = Instant::now();
    let mut times = 0;
    loop {
        let found = decode(chunks);
        times += 1;
        let passed = begin.elapsed();
        if passed >= at_least {
            return (times, passed, found);
        }
    }
}

/// How many frames there are, and how many bytes of them were read.
fn decode(chunks: &[Vec<u8>]) -> (u64, u64) {
    let mut decoder = Decoder::new(Limits::default());
    let (mut frames, mut read) = (0, 0);
    for chunk in chunks {
        let mut chunk = chunk.as_slice();
        while let Some(frame) = decoder.decode(&mut chunk).expect("frames") {
            frames += 1;
            read += streams::read(&frame);
        }
    }
    (frames, read)
}
