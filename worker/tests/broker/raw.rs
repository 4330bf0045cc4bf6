//! A client that writes its frames by itself, and can send whatever the broker takes.

use std::collections::BTreeMap;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};

use warren_contract::BOUNCE_EXCHANGE;

use crate::stage::within;

/// The properties of a message, by their places among the flags of a content header.
pub(crate) mod property {
    pub(crate) const CONTENT_TYPE: u8 = 0;
    pub(crate) const CONTENT_ENCODING: u8 = 1;
    pub(crate) const HEADERS: u8 = 2;
    pub(crate) const DELIVERY_MODE: u8 = 3;
    pub(crate) const PRIORITY: u8 = 4;
    pub(crate) const CORRELATION_ID: u8 = 5;
    pub(crate) const REPLY_TO: u8 = 6;
    pub(crate) const EXPIRATION: u8 = 7;
    pub(crate) const MESSAGE_ID: u8 = 8;
    pub(crate) const TIMESTAMP: u8 = 9;
    pub(crate) const TYPE: u8 = 10;
    pub(crate) const APP_ID: u8 = 12;
    pub(crate) const CLUSTER_ID: u8 = 13;
}

/// Frame types, and classes with their methods.
const METHOD: u8 = 1;
const CONTENT_HEADER: u8 = 2;
const BODY: u8 = 3;
const HEART_BEAT: u8 = 8;
const END: u8 = 0xce;
const START_OK: [u8; 4] = [0, 10, 0, 11];
const TUNE: [u8; 4] = [0, 10, 0, 30];
const TUNE_OK: [u8; 4] = [0, 10, 0, 31];
const OPEN: [u8; 4] = [0, 10, 0, 40];
const CONNECTION_CLOSE: [u8; 4] = [0, 10, 0, 50];
const CHANNEL_OPEN: [u8; 4] = [0, 20, 0, 10];
const CHANNEL_CLOSE: [u8; 4] = [0, 20, 0, 40];
const QUEUE_DECLARE: [u8; 4] = [0, 50, 0, 10];
const QUEUE_BIND: [u8; 4] = [0, 50, 0, 20];
const PUBLISH: [u8; 4] = [0, 60, 0, 40];
const GET: [u8; 4] = [0, 60, 0, 70];
const ACK: [u8; 4] = [0, 60, 0, 80];
const CONFIRM_SELECT: [u8; 4] = [0, 85, 0, 10];

/// The largest payload of a body's frame that a broker takes which is not set up otherwise.
const LONGEST_BODY: usize = 131_072 - 8;

/// What a message has beside its body, encoded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Properties(BTreeMap<u8, Vec<u8>>);

impl Properties {
    pub(crate) fn short(self, property: u8, text: impl AsRef<[u8]>) -> Self {
        self.octets(property, short(text))
    }

    pub(crate) fn headers(self, entries: &[u8]) -> Self {
        self.octets(property::HEADERS, long(entries))
    }

    /// A property that has no length of its own.
    pub(crate) fn octets(mut self, property: u8, octets: impl AsRef<[u8]>) -> Self {
        self.0.insert(property, octets.as_ref().to_vec());
        self
    }

    fn encode(&self) -> Vec<u8> {
        let flags = self
            .0
            .keys()
            .fold(0, |flags, index| flags | 0x8000_u16 >> index);
        let values = self.0.values().map(Vec::as_slice);
        [&flags.to_be_bytes()[..]]
            .into_iter()
            .chain(values)
            .flatten()
            .copied()
            .collect()
    }
}

/// A short string: a length of one byte, and at most so many bytes.
pub(crate) fn short(text: impl AsRef<[u8]>) -> Vec<u8> {
    let text = text.as_ref();
    let length = text.len().try_into().expect("a short string is short");
    [&[length], text].concat()
}

/// What has its length in four bytes before it.
pub(crate) fn long(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    let length = u32::try_from(bytes.len()).expect("no test is that long");
    [&length.to_be_bytes(), bytes].concat()
}

pub(crate) struct Raw {
    stream: BufStream<TcpStream>,
    published: u64,
    confirmed: u64,
}

impl Raw {
    /// Connects as `guest` to a virtual host of the node, with a channel that confirms.
    pub(crate) async fn connect(url: &str) -> Self {
        let address = url.strip_prefix("amqp://guest:guest@");
        let (address, vhost) = address
            .and_then(|address| address.split_once('/'))
            .expect("this is how a node's address looks");
        let stream = TcpStream::connect(address).await.expect("the broker runs");
        let mut raw = Self {
            stream: BufStream::new(stream),
            published: 0,
            confirmed: 0,
        };
        within("the broker greets", raw.open(vhost)).await;
        raw
    }

    async fn open(&mut self, vhost: &str) {
        self.write(b"AMQP\0\0\x09\x01").await;
        self.method().await;
        let response = long("\0guest\0guest");
        let start_ok = [&long("")[..], &short("PLAIN"), &response, &short("en_US")].concat();
        self.call(0, START_OK, &start_ok).await;
        let tune = self.method().await;
        assert!(tune.starts_with(&TUNE), "{tune:?}");
        // What the broker proposes, but no heart-beats.
        let proposed = &tune[4..10];
        self.send(0, METHOD, &[&TUNE_OK, proposed, &[0, 0]].concat())
            .await;
        self.call(0, OPEN, &[&short(vhost)[..], &short(""), &[0]].concat())
            .await;
        self.method().await;
        self.call(1, CHANNEL_OPEN, &short("")).await;
        self.method().await;
        self.call(1, CONFIRM_SELECT, &[0]).await;
        self.method().await;
    }

