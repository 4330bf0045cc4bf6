//! A worker whose one procedure waits.
//!
//! Usage: `napping-worker QUEUE CONCURRENCY`, with the broker in `WARREN_AMQP`

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

#[tokio::main]
async fn main() {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().expect("QUEUE CONCURRENCY");
    let (queue, concurrency) = (next(), next());
    let concurrency: NonZeroU16 = concurrency.parse().expect("CONCURRENCY is a number");
    let amqp = env::var("WARREN_AMQP").expect("WARREN_AMQP is set");
    let worker = Worker::new(amqp.parse().expect("an address"));
    let naps = Service::new(queue)
        .concurrency(concurrency)
        .async_function::<Nap, _>(|ms, _| async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(ms)
        });
    let served = worker.serve([naps], std::future::pending()).await;
    served.expect("the broker takes it");
}
