//! The signals that ask a command to end.

#[cfg(unix)]
use tokio::select;
use tokio::signal;

/// Ends when this process is told to stop, by Ctrl-C where that is no key, or by SIGTERM.
pub(super) async fn told_to_stop() {
    #[cfg(unix)]
    {
        let terminated = async {
            match signal::unix::signal(signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => signal.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        select! {
            Ok(()) = signal::ctrl_c() => {}
            Some(()) = terminated => {}
        }
    }
    #[cfg(not(unix))]
    if signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
