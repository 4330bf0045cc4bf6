//! What a worker did, in requests.

/// What a worker did, in requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answered with a result.
    pub served: u64,
    /// Answered with a fault.
    pub faulted: u64,
    /// Answered, but the caller's reply queue was gone.
    pub callers_gone: u64,
    /// Dropped, because they named no reply queue.
    pub unanswerable: u64,
    /// Dropped, because their time was over before their turn came.
    pub expired: u64,
    /// Dropped, or stopped while they ran, because their callers gave up.
    pub cancelled: u64,
    /// Not settled here: left to the broker for another delivery, or given up after the broker
    /// refused the reply twice.
    pub given_back: u64,
}

/// How a request was settled with the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Served,
    Faulted,
    CallerGone,
    Unanswerable,
    Expired,
    Cancelled,
    GivenBack,
}

impl Tally {
    /// One request more.
    pub(crate) fn count(&mut self, settled: Settled) {
        let counter = match settled {
            Settled::Served => &mut self.served,
            Settled::Faulted => &mut self.faulted,
            Settled::CallerGone => &mut self.callers_gone,
            Settled::Unanswerable => &mut self.unanswerable,
            Settled::Expired => &mut self.expired,
            Settled::Cancelled => &mut self.cancelled,
            Settled::GivenBack => &mut self.given_back,
        };
        *counter += 1;
    }
}
