//! What operators and their machines ask over HTTP: metrics, health, readiness.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tracing::{debug, warn};

use crate::{Monitor, Readiness};

/// The most connections at once; more wait until one of them ends.
const MAX_CONNECTIONS: usize = 32;

/// How long a connection may last, which is for one request.
const CONNECTION: Duration = Duration::from_secs(10);

/// How long to wait when the operating system gives no more connections.
const ACCEPT_AGAIN: Duration = Duration::from_secs(1);

const TEXT: &str = "text/plain; charset=utf-8";

/// An address where a monitor can be asked.
#[derive(Debug)]
pub(crate) struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
}

impl Endpoint {
    /// Takes the address.
    ///
    /// # Errors
    ///
    /// It is in use, or is not this machine's.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
        })
    }

    /// The address, with the port that was chosen where none was asked for.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers for ever.
    pub(crate) async fn serve(self, monitor: Monitor) -> Infallible {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            let place = place.expect("it is never closed");
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let monitor = monitor.clone();
                    tokio::spawn(async move {
                        answer(stream, &monitor).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    warn!(%error, "nobody can ask for metrics; trying again in {ACCEPT_AGAIN:?}");
                    sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }
}

async fn answer(stream: TcpStream, monitor: &Monitor) {
    let service = service_fn(async |request: Request<_>| {
        let response = respond(request.method(), request.uri().path(), monitor);
        Ok::<_, Infallible>(response)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match timeout(CONNECTION, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "a connection for metrics broke"),
        Err(_) => debug!("a connection for metrics lasted too long"),
    }
}

/// The answer to a request of this method for this path.
fn respond(method: &Method, path: &str, monitor: &Monitor) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match path {
        "/metrics" => (StatusCode::OK, Monitor::METRICS_TYPE, monitor.metrics()),
        // That there is an answer says that the process lives and its event loop turns.
        "/healthz" => (StatusCode::OK, TEXT, "alive\n".to_owned()),
        "/readyz" => {
            let readiness = monitor.readiness();
            let status = match readiness {
                Readiness::Ready => StatusCode::OK,
                Readiness::Connecting | Readiness::Draining => StatusCode::SERVICE_UNAVAILABLE,
            };
            let body = format!("{readiness}\n{}", monitor.connections());
            (status, TEXT, body)
        }
        _ => {
            let body = "there are /metrics, /healthz and /readyz\n".to_owned();
            (StatusCode::NOT_FOUND, TEXT, body)
        }
    };
    if !matches!(*method, Method::GET | Method::HEAD) && status != StatusCode::NOT_FOUND {
        let mut response = Response::new("only GET and HEAD are answered\n".into());
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT));
        return response;
    }
    // For HEAD, hyper sends all but the body.
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods_have_their_answers() {
        let cases = [
            ("GET", "/healthz", 200),
            ("HEAD", "/healthz", 200),
            ("POST", "/healthz", 405),
            ("GET", "/metrics", 200),
            ("DELETE", "/metrics", 405),
            // No service is there yet.
            ("GET", "/readyz", 503),
            ("HEAD", "/readyz", 503),
            ("GET", "/", 404),
            ("POST", "/", 404),
            ("GET", "/metrics/", 404),
        ];
        let monitor = Monitor::default();
        for (method, path, expected) in cases {
            let method = method.parse().expect("it is a method");
            let response = respond(&method, path, &monitor);
            assert_eq!(response.status(), expected, "{method} {path}");
            let allow = response.headers().contains_key(ALLOW);
            assert_eq!(allow, expected == 405, "{method} {path}");
        }
    }
}
