//! Calls by hand, on nothing but a socket.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use http::Uri;
use uuid::Uuid;
use warren_client::Config;

/// The key by which everything is masked: a WebSocket's client has to, and any key will do.
const MASK: [u8; 4] = [0x3a, 0x7c, 0x19, 0xe5];

/// The most bytes of an answer.
const MAX_ANSWER_BYTES: usize = 4_096;

/// Where a request has its correlation id.
const CORRELATION_ID: &[u8] = b"\ncorrelation-id:";

/// The bytes of a UUID as text.
const ID_BYTES: usize = 36;

/// A WebSocket made by hand, and a request to send over and over again.
pub(super) struct Bare {
    socket: TcpStream,
    request: Vec<u8>,
    /// Where the correlation id is in the request.
    id_at: usize,
    /// Each request has an id of its own, as the worker would not compute it again.
    id: u128,
    sent: Vec<u8>,
    received: Box<[u8]>,
    answer_bytes: usize,
}

impl Bare {
    /// Connects as `config` says, to send `request`.
    pub(super) fn connect(config: &Config, request: &[u8]) -> Self {
        let uri: Uri = config.urls.first().parse().expect("a URL");
        let address = uri.authority().expect("it names a host").as_str();
        let mut socket = TcpStream::connect(address).expect("the broker is there");
        socket.set_nodelay(true).expect("it sends at once");
        open(&mut socket, address, uri.path());
        let header = |window: &[u8]| window == CORRELATION_ID;
        let id_at = request.windows(CORRELATION_ID.len()).position(header);
        let mut bare = Self {
            socket,
            request: request.to_owned(),
            id_at: id_at.expect("a correlation id") + CORRELATION_ID.len(),
            id: Uuid::new_v4().as_u128(),
            sent: Vec::new(),
            received: vec![0; MAX_ANSWER_BYTES].into(),
            answer_bytes: 0,
        };
        let Config {
            login,
            passcode,
            vhost,
            ..
        } = config;
        let passcode = passcode.fixed().expect("it stays");
        let connect = format!(
            "CONNECT\naccept-version:1.2\nhost:{vhost}\nlogin:{login}\npasscode:{passcode}\n\n\0"
        );
        bare.write(connect.as_bytes());
        bare.read(b"CONNECTED\n");
        bare
    }

    /// Sends the request, and reads the answer.
    pub(super) fn call(&mut self) {
        self.id = self.id.wrapping_add(1);
        let id = &mut self.request[self.id_at..self.id_at + ID_BYTES];
        Uuid::from_u128(self.id).hyphenated().encode_lower(id);
        let request = std::mem::take(&mut self.request);
        self.write(&request);
        self.request = request;
        self.answer_bytes = self.read(b"MESSAGE\n");
    }

    /// How many bytes go over the wire for a request.
    pub(super) fn request_bytes(&self) -> usize {
        self.sent.len()
    }

    /// How many bytes the last answer had.
    pub(super) fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    /// Sends a WebSocket message.
    fn write(&mut self, message: &[u8]) {
        let length = u16::try_from(message.len()).expect("a short message");
        self.sent.clear();
        // The only frame of a binary message; masked, with its length in as few bytes as can be.
        self.sent.push(0x82);
        match u8::try_from(length) {
            Ok(length @ ..126) => self.sent.push(0x80 | length),
            _ => {
                self.sent.push(0x80 | 126);
                self.sent.extend(length.to_be_bytes());
            }
        }
        self.sent.extend(MASK);
        let masked = message.iter().zip(MASK.iter().cycle());
        self.sent.extend(masked.map(|(byte, mask)| byte ^ mask));
        self.socket.write_all(&self.sent).expect("it is sent");
    }

    /// Reads a WebSocket frame, which begins in this way, and gives the number of its bytes.
    fn read(&mut self, beginning: &[u8]) -> usize {
        let mut read = 0;
        loop {
            let more = self.socket.read(&mut self.received[read..]);
            let more = more.expect("an answer");
            assert_ne!(more, 0, "the broker closed the connection");
            read += more;
            let Some((head, length)) = length(&self.received[..read]) else {
                continue;
            };
            if read >= head + length {
                let message = &self.received[head..read];
                let is_expected = read == head + length && message.starts_with(beginning);
                assert!(is_expected, "{}", String::from_utf8_lossy(message));
                return read;
            }
        }
    }
}

/// The length of a frame's head and of the rest, if all of the head is there.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes {
        [_, 126, high, low, ..] => Some((4, u16::from_be_bytes([high, low]).into())),
        [_, length @ ..126, ..] => Some((2, length.into())),
        _ => None,
    }
}

/// Makes the socket a WebSocket.
fn open(socket: &mut TcpStream, host: &str, path: &str) {
    write!(
        socket,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: v12.stomp\r\n\r\n"
    )
    .expect("it is sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).expect("an answer");
        answer.extend(byte);
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
}
