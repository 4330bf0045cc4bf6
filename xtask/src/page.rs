//! Serves the built page, with a `config.json` that leads it to the broker.

pub(crate) mod headers;
mod policy;

use std::io;
use std::net::TcpListener;
use std::path::Path;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Serialize, Serializer};
use tower_http::services::ServeDir;
use warren_contract::DEFAULT_SERVICE;

pub(crate) use policy::Policy;

use crate::web_server::WebServer;

/// The page's `config.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageConfig {
    /// Where the broker's Web-STOMP is, such as `ws://127.0.0.1:15674/ws`, at one address or at
    /// several.
    #[serde(rename = "url", serialize_with = "one_or_more")]
    pub urls: Vec<String>,
    /// The broker's user.
    pub login: String,
    /// The user's password, which everybody who can open the page can read.
    pub passcode: String,
    /// The broker's virtual host.
    pub vhost: String,
    /// The service that is called.
    pub queue: String,
}

impl PageConfig {
    /// The user, virtual host and service of `rabbitmq/definitions.json`, by way of `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self::at(vec![url.into()])
    }

    /// The same by way of these URLs of one broker.
    #[must_use]
    pub fn at(urls: Vec<String>) -> Self {
        Self {
            urls,
            login: "web".into(),
            passcode: "web".into(),
            vhost: "/".into(),
            queue: DEFAULT_SERVICE.into(),
        }
    }
}

/// One address is a text, several are a list.
fn one_or_more<S: Serializer>(urls: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    match urls {
        [url] => url.serialize(serializer),
        urls => urls.serialize(serializer),
    }
}

/// A port of 127.0.0.1 that is taken for the page before it is known where that will find its
/// broker.
#[derive(Debug)]
pub struct PageListener {
    listener: TcpListener,
    port: u16,
}

impl PageListener {
    /// Takes the port `port`, or any free one if that is 0.
    ///
    /// # Errors
    /// The port is taken.
    pub fn bind(port: u16) -> io::Result<Self> {
        let listener = WebServer::bind(port)?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The origins (RFC 6454) that the page has in a browser, by whatever name it is opened.
    #[must_use]
    pub fn origins(&self) -> [String; 2] {
        ["127.0.0.1", "localhost"].map(|host| format!("http://{host}:{}", self.port))
    }

    /// Serves the files in `dist`, and `config` as `/config.json`.
    ///
    /// # Errors
    /// The operating system refused a thread.
    pub fn serve(self, dist: &Path, config: PageConfig) -> io::Result<WebServer> {
        WebServer::start(self.listener, router(dist, config))
    }
}

/// Serves the files in `dist`, and `config` as `/config.json`, on any free port of 127.0.0.1.
///
/// # Errors
/// The operating system refused a port or a thread.
pub fn serve(dist: &Path, config: PageConfig) -> io::Result<WebServer> {
    PageListener::bind(0)?.serve(dist, config)
}

fn router(dist: &Path, config: PageConfig) -> Router {
    let folder = dist.to_owned();
    let brokers = config.urls.clone();
    let add_headers = move |request: Request, next: Next| {
        let folder = folder.clone();
        headers::add(move || Policy::of(&folder), brokers.clone(), request, next)
    };
    Router::new()
        .route("/config.json", get(move || async move { Json(config) }))
        .fallback_service(ServeDir::new(dist).precompressed_br())
        .layer(middleware::from_fn(add_headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "page-3246417f5de8d459.wasm";

    #[test]
    fn files_and_configuration_are_served_with_their_types() {
        let dist = tempfile::tempdir().expect("a folder");
        std::fs::write(dist.path().join("index.html"), "<!doctype html>").expect("a file");
        std::fs::write(dist.path().join(PROGRAM), b"\0asm").expect("a file");
        let config = PageConfig::new("ws://127.0.0.1:1/ws");
        let server = serve(dist.path(), config).expect("a server");

        let cases = [
            ("", "text/html", "no-cache"),
            (
                PROGRAM,
                "application/wasm",
                "public, max-age=31536000, immutable",
            ),
            ("config.json", "application/json", "no-cache"),
        ];
        for (path, media_type, cache) in cases {
            let response = ureq::get(format!("{}{path}", server.url()))
                .call()
                .expect(path);
            assert_eq!(response.headers()["content-type"], media_type, "{path}");
            assert_eq!(response.headers()["cache-control"], cache, "{path}");
        }
        let config: serde_json::Value = ureq::get(format!("{}config.json", server.url()))
            .call()
            .expect("config.json")
            .body_mut()
            .read_json()
            .expect("JSON");
        assert_eq!(
            config,
            serde_json::json!({
                "url": "ws://127.0.0.1:1/ws", "login": "web", "passcode": "web",
                "vhost": "/", "queue": "rpc_queue",
            })
        );
    }
}
