//! The other end of a WebSocket, for tests.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
};

use tokio_tungstenite::tungstenite::{
    WebSocket, accept_hdr,
    handshake::server::{Request, Response},
    http::header::SEC_WEBSOCKET_PROTOCOL,
};

pub(crate) fn listen() -> (TcpListener, SocketAddr) {
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = server.local_addr().expect("a bound socket has an address");
    (server, address)
}

/// Takes the next connection, and the subprotocol that it offers.
pub(crate) fn accept(server: &TcpListener) -> WebSocket<TcpStream> {
    let (stream, _) = server.accept().expect("a connection");
    accept_on(stream).expect("a handshake")
}

/// Takes what comes on this stream for a WebSocket; `None` if it is none.
pub(crate) fn accept_on<S: Read + Write>(stream: S) -> Option<WebSocket<S>> {
    #[expect(clippy::result_large_err, reason = "the library's own signature")]
    let agree = |request: &Request, mut response: Response| {
        let offered = request.headers()[SEC_WEBSOCKET_PROTOCOL].clone();
        let headers = response.headers_mut();
        headers.insert(SEC_WEBSOCKET_PROTOCOL, offered);
        Ok(response)
    };
    accept_hdr(stream, agree).ok()
}
