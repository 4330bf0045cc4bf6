//! Fetches `config.json`.

use gloo::net::http::{Request, Response};
use web_sys::{AbortSignal, RequestCache};

use super::{ConfigProblem, PageConfig};

/// How long the page waits for the file before it goes on without.
const PATIENCE_MS: u32 = 5_000;

/// The file's configuration over `defaults`.
pub(crate) async fn config(defaults: &PageConfig) -> Result<PageConfig, ConfigProblem> {
    let patience = AbortSignal::timeout_with_u32(PATIENCE_MS);
    let response = Request::get("config.json")
        // Whoever changes the file expects that a reload shows it.
        .cache(RequestCache::NoCache)
        .abort_signal(Some(&patience))
        .send()
        .await
        .map_err(unread)?;
    if is_missing(&response) {
        return Err(ConfigProblem::Missing);
    }
    if !response.ok() {
        let detail = format!("the server answered {}", response.status());
        return Err(ConfigProblem::Unread { detail });
    }
    defaults.overridden_by(&response.text().await.map_err(unread)?)
}

/// Many servers of single-page applications, Trunk's among them, answer with the page itself
/// where there is no file.
fn is_missing(response: &Response) -> bool {
    let content_type = response.headers().get("content-type").unwrap_or_default();
    response.status() == 404 || (response.ok() && content_type.starts_with("text/html"))
}

fn unread(error: gloo::net::Error) -> ConfigProblem {
    ConfigProblem::Unread {
        detail: error.to_string(),
    }
}
