//! Messages of all kinds that the broker takes.

use std::iter;

use fastrand::Rng;

use crate::{
    caller::CONTROL,
    raw::{Properties, long, property, short},
    stage::QUEUE,
};

/// The most bytes of a short string.
const SHORT: usize = 255;

/// The largest body. Frames are of at most 128 KiB.
const LARGE: usize = 300_000;

/// How deep the headers may be nested at random, and now and then on purpose.
const DEPTH: usize = 4;
const DEEP: usize = 5_000;

/// Names that only the broker may make, and does not, for callers without a reply queue.
const DIRECT_REPLY_TO: [&str; 5] = [
    "amq.rabbitmq.reply-to.",
    "amq.rabbitmq.reply-to.%",
    "amq.rabbitmq.reply-to.g2dkAA",
    "amq.rabbitmq.reply-to.g2dkAA.a",
    "amq.rabbitmq.reply-to.a.b.c",
];

/// A message, and what must come of it.
pub(super) struct Message {
    pub(super) exchange: &'static str,
    pub(super) routing_key: Vec<u8>,
    pub(super) properties: Properties,
    pub(super) body: Vec<u8>,
    /// The correlation id under which it must be answered.
    pub(super) answered: Option<String>,
}

/// Messages one after the other, the same for the same seed.
pub(super) struct Messages {
    rng: Rng,
    reply_queue: String,
    count: u64,
}

