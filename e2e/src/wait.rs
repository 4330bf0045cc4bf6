//! Waiting for what does not tell when it happens.

use std::time::{Duration, Instant};

/// How long anything that will happen may take, on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// From one look to the next.
const POLL: Duration = Duration::from_millis(100);

/// What comes of `future`.
///
/// # Panics
/// It takes longer than [`PATIENCE`].
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("not within {PATIENCE:?}"))
}

/// Waits until `holds` says that `what` is so.
///
/// # Panics
/// It is not so within `at_most`.
pub async fn until(what: &str, at_most: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < at_most, "not within {at_most:?}: {what}");
        tokio::time::sleep(POLL).await;
    }
}
