//! What of the page is fetched later: everything but the form and its outcome.
//!
//! What only [`draw`] reaches is in a file of its own, if the page was built by `cargo xtask`, and
//! otherwise in the page's program as everything else.

use std::rc::Rc;

use gloo::timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::components::{Batch, CallList, Settings, Wire, Workers};

/// How long the parts are not even asked for, so that the first call has the line and the
/// processor for itself.
const HEAD_START_MS: u32 = 1_000;

/// A part of the page, with what it is told.
pub(crate) enum Part {
    /// The calls that were made.
    Calls,
    /// What happens to calls, and how to make many.
    Watching {
        /// The queue that requests go into.
        queue: AttrValue,
        /// The largest n that may be called.
        max_n: u64,
        /// How many calls the client lets be pending.
        max_pending: usize,
    },
    /// Where the broker is.
    Settings,
}

/// Draws a part.
type Draw = fn(&Part) -> Html;

fn draw(part: &Part) -> Html {
    match part {
        Part::Calls => html! { <CallList /> },
        Part::Watching {
            queue,
            max_n,
            max_pending,
        } => html! {
            <>
                <Wire queue={queue.clone()} />
                <Workers />
                <Batch max_n={*max_n} max_pending={*max_pending} />
            </>
        },
        Part::Settings => html! { <Settings /> },
    }
}

/// Fetches the way to draw parts, unless it is there. The browser's console says why it could not
/// be fetched.
#[cfg(feature = "split")]
#[wasm_split_helpers::wasm_split(later, fallible)]
fn fetch() -> Result<Draw, wasm_split_helpers::SplitLoaderError> {
    Ok(draw)
}

/// The way to draw parts is there.
#[cfg(not(feature = "split"))]
fn fetch() -> std::future::Ready<Result<Draw, std::convert::Infallible>> {
    std::future::ready(Ok(draw))
}

/// The parts that are fetched later.
pub(crate) struct Later {
    fetching: Rc<Fetching>,
    fetch_after: Callback<u32>,
}

enum Fetching {
    UnderWay,
    Failed,
    Done(Draw),
}

/// Fetches the parts once the page is drawn.
#[hook]
pub(crate) fn use_later() -> Later {
    let fetching = use_state(|| Rc::new(Fetching::UnderWay));
    let fetch_after = {
        let fetching = fetching.setter();
        use_callback((), move |wait_ms, ()| {
            let fetching = fetching.clone();
            fetching.set(Rc::new(Fetching::UnderWay));
            spawn_local(async move {
                TimeoutFuture::new(wait_ms).await;
                fetching.set(Rc::new(match fetch().await {
                    Ok(draw) => Fetching::Done(draw),
                    Err(_) => Fetching::Failed,
                }));
            });
        })
    };
    {
        let fetch_after = fetch_after.clone();
        use_effect_with((), move |()| fetch_after.emit(HEAD_START_MS));
    }
    Later {
        fetching: (*fetching).clone(),
        fetch_after,
    }
}

impl Later {
    /// The part, if it is there.
    pub(crate) fn part(&self, part: &Part) -> Html {
        match *self.fetching {
            Fetching::Done(draw) => draw(part),
            _ => Html::default(),
        }
    }

    /// What is to be said as long as the parts are not there.
    pub(crate) fn notice(&self) -> Html {
        match *self.fetching {
            Fetching::UnderWay => html! { <p class="hint">{ "More is on its way…" }</p> },
            Fetching::Failed => {
                let onclick = self.fetch_after.reform(|_| 0);
                html! {
                    <p class="note" data-tone="warning" role="alert">
                        { "The rest of the page could not be fetched from its server. " }
                        <button type="button" data-testid="fetch-again" {onclick}>
                            { "Try again" }
                        </button>
                    </p>
                }
            }
            Fetching::Done(_) => Html::default(),
        }
    }
}
