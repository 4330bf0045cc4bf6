//! A client that sends any frame over Web-STOMP.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest, http::HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use warren_rabbitmq::shared;
use warren_stomp::{Command, Decoder, Frame, Limits, encode};

use crate::within;

/// The receipt that every frame asks for.
const RECEIPT: &str = "taken";

/// A session.
pub(crate) struct WebStomp {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    decoder: Decoder,
}

impl WebStomp {
    /// Logs in, with a passcode that is the login; an error is the broker's message.
    pub(crate) async fn connect(user: &str, vhost: &str) -> Result<Self, String> {
        let url = shared().expect("a broker").ws_url();
        let mut request = url.into_client_request().expect("a URL");
        let protocol = HeaderValue::from_static("v12.stomp");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocol);
        let opened = within("a WebSocket", connect_async(request)).await;
        let (socket, _) = opened.expect("Web-STOMP listens");
        let mut session = Self {
            socket,
            decoder: Decoder::new(Limits::default()),
        };
        let connect = Frame::new(Command::Connect)
            .with_header("accept-version", "1.2")
            .with_header("host", vhost)
            .with_header("login", user)
            .with_header("passcode", user);
        session.send(&connect).await;
        let answer = session.next().await.ok_or("closed")?;
        match answer.command {
            Command::Connected => Ok(session),
            _ => Err(answer.header("message").unwrap_or_default().to_owned()),
        }
    }

    /// Sends a frame, and says whether the broker has taken it, and lets the connection live.
    pub(crate) async fn is_taken(&mut self, frame: Frame) -> bool {
        self.send(&frame.with_header("receipt", RECEIPT)).await;
        while let Some(answer) = self.next().await {
            match answer.command {
                // One may follow the ERROR for what was not taken.
                Command::Receipt => return true,
                Command::Error => return false,
                _ => {}
            }
        }
        false
    }

    pub(crate) async fn send(&mut self, frame: &Frame) {
        let mut bytes = Vec::new();
        encode(frame, &mut bytes);
        let sent = self.socket.send(Message::binary(bytes)).await;
        sent.expect("the connection lives");
    }

    /// The next frame; `None` when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            let message = within("a message", self.socket.next()).await?;
            let data = message.ok()?.into_data();
            if let Some(frame) = self.decoder.decode(&mut &data[..]).expect("STOMP") {
                return Some(frame);
            }
        }
    }
}
