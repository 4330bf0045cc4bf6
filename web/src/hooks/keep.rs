//! What the browser keeps for the page, gives away, or takes.

use gloo::utils::window;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Storage, Url};
use yew::Callback;

/// What was stored under `key`; `None` also where the browser stores nothing for this page.
pub(crate) fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Stores `value` under `key`, or removes what is there. False if the browser does not.
pub(crate) fn store(key: &str, value: Option<&str>) -> bool {
    let Some(storage) = storage() else {
        return false;
    };
    let done = match value {
        Some(value) => storage.set_item(key, value),
        None => storage.remove_item(key),
    };
    done.is_ok()
}

/// Puts `text` into the clipboard, and tells in words whether it is there.
pub(crate) fn copy(text: &str, tell: Callback<&'static str>) {
    // Browsers have no clipboard for pages that anybody on the way could have changed.
    if !window().is_secure_context() {
        tell.emit("Copying takes https, or a page from this machine.");
        return;
    }
    let written = window().navigator().clipboard().write_text(text);
    spawn_local(async move {
        tell.emit(match JsFuture::from(written).await {
            Ok(_) => "Copied.",
            Err(_) => "The browser did not let the page copy.",
        });
    });
}

/// Hands `content` to the user as a file.
pub(crate) fn download(name: &str, media_type: &str, content: &str) {
    // None of this fails in a page that is shown.
    let _ = try_download(name, media_type, content);
}

fn try_download(name: &str, media_type: &str, content: &str) -> Result<(), JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type(media_type);
    let parts = Array::of1(&content.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link = gloo::utils::document().create_element("a")?;
    let link: HtmlAnchorElement = link.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&url)
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
