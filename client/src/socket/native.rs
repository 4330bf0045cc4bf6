//! The WebSocket on tokio.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::{Sink, Stream};
use thiserror::Error;
use tokio::{net::TcpStream, task::coop::cooperative};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        error::ProtocolError,
        http::{
            HeaderValue, Uri,
            header::{LOCATION, SEC_WEBSOCKET_PROTOCOL},
        },
        protocol::WebSocketConfig,
    },
};

use super::{Incoming, SUBPROTOCOL};
use crate::{
    Config, Tls, TlsError,
    tls::{TlsTrouble, tls_trouble},
};

pub(crate) use tokio::time::{Sleep, sleep};

/// The longest WebSocket message that is taken: RabbitMQ carries no message of over 512 MiB, however
/// it is configured, and a frame's head adds little to that. A shorter one that is still too large
/// is refused by the STOMP decoder, which can tell whose reply it was.
const MAX_MESSAGE_BYTES: usize = 513 * 1024 * 1024;

pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

/// Systems have no common way to tell that the network is back.
pub(crate) struct Wakes;

impl Wakes {
    pub(crate) fn listen() -> Self {
        Self
    }

    pub(crate) async fn next(&mut self) {
        std::future::pending().await
    }
}

type WebSocket = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Opening = Pin<Box<dyn Future<Output = Result<WebSocket, OpenError>> + Send>>;

/// Whom to trust, and who to be, at a `wss://…`.
pub(crate) struct Trust(Tls);

impl Trust {
    pub(crate) fn of(config: &Config) -> Self {
        Self(config.tls.clone())
    }
}

/// Where a WebSocket's server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encrypted: bool,
}

impl Place {
    /// Where the server is, or what is wrong with the address.
    pub(crate) fn of(url: &str) -> Result<Self, String> {
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("`{url}` is no address: {error}"))?;
        let encrypted = match uri.scheme_str() {
            Some("ws") => false,
            Some("wss") => true,
            _ => return Err(format!("`{url}` begins with neither ws:// nor wss://")),
        };
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| format!("`{url}` names no host"))?;
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 }),
            encrypted,
        })
    }
}

/// Why a WebSocket was not opened, in as many words as there are ways to mend it.
#[derive(Debug)]
pub(crate) enum NotOpened {
    /// Something is wrong with a certificate, or with TLS at all.
    Tls(String),
    /// The answer was an HTTP status other than that of a WebSocket, and perhaps another address.
    Http {
        status: u16,
        location: Option<String>,
    },
    /// A WebSocket that speaks no STOMP.
    OtherProtocol,
    /// No answer in HTTP, or none at all.
    NoHttp(String),
}

/// Why a WebSocket was not opened.
#[derive(Debug, Error)]
enum OpenError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    WebSocket(#[from] tungstenite::Error),
}

enum State {
    Opening(Opening),
    Open(Box<WebSocket>),
    Closed,
}

/// Reads and writes only while [`Socket::receive`] is awaited, which the driver always does, so
/// it needs no task of its own.
pub(crate) struct Socket {
    state: State,
    outgoing: VecDeque<Message>,
    /// Whether something was written that is not flushed yet.
    unflushed: bool,
}

impl Socket {
    pub(crate) fn open(url: &str, trust: &Trust) -> Self {
        let opening = connect(url.to_owned(), trust.0.clone());
        Self {
            state: State::Opening(Box::pin(opening)),
            outgoing: VecDeque::new(),
            unflushed: false,
        }
    }

