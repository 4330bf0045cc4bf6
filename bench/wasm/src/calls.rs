//! Calls through the client, as `bench/peers/calls/measure.js` makes them through its peers.

use std::{cell::Cell, time::Duration};

use futures_util::future::join_all;
use warren_client::{Client, Config, ConnectionState};
use warren_contract::Fibonacci;
use wasm_bindgen::prelude::*;
use web_time::Instant;

/// What is asked, and what is answered.
const N: u64 = 5;
const VALUE: u64 = 5;

/// How many calls are made before those that count, as a part of these.
const WARM_UP: f64 = 0.5;

/// How long calls took.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// All of them together.
    pub seconds: f64,
    /// The median of each alone, in milliseconds.
    pub p50: f64,
    /// The 99th percentile of each alone, in milliseconds.
    pub p99: f64,
}

/// Makes `count` calls, always `in_flight` of them at once, after some that warm the page up.
///
/// # Errors
/// A call failed, or its answer was wrong.
#[wasm_bindgen]
pub async fn calls(
    url: String,
    login: String,
    passcode: String,
    vhost: String,
    queue: String,
    count: usize,
    in_flight: usize,
) -> Result<Measured, JsError> {
    let client = Client::connect(Config {
        urls: url.into(),
        login,
        passcode: passcode.into(),
        vhost,
        queue,
        ..Config::default()
    });
    let mut state = client.connection();
    state.wait_for(ConnectionState::is_online).await?;

    make_calls(&client, (count as f64 * WARM_UP).ceil() as usize, in_flight).await?;
    let begin = Instant::now();
    let mut latencies = make_calls(&client, count, in_flight).await?;
    let seconds = begin.elapsed().as_secs_f64();
    // Such calls are made again, and only take longer.
    if client.counters().borrow().connects > 1 {
        return Err(JsError::new("the connection was lost"));
    }
    client.close().await;

    latencies.sort_unstable();
    let quantile = |part: f64| {
        let rank = (part * count as f64).ceil() as usize;
        latencies[rank - 1].as_secs_f64() * 1e3
    };
    Ok(Measured {
        seconds,
        p50: quantile(0.5),
        p99: quantile(0.99),
    })
}

/// Gives how long each call took.
async fn make_calls(
    client: &Client,
    count: usize,
    in_flight: usize,
) -> Result<Vec<Duration>, JsError> {
    let left = Cell::new(count);
    let caller = async || {
        let mut latencies = Vec::new();
        while left.get() > 0 {
            left.set(left.get() - 1);
            let begin = Instant::now();
            let reply = client.call::<Fibonacci>(N).await?;
            latencies.push(begin.elapsed());
            if reply.value != VALUE {
                return Err(JsError::new(&format!(
                    "fib({N}) is {VALUE}, not {}",
                    reply.value
                )));
            }
        }
        Ok(latencies)
    };
    let callers = (0..in_flight.min(count)).map(|_| caller());
    let latencies: Result<Vec<_>, _> = join_all(callers).await.into_iter().collect();
    Ok(latencies?.concat())
}
