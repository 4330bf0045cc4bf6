//! What the page may do, as its server tells the browser.

use std::fs;
use std::path::Path;

use axum::http::{HeaderValue, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The Content-Security-Policy of a page: it may run what its server gives it, and connect to that
/// server and to its broker alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    scripts: String,
    styles: String,
}

impl Policy {
    /// For the page in `dist` as it is now; `None` if there is none.
    pub(crate) fn of(dist: &Path) -> Option<Self> {
        let html = fs::read_to_string(dist.join("index.html")).ok()?;
        Some(Self {
            scripts: hashes(&html, "script"),
            styles: hashes(&html, "style"),
        })
    }

    /// With the broker at the addresses `urls`, unless one of them is none.
    pub(super) fn at(&self, urls: &[String]) -> Option<HeaderValue> {
        let mut brokers = Vec::new();
        for url in urls {
            let url: Uri = url.parse().ok()?;
            brokers.push(format!("{}://{}", url.scheme_str()?, url.authority()?));
        }
        HeaderValue::try_from(self.with_broker(&brokers.join(" "))).ok()
    }

    /// With the broker `broker`, as the policy is to name it.
    pub(super) fn with_broker(&self, broker: &str) -> String {
        let Self { scripts, styles } = self;
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; \
             style-src 'self'{styles}; connect-src 'self' {broker}; img-src 'self'; \
             font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    }
}

/// The sources that allow what is in the elements called `tag`, with a space before each.
fn hashes(html: &str, tag: &str) -> String {
    let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
    html.split(&open)
        .skip(1)
        .filter_map(|element| element.split_once(&close)?.0.split_once('>'))
        .map(|(_, content)| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(content))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_allows_the_very_scripts_and_styles_of_the_page() {
        let dist = tempfile::tempdir().expect("a folder");
        assert_eq!(Policy::of(dist.path()), None, "no page");

        let html = "<!doctype html><style>p{}</style><script type=module>go()</script><p>go()";
        fs::write(dist.path().join("index.html"), html).expect("a file");
        let policy = Policy::of(dist.path()).expect("a page");
        assert_eq!(policy.at(&["broker".to_owned()]), None, "no address");
        let urls = ["ws://broker:15674/ws", "wss://other/ws"].map(str::to_owned);
        let policy = policy.at(&urls).expect("a policy");
        // By `printf 'go()' | openssl dgst -sha256 -binary | base64`, and so on.
        let expected = "default-src 'none'; \
            script-src 'self' 'wasm-unsafe-eval' 'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='; \
            style-src 'self' 'sha256-gG2yISYereRMiG2lMXrbiUgi0Ubw9p7QCeWcroOvy9Y='; connect-src 'self' ws://broker:15674 wss://other; \
            img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
            frame-ancestors 'none'";
        assert_eq!(policy.to_str().expect("text"), expected);
    }
}
