//! All of one frame.

use std::rc::Rc;

use yew::prelude::*;

use super::frame_row::clock;
use crate::{hooks::copy, state::WireEntry};

/// The frame's headers and body. `n` is what the call that it belongs to asked for.
pub(super) fn frame_detail(
    entry: &Rc<WireEntry>,
    zone: i32,
    n: Option<u64>,
    close: &Callback<()>,
    tell: Callback<&'static str>,
) -> Html {
    let oncopy = {
        let entry = entry.clone();
        Callback::from(move |_| copy(&entry.text(), tell.clone()))
    };
    let frame = &entry.frame;
    let direction = if entry.is_sent() { "sent" } else { "received" };
    let (shown, whole) = (frame.body.len(), frame.body_bytes);
    html! {
        <div class="frame-detail" data-testid="wire-detail">
            <div class="tools">
                <span class="count">
                    <code>{ entry.command().to_owned() }</code>
                    { format!(", {direction} at {}, {} bytes", clock(entry.at, zone), frame.bytes) }
                    if let Some(n) = n {
                        { format!(", of fib({n})") }
                    }
                </span>
                <button class="small" aria-label="Copy this frame" onclick={oncopy}>{ "Copy" }</button>
                <button class="small" onclick={close.reform(|_| ())}>{ "Close" }</button>
            </div>
            <dl>
                { for frame.headers.iter().map(|(name, value)| html! {
                    <div><dt>{ name.to_owned() }</dt><dd>{ value.to_owned() }</dd></div>
                }) }
            </dl>
            if shown > 0 {
                <pre tabindex="0" aria-label="Body">{ String::from_utf8_lossy(&frame.body).into_owned() }</pre>
            }
            if shown < whole {
                <p class="hint">{ format!("The first {shown} of {whole} bytes.") }</p>
            }
        </div>
    }
}