    /// Opens a WebSocket, and says as exactly as can be why that fails.
    pub(crate) async fn try_open(url: &str, trust: &Trust) -> Result<Self, NotOpened> {
        match connect(url.to_owned(), trust.0.clone()).await {
            Ok(socket) => Ok(Self {
                state: State::Open(Box::new(socket)),
                outgoing: VecDeque::new(),
                unflushed: false,
            }),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn send(&mut self, bytes: Vec<u8>) {
        self.outgoing.push_back(Message::binary(bytes));
    }

    /// One read from the network gives all that has come, however much is to come.
    pub(crate) fn gather(&self, _many: bool) {}

    pub(crate) async fn receive(&mut self) -> Incoming {
        // One read from the network may hold thousands of small messages: each counts, so that the
        // driver lets other tasks run.
        cooperative(poll_fn(|cx| self.poll(cx))).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        let incoming = match &mut self.state {
            State::Opening(opening) => match ready!(opening.as_mut().poll(cx)) {
                Ok(socket) => {
                    self.state = State::Open(Box::new(socket));
                    Incoming::Opened
                }
                Err(error) => not_opened(&error),
            },
            State::Open(_) => match self.poll_open(cx) {
                Poll::Ready(Ok(incoming)) => incoming,
                Poll::Ready(Err(error)) => closed_by(&error),
                Poll::Pending => return Poll::Pending,
            },
            State::Closed => return Poll::Pending,
        };
        if matches!(
            incoming,
            Incoming::Closed { .. } | Incoming::Untrusted { .. }
        ) {
            self.state = State::Closed;
        }
        Poll::Ready(incoming)
    }

    /// Writing comes first, but a peer that does not read keeps nobody from reading.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, tungstenite::Error>> {
        let State::Open(socket) = &mut self.state else {
            return Poll::Pending;
        };
        let mut socket = Pin::new(socket.as_mut());
        while !self.outgoing.is_empty() && socket.as_mut().poll_ready(cx)?.is_ready() {
            if let Some(message) = self.outgoing.pop_front() {
                socket.as_mut().start_send(message)?;
                self.unflushed = true;
            }
        }
        if self.unflushed && socket.as_mut().poll_flush(cx)?.is_ready() {
            self.unflushed = false;
        }
        loop {
            let message = match ready!(socket.as_mut().poll_next(cx)?) {
                Some(message) => message,
                None => return Poll::Ready(Ok(closed(None, ""))),
            };
            let incoming = match message {
                Message::Text(text) => Incoming::Data(text.as_bytes().to_vec()),
                Message::Binary(bytes) => Incoming::Data(bytes.into()),
                Message::Close(Some(frame)) => closed(Some(frame.code.into()), &frame.reason),
                Message::Close(None) => closed(None, "closed without a code"),
                // The library answers pings by itself.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
            };
            return Poll::Ready(Ok(incoming));
        }
    }
}

async fn connect(url: String, tls: Tls) -> Result<WebSocket, OpenError> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert(
        SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    let connector = if request.uri().scheme_str() == Some("wss") {
        Connector::Rustls(tls.client_config()?)
    } else {
        Connector::Plain
    };
    // The buffer is flushed with every message: most are small, and each is waited for.
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
        .write_buffer_size(0);
    let disable_nagle = true;
    let (socket, _) =
        connect_async_tls_with_config(request, Some(config), disable_nagle, Some(connector))
            .await?;
    Ok(socket)
}

fn closed(code: Option<u16>, reason: &str) -> Incoming {
    Incoming::Closed {
        code,
        reason: reason.to_owned(),
    }
}

fn closed_by(error: &tungstenite::Error) -> Incoming {
    closed(None, &error.to_string())
}

fn not_opened(error: &OpenError) -> Incoming {
    match error {
        OpenError::Tls(error) => Incoming::Untrusted {
            reason: error.to_string(),
        },
        OpenError::WebSocket(tungstenite::Error::Io(error)) => match tls_trouble(error) {
            Some(TlsTrouble::Trust(reason)) => Incoming::Untrusted { reason },
            Some(TlsTrouble::Other(reason)) => closed(None, &reason),
            None => closed(None, &error.to_string()),
        },
        OpenError::WebSocket(error) => closed_by(error),
    }
}

impl From<OpenError> for NotOpened {
    fn from(error: OpenError) -> Self {
        use tungstenite::Error;

        let error = match error {
            OpenError::Tls(error) => return Self::Tls(error.to_string()),
            OpenError::WebSocket(error) => error,
        };
        match error {
            Error::Http(response) => Self::Http {
                status: response.status().as_u16(),
                location: response
                    .headers()
                    .get(LOCATION)
                    .and_then(|location| location.to_str().ok())
                    .map(str::to_owned),
            },
            Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => Self::OtherProtocol,
            Error::Io(error) => match tls_trouble(&error) {
                Some(TlsTrouble::Trust(reason) | TlsTrouble::Other(reason)) => Self::Tls(reason),
                None => Self::NoHttp(error.to_string()),
            },
            error => Self::NoHttp(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, thread};

    use super::*;
    use crate::socket::server;

    /// Has a server send these bytes, and compares what the socket gives out.
    async fn check(bytes: &'static [u8], expected: &[&str]) {
        let (server, address) = server::listen();
        let server = thread::spawn(move || {
            let mut socket = server::accept(&server);
            socket.get_mut().write_all(bytes).expect("the bytes leave");
        });
        let url = format!("ws://{address}/ws");
        let mut socket = Socket::open(&url, &Trust(Tls::default()));
        for expected in expected {
            let incoming = format!("{:?}", socket.receive().await);
            assert!(incoming.contains(expected), "{incoming}, not {expected}");
        }
        server.join().expect("the server does not panic");
    }

    #[tokio::test]
    async fn messages_of_either_kind_and_a_close() {
        let bytes = b"\x82\x02hi\x89\x00\x81\x01\n\x88\x04\x03\xe8by";
        let close = r#"Closed { code: Some(1000), reason: "by" }"#;
        check(bytes, &["Opened", "[104, 105]", "[10]", close]).await;
    }

    #[tokio::test]
    async fn a_message_of_an_impossible_length_ends_the_connection() {
        let bytes = b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";
        check(bytes, &["Opened", "Closed"]).await;
    }
}
