//! What a worker refuses to take or to keep more of, for each service.

use std::{num::NonZeroU32, time::Duration};

use warren_contract::MAX_REQUEST_BYTES;

/// What a worker refuses to take or to keep more of, for each service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest request, in bytes; a longer one is answered with a fault. 1 MiB, which is as
    /// much as clients send, unless told otherwise.
    pub request_bytes: usize,
    /// The longest response, in bytes of JSON; in place of a longer one, a fault is sent. 16 MiB,
    /// which is as much as clients and RabbitMQ 4 take, unless told otherwise: a broker that does
    /// not take a message closes the connection, and delivers the request again.
    pub response_bytes: usize,
    /// The most cancels that are remembered, of calls that may still come. An id has at most 255
    /// bytes, so that 16,384 of them, the default, take at most some 6 MB, whoever sends them. What
    /// is forgotten costs a computation that nobody waits for.
    pub cancels: usize,
    /// The most answers that are remembered, for requests that come again; 16,384 unless told
    /// otherwise. What is forgotten costs another computation of such a request.
    pub answers: usize,
    /// The most bytes of all these answers and their requests together, besides some 300 for each;
    /// 16 MiB unless told otherwise.
    pub answer_bytes: usize,
    /// The most pings that are answered in a second, whoever sends them; those beyond are dropped,
    /// which clients take for slowness. 2,000 unless told otherwise: each page that is seen sends
    /// one a second, and every worker of the service answers it.
    pub pongs_per_second: NonZeroU32,
    /// How long cancels and answers are remembered: 10 minutes unless told otherwise, as requests
    /// do not wait longer than their deadlines, which are seconds to minutes.
    pub memory: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: MAX_REQUEST_BYTES,
            response_bytes: 16 * 1024 * 1024,
            cancels: 16_384,
            answers: 16_384,
            answer_bytes: 16 * 1024 * 1024,
            pongs_per_second: NonZeroU32::new(2_000).expect("it is not zero"),
            memory: Duration::from_mins(10),
        }
    }
}
