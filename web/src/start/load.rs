//! Takes `config.json`.

use gloo::net::http::Response;
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use super::{ConfigProblem, PageConfig};

#[wasm_bindgen]
extern "C" {
    /// The answer of the page's server, for which `index.html` has asked before this program was
    /// there. It comes within some seconds, or not at all.
    #[wasm_bindgen(thread_local_v2, js_name = warrenConfig)]
    static ANSWER: Promise;
}

/// The file's configuration over `defaults`.
pub(crate) async fn config(defaults: &PageConfig) -> Result<PageConfig, ConfigProblem> {
    let answer = JsFuture::from(ANSWER.with(Promise::clone)).await;
    let answer = answer.map_err(|error| unread(&error))?;
    let response = Response::from(answer.unchecked_into::<web_sys::Response>());
    if is_missing(&response) {
        return Err(ConfigProblem::Missing);
    }
    if !response.ok() {
        let detail = format!("the server answered {}", response.status());
        return Err(ConfigProblem::Unread { detail });
    }
    let text = response
        .text()
        .await
        .map_err(|error| ConfigProblem::Unread {
            detail: error.to_string(),
        })?;
    defaults.overridden_by(&text)
}

/// Many servers of single-page applications, Trunk's among them, answer with the page itself
/// where there is no file.
fn is_missing(response: &Response) -> bool {
    let content_type = response.headers().get("content-type").unwrap_or_default();
    response.status() == 404 || (response.ok() && content_type.starts_with("text/html"))
}

fn unread(error: &JsValue) -> ConfigProblem {
    let detail = match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => format!("{error:?}"),
    };
    ConfigProblem::Unread { detail }
}
