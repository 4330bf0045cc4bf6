//! Following a value that the client changes.

use futures_util::future::abortable;
use tokio::sync::watch;
use wasm_bindgen_futures::spawn_local;

/// Shows `see` what `watched` holds, now and after each change, until the returned function is
/// called or the client ends; then the last value stays.
pub(super) fn follow<T: Clone + 'static>(
    mut watched: watch::Receiver<T>,
    mut see: impl FnMut(T) + 'static,
) -> impl FnOnce() {
    let (following, stop) = abortable(async move {
        loop {
            let value = watched.borrow_and_update().clone();
            see(value);
            if watched.changed().await.is_err() {
                break;
            }
        }
    });
    spawn_local(async move {
        // Being stopped is the one way to fail.
        let _ = following.await;
    });
    move || stop.abort()
}
