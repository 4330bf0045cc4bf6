//! What the page's server tells the browser with each response, whether that server is ours or
//! nginx: one list for both.

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

use super::policy::Policy;

/// What is the same for all files, pages and brokers.
///
/// Nothing of the page comes from elsewhere, nobody else has a use for it, and of what a browser
/// can let a page do, it needs the clipboard alone. That isolation also lets it measure times more
/// finely.
const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), \
         gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), \
         publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), \
         xr-spatial-tracking=()",
    ),
];

/// For files whose names change with what is in them.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// For all others: whoever changes them expects that a reload shows it.
const ASK: &str = "no-cache";

/// How many hexadecimal digits Trunk puts into the name of a file, after a hyphen.
const HASH_DIGITS: usize = 16;

/// How long browsers come by TLS alone, in seconds, once they came by it: a year.
const TLS_ONLY: u32 = 31_536_000;

/// Adds the headers to the response to `request`. The policy is asked for each time, as the page
/// may have been built anew.
pub(super) async fn add(
    policy: impl Fn() -> Option<Policy>,
    brokers: Vec<String>,
    request: Request,
    next: Next,
) -> Response {
    let is_hashed = is_hashed(request.uri().path());
    let mut response = next.run(request).await;
    let may_be_kept = is_hashed && response.status().is_success();
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let cache = if may_be_kept { FOR_EVER } else { ASK };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Some(policy) = policy().and_then(|policy| policy.at(&brokers)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The same for nginx, in its `http` block, where the variable `$warren_broker` has the scheme,
/// host and port of the broker's Web-STOMP.
///
/// HTTPS ends before that nginx, in what also tells by `X-Forwarded-Proto` how the browser came.
pub(crate) fn for_nginx(policy: &Policy) -> String {
    let mut lines = vec![
        "map $uri $warren_cache {".to_owned(),
        format!("    \"~-[0-9a-f]{{{HASH_DIGITS}}}\" \"{FOR_EVER}\";"),
        format!("    default \"{ASK}\";"),
        "}".to_owned(),
        "map $http_x_forwarded_proto $warren_tls_only {".to_owned(),
        format!("    https \"max-age={TLS_ONLY}\";"),
        "}".to_owned(),
        // Without `always`: what is not there now may be there later.
        "add_header cache-control $warren_cache;".to_owned(),
        "add_header strict-transport-security $warren_tls_only always;".to_owned(),
    ];
    let policy = policy.with_broker("$warren_broker");
    let policy = [(CONTENT_SECURITY_POLICY, policy.as_str())];
    for (name, value) in ALWAYS.into_iter().chain(policy) {
        lines.push(format!("add_header {name} \"{value}\" always;"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Whether the name of a file says what is in it.
fn is_hashed(path: &str) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    path.split('-').skip(1).any(|part| {
        let hash = part.as_bytes().get(..HASH_DIGITS);
        hash.is_some_and(|hash| hash.iter().all(is_digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_hash_in_its_name_is_kept() {
        for (path, expected) in [
            ("/warren-web-3246417f5de8d459_bg.wasm", true),
            ("/favicon-b24b08b6a432467f.svg", true),
            ("/", false),
            ("/familjen-grotesk.woff2", false),
            ("/config.json", false),
            ("/page-3246417f5de8d45.js", false),
            ("/3246417f5de8d459.js", false),
        ] {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }
}
