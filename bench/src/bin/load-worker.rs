//! A worker that computes nothing: it waits, or sends back what it was given.
//!
//! Usage: `load-worker QUEUE CONCURRENCY`, with the broker in `WARREN_AMQP`

use std::{env, num::NonZeroU16, time::Duration};

use warren_contract::Procedure;
use warren_worker::{Service, Worker};

/// Sleeps for so many milliseconds, and says how many.
enum Nap {}

impl Procedure for Nap {
    const NAME: &'static str = "nap";
    const IDEMPOTENT: bool = true;
    type Request = u64;
    type Response = u64;
}

/// Sends back what it was given, at once.
enum Echo {}

impl Procedure for Echo {
    const NAME: &'static str = "echo";
    const IDEMPOTENT: bool = true;
    type Request = String;
    type Response = String;
}

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().expect("QUEUE CONCURRENCY");
    let (queue, concurrency) = (next(), next());
    let concurrency: NonZeroU16 = concurrency.parse().expect("CONCURRENCY is a number");
    let amqp = env::var("WARREN_AMQP").expect("WARREN_AMQP is set");
    let worker = Worker::new(amqp.parse().expect("an address"));
    let service = Service::new(queue)
        .concurrency(concurrency)
        .async_function::<Nap, _>(|ms, _| async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(ms)
        })
        .async_function::<Echo, _>(|text, _| async move { Ok(text) });
    let served = worker.serve([service], std::future::pending()).await;
    served.expect("the broker takes it");
}