impl Messages {
    pub(super) fn new(seed: u64, reply_queue: &str) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            reply_queue: reply_queue.to_owned(),
            count: 0,
        }
    }

    pub(super) fn next(&mut self) -> Message {
        self.count += 1;
        let (exchange, routing_key) = match self.rng.u8(..10) {
            0 => (CONTROL, self.short()),
            1..4 => (QUEUE, self.short()),
            _ => ("", QUEUE.into()),
        };
        let (expiration, may_expire) = self.expiration();
        let mut properties = self.other_properties();
        if let Some(expiration) = expiration {
            properties = properties.short(property::EXPIRATION, expiration);
        }
        let usable = self.rng.u8(..10) < 6;
        let id = self.id();
        let properties = if usable {
            properties
                .short(property::CORRELATION_ID, &id)
                .short(property::REPLY_TO, &self.reply_queue)
        } else {
            self.address(properties)
        };
        Message {
            exchange,
            routing_key,
            properties,
            body: self.body(),
            answered: (usable && !may_expire && exchange != CONTROL).then_some(id),
        }
    }

    /// A correlation id of its own, of up to 255 bytes.
    fn id(&mut self) -> String {
        let mut id = format!("call {} ", self.count);
        if self.rng.bool() {
            let length = if self.rng.bool() {
                SHORT
            } else {
                self.rng.usize(..SHORT)
            };
            // Not the substitute, which would make the id one that was damaged.
            let mut char = || self.rng.char('\u{20}'..);
            while id.len() < length {
                let char = char();
                id.push(if id.len() + char.len_utf8() > SHORT {
                    '.'
                } else {
                    char
                });
            }
        }
        id
    }

    /// A reply queue and a correlation id that may be of no use.
    fn address(&mut self, mut properties: Properties) -> Properties {
        let reply_to = match self.rng.u8(..7) {
            0 => self.reply_queue.clone().into(),
            1 => QUEUE.into(),
            2 => DIRECT_REPLY_TO[self.rng.usize(..DIRECT_REPLY_TO.len())].into(),
            3 => vec![b'x'; SHORT],
            4 => b"no such queue".to_vec(),
            5 => self.short(),
            _ => Vec::new(),
        };
        if self.rng.u8(..5) > 0 {
            properties = properties.short(property::REPLY_TO, reply_to);
        }
        if self.rng.bool() {
            properties = properties.short(property::CORRELATION_ID, self.short());
        }
        properties
    }

    /// The broker takes whole milliseconds; what may have expired need not be answered.
    fn expiration(&mut self) -> (Option<&'static str>, bool) {
        match self.rng.u8(..20) {
            0 => (Some("0"), true),
            1 => (Some("1"), true),
            2 => (Some("600000"), false),
            3 => (Some("4294967295"), false),
            _ => (None, false),
        }
    }

    fn other_properties(&mut self) -> Properties {
        let mut properties = Properties::default();
        for text in [
            property::CONTENT_ENCODING,
            property::MESSAGE_ID,
            property::APP_ID,
            property::CLUSTER_ID,
        ] {
            if self.rng.u8(..4) == 0 {
                properties = properties.short(text, self.short());
            }
        }
        match self.rng.u8(..4) {
            0 => properties = properties.short(property::CONTENT_TYPE, self.short()),
            1 => properties = properties.short(property::CONTENT_TYPE, "application/json"),
            _ => {}
        }
        match self.rng.u8(..4) {
            0 => properties = properties.short(property::TYPE, self.short()),
            1 => {
                let kinds = ["fibonacci", "ping", "cancel", "result", "pong", ""];
                let kind = kinds[self.rng.usize(..kinds.len())];
                properties = properties.short(property::TYPE, kind);
            }
            _ => {}
        }
        if self.rng.u8(..4) == 0 {
            properties = properties.octets(property::PRIORITY, [self.rng.u8(..)]);
        }
        if self.rng.u8(..4) == 0 {
            properties = properties.octets(property::DELIVERY_MODE, [self.rng.u8(1..=2)]);
        }
        if self.rng.u8(..4) == 0 {
            let timestamp = self.rng.u64(..).to_be_bytes();
            properties = properties.octets(property::TIMESTAMP, timestamp);
        }
        match self.rng.u8(..100) {
            0 => {
                let deep = iter::repeat_n((), DEEP).fold(b"V".to_vec(), |inner, ()| {
                    [b"A", &long(&inner)[..]].concat()
                });
                properties.headers(&[&short("deep")[..], &deep].concat())
            }
            1..50 => {
                let table = self.table(DEPTH);
                properties.headers(&table)
            }
            _ => properties,
        }
    }

    fn table(&mut self, deeper: usize) -> Vec<u8> {
        let mut table = Vec::new();
        for _ in 0..self.rng.u8(..5) {
            let name = match self.rng.u8(..8) {
                0 => b"x-progress-ms".to_vec(),
                1 => b"traceparent".to_vec(),
                _ => self.short(),
            };
            table.extend(short(name));
            table.extend(self.value(deeper));
        }
        table
    }

    /// A value of any type that the broker knows. It refuses floats that are no numbers.
    fn value(&mut self, deeper: usize) -> Vec<u8> {
        let kinds = if deeper == 0 {
            &b"tbBsuIilfdDTVSx"[..]
        } else {
            b"tbBsuIilfdDTVSxFA"
        };
        let kind = kinds[self.rng.usize(..kinds.len())];
        let value = match kind {
            b'f' => (self.rng.f32() * 1e9).to_be_bytes().to_vec(),
            b'd' => (self.rng.f64() * 1e99).to_be_bytes().to_vec(),
            b'S' | b'x' => {
                let length = self.rng.usize(..300);
                long(self.bytes(length))
            }
            b'F' => long(self.table(deeper - 1)),
            b'A' => {
                let count = self.rng.u8(..4);
                let values: Vec<_> = (0..count).flat_map(|_| self.value(deeper - 1)).collect();
                long(values)
            }
            b'V' => Vec::new(),
            b't' | b'b' | b'B' => self.bytes(1),
            b's' | b'u' => self.bytes(2),
            b'I' | b'i' => self.bytes(4),
            b'D' => self.bytes(5),
            _ => self.bytes(8),
        };
        [&[kind], &value[..]].concat()
    }

    fn body(&mut self) -> Vec<u8> {
        match self.rng.u8(..12) {
            0 => Vec::new(),
            1 => self.rng.i64(..).to_string().into(),
            2 => self.rng.f64().to_string().into(),
            3 => "[".repeat(self.rng.usize(..10_000)).into(),
            4 => format!("{:?}", self.id()).into(),
            5 if self.rng.u8(..10) == 0 => {
                let length = self.rng.usize(..LARGE);
                self.bytes(length)
            }
            6..9 => {
                let length = self.rng.usize(..100);
                self.bytes(length)
            }
            _ => self.rng.u8(..=20).to_string().into(),
        }
    }

    /// A short string: UTF-8 or any bytes, of any length.
    fn short(&mut self) -> Vec<u8> {
        match self.rng.u8(..4) {
            0 => self.id().into(),
            1 => vec![0xff; SHORT],
            _ => {
                let length = self.rng.usize(..=SHORT);
                self.bytes(length)
            }
        }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        iter::repeat_with(|| self.rng.u8(..)).take(count).collect()
    }
}
