//! What is wrong between here and the workers, and how to mend it.
//!
//! [`diagnose`] looks at everything that a call needs, from where the client stands, over
//! Web-STOMP: one [`Check`] after the other, each with its [`Outcome`]. It disturbs no service: of
//! the one request that it sends, nothing is computed.
//!
//! - `reach`: the address, TLS, and the WebSocket.
//! - `greeting`: STOMP, the login, the virtual host, the broker's version, heart-beats.
//! - `service`: the exchanges, the replies, the workers; `queue`: the requests' way to them.
//! - `connection`: one connection, on which one thing is tried; `mend`: what to do.

mod connection;
mod findings;
mod greeting;
mod mend;
mod queue;
mod reach;
mod service;
mod tutorial;

pub use findings::{Check, Finding, Outcome};

use self::findings::Findings;
use crate::{Config, Mode};

/// Tries all that a call needs, and tells of each check as soon as it is made.
///
/// Each of the configuration's [URLs](Config::urls) is looked at by itself, one after the other, so
/// that it is known which is wrong. At each, the checks come in the order of [`Check::of`], each once.
/// It takes some two seconds where all is well, which are for hearing all workers; where nothing
/// answers, at most some ten seconds for each check that waits for an answer.
///
/// A quorum queue that is full makes room for its request, as for any, by giving up the one that has
/// waited longest.
pub async fn diagnose(config: &Config, mut tell: impl FnMut(Finding)) {
    for url in &config.urls {
        look(&config.at(url), &mut tell).await;
    }
}

/// Looks at the one URL of this configuration.
async fn look(config: &Config, tell: &mut dyn FnMut(Finding)) {
    let mut findings = Findings::new(config, tell);
    // Whatever one of these fails to get keeps everything behind it from being tried.
    if let Some(socket) = reach::reach(config, &mut findings).await
        && let Some(config) = greeting::with_passcode(config, &mut findings).await
        && greeting::greet(&config, socket, &mut findings).await
    {
        match config.mode {
            Mode::Warren => service::look(&config, &mut findings).await,
            Mode::Tutorial => tutorial::look(&config, &mut findings).await,
        }
    }
    findings.skip_rest();
}