    /// Publishes, without waiting for the broker.
    pub(crate) async fn publish(
        &mut self,
        exchange: impl AsRef<[u8]>,
        routing_key: impl AsRef<[u8]>,
        properties: &Properties,
        body: &[u8],
    ) {
        let publish = [
            &PUBLISH[..],
            &[0, 0],
            &short(exchange),
            &short(routing_key),
            &[0],
        ];
        self.write_frame(1, METHOD, &publish.concat()).await;
        let size = u64::try_from(body.len()).expect("a body is not that long");
        let header = [
            &[0, 60, 0, 0],
            &size.to_be_bytes()[..],
            &properties.encode(),
        ];
        self.write_frame(1, CONTENT_HEADER, &header.concat()).await;
        for part in body.chunks(LONGEST_BODY) {
            self.write_frame(1, BODY, part).await;
        }
        self.published += 1;
    }

    /// Waits until the broker has all that was published.
    pub(crate) async fn confirmed(&mut self) {
        self.flush().await;
        while self.confirmed < self.published {
            let method = within("a message is confirmed", self.method()).await;
            let tag = method.strip_prefix(&ACK).and_then(|ack| ack.first_chunk());
            self.confirmed = u64::from_be_bytes(*tag.expect("it is an ack"));
        }
    }

    /// A queue of this connection's own for what comes back of what is published with this routing
    /// key.
    pub(crate) async fn bounces(&mut self, routing_key: &str) -> Vec<u8> {
        let (exclusive, no_arguments) = (4, long(""));
        let declare = [&[0, 0], &short("")[..], &[exclusive], &no_arguments].concat();
        self.call(1, QUEUE_DECLARE, &declare).await;
        let declared = self.method().await;
        let length = usize::from(declared[4]);
        let queue = declared[5..5 + length].to_vec();
        let names = [short(&queue), short(BOUNCE_EXCHANGE), short(routing_key)].concat();
        let bind = [&[0, 0], &names[..], &[0], &no_arguments].concat();
        self.call(1, QUEUE_BIND, &bind).await;
        self.method().await;
        queue
    }

    /// Takes a message from a queue: the payload of its content header; `None` if the queue is
    /// empty.
    pub(crate) async fn get(&mut self, queue: &[u8]) -> Option<Vec<u8>> {
        self.call(1, GET, &[&[0, 0], &short(queue)[..], &[1]].concat())
            .await;
        let method = within("the broker answers", self.method()).await;
        let empty = method.starts_with(&[0, 60, 0, 72]);
        if empty {
            return None;
        }
        let (kind, header) = within("a message comes", self.frame()).await;
        assert_eq!(kind, CONTENT_HEADER);
        let mut missing = u64::from_be_bytes(*header[4..].first_chunk().expect("a size"));
        while missing > 0 {
            let (_, part) = within("a message comes", self.frame()).await;
            missing -= u64::try_from(part.len()).expect("a body is not that long");
        }
        Some(header)
    }

    async fn call(&mut self, channel: u16, method: [u8; 4], arguments: &[u8]) {
        self.send(channel, METHOD, &[&method, arguments].concat())
            .await;
    }

    async fn send(&mut self, channel: u16, kind: u8, payload: &[u8]) {
        self.write_frame(channel, kind, payload).await;
        self.flush().await;
    }

    async fn write_frame(&mut self, channel: u16, kind: u8, payload: &[u8]) {
        let [high, low] = channel.to_be_bytes();
        let frame = [&[kind, high, low], &long(payload)[..], &[END]];
        self.stream
            .write_all(&frame.concat())
            .await
            .expect("the broker listens");
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .await
            .expect("the broker listens");
        self.flush().await;
    }

    async fn flush(&mut self) {
        self.stream.flush().await.expect("the broker listens");
    }

    /// The next method; it must not be that the broker ends something.
    async fn method(&mut self) -> Vec<u8> {
        loop {
            let (kind, payload) = self.frame().await;
            if kind == HEART_BEAT {
                continue;
            }
            assert_eq!(kind, METHOD);
            let closed = [CONNECTION_CLOSE, CHANNEL_CLOSE]
                .iter()
                .any(|close| payload.starts_with(close));
            assert!(!closed, "{}", String::from_utf8_lossy(&payload));
            return payload;
        }
    }

    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 7];
        self.stream
            .read_exact(&mut head)
            .await
            .expect("the broker answers");
        let [kind, _, _, length @ ..] = head;
        let length = u32::from_be_bytes(length);
        let mut payload = vec![0; usize::try_from(length).expect("it is not that long") + 1];
        self.stream
            .read_exact(&mut payload)
            .await
            .expect("the broker answers");
        assert_eq!(payload.pop(), Some(END));
        (kind, payload)
    }
}
