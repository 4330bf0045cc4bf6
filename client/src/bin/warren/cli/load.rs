//! `warren load`: many calls, some of them always under way.

mod measured;

use std::{fmt, future::Future, time::Duration};

use clap::{Args, value_parser};
use futures_util::{FutureExt, StreamExt, TryFutureExt, stream::FuturesUnordered};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tokio::{pin, select, time::Instant};
use warren_client::{CallError, CallOptions, Client, Config, Policy, RawRequest};
use warren_contract::Fibonacci;

use self::measured::Measured;
use super::{
    broker::Broker,
    failure::{self, Failure},
    json::json,
    output::{print, print_json},
    signals::told_to_stop,
};

/// The most calls that may be under way at once.
const MAX_IN_FLIGHT: u32 = 65_536;

/// What `--json` prints.
const JSON: &str = "\
With --json, it prints one object with these fields:
  count     how many calls were to be made
  done      how many were answered
  failed    how many were not
  seconds   the time from the first call to the last outcome
  rps       calls answered per second
  p50_ms    half of the answered calls took at most this long, from sending the request to
            receiving its reply; null if none was answered
  p99_ms    the same for 99 of 100
  max_ms    the longest
  failures  how many calls failed, by code: {\"deadline_exceeded\": 3}

Percentiles are exact to three digits. Ctrl-C ends it early, and what was measured until then is
printed; the calls under way are given up, and count neither as done nor as failed.";

#[derive(Args)]
#[command(after_help = format!("{JSON}\n\n{}", failure::exit_codes()))]
pub(super) struct Arguments {
    /// How many calls are made in all.
    #[arg(long, value_parser = value_parser!(u64).range(1..))]
    count: u64,
    /// How many calls are under way at any time: 1 to 65536.
    #[arg(
        long,
        value_name = "K",
        value_parser = value_parser!(u32).range(1..=i64::from(MAX_IN_FLIGHT))
    )]
    in_flight: u32,
    /// Which Fibonacci number each call asks for.
    #[arg(long, default_value_t = 5)]
    n: u64,
    /// The procedure to call instead of fibonacci.
    #[arg(long, value_name = "NAME", requires = "request", conflicts_with = "n")]
    procedure: Option<String>,
    /// What that procedure takes: any JSON.
    #[arg(long, value_name = "JSON", requires = "procedure")]
    request: Option<String>,
    /// Calling that procedure twice is like calling it once, so that requests may be sent again
    /// if the connection is lost, and nobody knows what became of them.
    #[arg(long, requires = "procedure")]
    idempotent: bool,
    /// How long each call may take, such as 500ms, 5s or 2m; at most 24h. The connection, too, has
    /// to be there within this time.
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
    deadline: Duration,
    /// If no worker is there, let calls stay in the queue until one comes, instead of failing.
    #[arg(long)]
    wait_for_worker: bool,
    /// Print a JSON object, and show no progress.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(broker: Broker, arguments: Arguments) -> Result<(), Failure> {
    let deadline = arguments.deadline;
    if deadline.is_zero() || deadline > Config::MAX_DEADLINE {
        return Err(CallError::BadDeadline { actual: deadline }.into());
    }
    let work = Work::of(&arguments)?;
    let in_flight = arguments.in_flight as usize;
    let client = Client::connect(Config {
        max_pending: in_flight,
        ..broker.config()?
    });
    failure::online(&client, deadline).await?;
    let bar = if arguments.json {
        ProgressBar::hidden()
    } else {
        bar(arguments.count)
    };
    let measured = drive(&client, &work, &arguments, &bar).await;
    bar.finish_and_clear();
    let printed = if arguments.json {
        print_json(&measured.summary())
    } else {
        print(&measured.summary().to_string())
    };
    client.close().await;
    printed.and(measured.verdict())
}

/// What each call asks for.
enum Work {
    Fibonacci(u64),
    Raw(RawRequest),
}

impl Work {
    fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let (Some(procedure), Some(request)) = (&arguments.procedure, &arguments.request) else {
            return Ok(Self::Fibonacci(arguments.n));
        };
        Ok(Self::Raw(RawRequest {
            procedure: procedure.clone(),
            idempotent: arguments.idempotent,
            body: json(request.clone())?,
        }))
    }

    /// Makes one call, and says how long its round trip took.
    fn call(
        &self,
        client: &Client,
        options: CallOptions,
    ) -> impl Future<Output = Result<Duration, CallError>> + use<> {
        match self {
            Self::Fibonacci(n) => {
                let call = client.call_with::<Fibonacci>(*n, options);
                call.map_ok(|reply| reply.round_trip).left_future()
            }
            Self::Raw(request) => {
                let call = client.call_raw(request.clone(), options);
                call.map_ok(|reply| reply.round_trip).right_future()
            }
        }
    }
}

/// Makes the calls. One that is refused at once ends like any other, and makes room for the next.
async fn drive(client: &Client, work: &Work, arguments: &Arguments, bar: &ProgressBar) -> Measured {
    let options = CallOptions {
        deadline: Some(arguments.deadline),
        policy: if arguments.wait_for_worker {
            Policy::WaitForWorker
        } else {
            Policy::FailFast
        },
        progress: None,
        traceparent: None,
    };
    let in_flight = arguments.in_flight as usize;
    let interrupt = told_to_stop();
    pin!(interrupt);
    let start = Instant::now();
    let mut measured = Measured::new(arguments.count);
    let mut made = 0;
    let mut pending = FuturesUnordered::new();
    loop {
        while made < arguments.count && pending.len() < in_flight {
            pending.push(work.call(client, options));
            made += 1;
        }
        select! {
            outcome = pending.next() => match outcome {
                Some(outcome) => {
                    measured.record(outcome);
                    bar.inc(1);
                }
                None => break,
            },
            () = &mut interrupt => {
                measured.interrupt();
                break;
            }
        }
    }
    measured.finish(start.elapsed());
    measured
}

/// On a terminal alone.
fn bar(count: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {rate} calls/s, {eta} left");
    let style = style.expect("the template is well-formed");
    // The library's own `per_sec` has a dozen digits behind the point.
    let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
        // Writing into the bar's line does not fail.
        let _ = write!(out, "{:.0}", state.per_sec());
    };
    bar.with_style(style.with_key("rate", rate))
}
