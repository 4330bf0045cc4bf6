//! What requests and replies look like as STOMP frames.
//!
//! Headers and destinations: <https://www.rabbitmq.com/docs/stomp#d>.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use uuid::Uuid;
use warren_contract::{
    BOUNCE_EXCHANGE, Code, Fault, MessageType, Pong, Progress, Topology, UnknownMessageType, header,
};
use warren_stomp::{Command, Frame};

use super::calls::Pending;
use crate::{CallError, Config, Mode, Reply, Times, version::rabbitmq_version};

/// The one temporary queue of a connection, to which all its replies come. The broker declares it
/// for the first request, and subscribes us to it under this very name.
pub(crate) const REPLY_QUEUE: &str = "/temp-queue/rpc";

/// The id of the subscription to what bounces.
pub const BOUNCE_SUBSCRIPTION: &str = "bounce";

/// How much of an unreadable reply is shown, in characters.
const SHOWN_CHARACTERS: usize = 200;

/// A reply whose value is still JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawReply {
    /// The procedure's response as JSON.
    pub body: Vec<u8>,
    /// The worker's name, if it gave one.
    pub worker: Option<String>,
    /// How long the handler ran, if the worker said so.
    pub compute: Option<Duration>,
    /// From sending the request to receiving the reply.
    pub round_trip: Duration,
    /// Where its time went, as far as that is known.
    pub times: Option<Times>,
}

impl RawReply {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`CallError::UnreadableReply`] if the body is not the JSON of a `T`.
    pub fn decode<T: DeserializeOwned>(self) -> Result<Reply<T>, CallError> {
        match serde_json::from_slice(&self.body) {
            Ok(value) => Ok(Reply {
                value,
                worker: self.worker,
                compute: self.compute,
                round_trip: self.round_trip,
                times: self.times,
            }),
            Err(error) => Err(unreadable(&error, &self.body)),
        }
    }
}

/// A message, understood.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A worker's reply to the call `id`. How long it took is not known here.
    Reply {
        id: Uuid,
        outcome: Result<RawReply, CallError>,
    },
    /// A worker began to compute the call `id`, or tells how far it is.
    Progress {
        id: Uuid,
        worker: Option<String>,
        progress: Option<Progress>,
    },
    /// The request of the call `id`, come back from the broker.
    Bounce { id: Uuid, reason: Option<String> },
    /// A cancel, come back from the broker: there is no worker to hear it.
    NobodyToCancel,
    /// A worker's answer to the ping `id`.
    Pong { id: Uuid, pong: Pong },
    /// The ping `id`, come back from the broker: there is no worker to answer it.
    NobodyToPing { id: Uuid },
    /// None of these.
    Malformed,
}

/// The destinations of one service.
#[derive(Debug)]
pub(crate) struct Wire {
    mode: Mode,
    topology: Topology,
}

impl Wire {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            mode: config.mode,
            topology: Topology::new(&config.queue),
        }
    }

    /// Subscribes a client to its bounced messages, and asks for a receipt of the same id. `server`
    /// is what the broker says it is.
    ///
    /// An `x-queue-name` that is empty lets the broker make up the name of their queue, as it does
    /// for replies: `amq.gen-…`. Nobody can declare an exchange, or a queue that is to stay, under
    /// such a name, which a user could who may have the `stomp-subscription-…` that Web-STOMP takes
    /// otherwise. Only classic queues can be named so, whatever the virtual host's default is.
    ///
    /// From RabbitMQ 4.4 on, STOMP takes the empty name as it is, and names replies' queues
    /// `stomp.gen-…`; so is this one there, after the client, whose id nobody else knows.
    pub(crate) fn bounces(client: Uuid, server: Option<&str>) -> Frame {
        let queue = if server.is_some_and(is_native_stomp) {
            format!("stomp.gen-{client}")
        } else {
            String::new()
        };
        Frame::new(Command::Subscribe)
            .with_header("id", BOUNCE_SUBSCRIPTION)
            .with_header(
                "destination",
                &format!("/exchange/{BOUNCE_EXCHANGE}/{client}"),
            )
            .with_header("ack", "auto")
            .with_header("x-queue-name", &queue)
            .with_header("x-queue-type", "classic")
            .with_header("exclusive", "true")
            .with_header("receipt", BOUNCE_SUBSCRIPTION)
    }

    /// A call's request. `remaining` is what is left of its deadline.
    pub(super) fn request(
        &self,
        client: Uuid,
        id: Uuid,
        call: &Pending,
        remaining: Duration,
    ) -> Frame {
        let destination = self.requests(client);
        // The broker counts in whole milliseconds. Zero would mean "unless delivered at once".
        let expiration = remaining.as_nanos().div_ceil(1_000_000).max(1);
        let mut request = Frame::new(Command::Send)
            .with_header("destination", &destination)
            .with_header("reply-to", REPLY_QUEUE)
            .with_header("correlation-id", &id.to_string())
            .with_header("content-type", header::JSON)
            .with_header("expiration", &expiration.to_string())
            .with_header("type", &call.procedure)
            .with_body(call.body.clone());
        if let Some(every) = call.progress_every {
            let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
            request = request.with_header(header::PROGRESS_MS, &every.to_string());
        }
        if let Some(traceparent) = &call.traceparent {
            request = request.with_header(header::TRACEPARENT, traceparent.as_str());
        }
        request
    }

    /// The destination of a client's requests.
    pub(crate) fn requests(&self, client: Uuid) -> String {
        match self.mode {
            Mode::Warren => {
                let exchange = escape_name(self.topology.exchange());
                format!("/exchange/{exchange}/{client}")
            }
            Mode::Tutorial => format!("/amq/queue/{}", escape_name(self.topology.queue())),
        }
    }

    /// What makes a living broker say something at once, and does nothing else: it answers for
    /// requests only when they are stored, but at once for everything else.
    pub(super) fn signs_of_life() -> [Frame; 2] {
        let named = |command| Frame::new(command).with_header("transaction", "alive");
        let begin = named(Command::Begin).with_header("receipt", "alive");
        [begin, named(Command::Abort)]
    }

    /// Tells all workers that the call `id` was given up.
    pub(crate) fn cancel(&self, client: Uuid, id: Uuid) -> Frame {
        self.control(client, id, MessageType::Cancel)
    }

    /// Asks all workers to answer.
    pub(crate) fn ping(&self, client: Uuid, id: Uuid) -> Frame {
        self.control(client, id, MessageType::Ping)
            .with_header("reply-to", REPLY_QUEUE)
    }

    fn control(&self, client: Uuid, id: Uuid, message_type: MessageType) -> Frame {
        let exchange = escape_name(&self.topology.control_exchange());
        Frame::new(Command::Send)
            .with_header("destination", &format!("/exchange/{exchange}/{client}"))
            .with_header("correlation-id", &id.to_string())
            .with_header("type", message_type.as_str())
    }

    /// The call that a message belongs to, if it says so.
    pub(super) fn correlation_id(frame: &Frame) -> Option<Uuid> {
        frame.header("correlation-id")?.parse().ok()
    }

    /// Understands a message.
    pub(crate) fn read(&self, frame: Frame) -> Incoming {
        let Some(id) = Self::correlation_id(&frame) else {
            return Incoming::Malformed;
        };
        match frame.header("subscription") {
            Some(BOUNCE_SUBSCRIPTION) => match message_type(&frame) {
                Some(Ok(MessageType::Cancel)) => Incoming::NobodyToCancel,
                Some(Ok(MessageType::Ping)) => Incoming::NobodyToPing { id },
                _ => Incoming::Bounce {
                    id,
                    reason: frame.header(header::FIRST_DEATH_REASON).map(Into::into),
                },
            },
            Some(REPLY_QUEUE) => read_reply(id, frame).unwrap_or(Incoming::Malformed),
            _ => Incoming::Malformed,
        }
    }

    /// What it means for a call that its request came back, for the broker's `reason`.
    pub(super) fn bounce_error(&self, reason: Option<String>, deadline: Duration) -> CallError {
        let service = || self.topology.queue().to_owned();
        match reason.as_deref() {
            None => CallError::NoService { service: service() },
            Some("expired") => CallError::DeadlineExceeded { deadline },
            Some("maxlen") => CallError::QueueFull { service: service() },
            Some(reason) => CallError::GivenUp {
                reason: reason.to_owned(),
            },
        }
    }
}

fn message_type(frame: &Frame) -> Option<Result<MessageType, UnknownMessageType>> {
    frame.header("type").map(str::parse)
}

/// `None` if the reply is of a type that we did not ask for, or its body is not of its type.
fn read_reply(id: Uuid, frame: Frame) -> Option<Incoming> {
    let worker = frame.header(header::WORKER).map(Into::into);
    let compute = frame
        .header(header::COMPUTE_US)
        .and_then(|us| us.parse().ok())
        .map(Duration::from_micros);
    let body = match message_type(&frame) {
        None => read_tutorial_body(frame.body),
        Some(Ok(MessageType::Result)) => Ok(frame.body),
        Some(Ok(MessageType::Fault)) => Err(match Fault::from_json(&frame.body) {
            Some(fault) => CallError::Fault(fault),
            None => unreadable(&"this is no fault", &frame.body),
        }),
        Some(Ok(kind @ (MessageType::Started | MessageType::Progress))) => {
            let progress = match kind {
                MessageType::Started => None,
                _ => Some(serde_json::from_slice(&frame.body).ok()?),
            };
            return Some(Incoming::Progress {
                id,
                worker,
                progress,
            });
        }
        Some(Ok(MessageType::Pong)) => {
            let pong = serde_json::from_slice(&frame.body).ok()?;
            return Some(Incoming::Pong { id, pong });
        }
        Some(Ok(MessageType::Ping | MessageType::Cancel) | Err(_)) => return None,
    };
    let outcome = body.map(|body| RawReply {
        body,
        worker,
        compute,
        round_trip: Duration::ZERO,
        times: None,
    });
    Some(Incoming::Reply { id, outcome })
}

/// What some of the tutorials' servers put around the value.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    response: &'a RawValue,
}

/// Servers of the tutorials answer with the bare value, with `{"response":…,"error":…}`, or, when
/// they are Warren workers that take us for a tutorial's client, with `error: <message>`.
fn read_tutorial_body(body: Vec<u8>) -> Result<Vec<u8>, CallError> {
    if let Some(fault) = Fault::from_json(&body) {
        return Err(CallError::Fault(fault));
    }
    if let Some(message) = body.strip_prefix(b"error: ") {
        let message = String::from_utf8_lossy(message);
        return Err(CallError::Fault(Fault::new(Code::Internal, message)));
    }
    // An array would be taken for the fields in their order.
    if body.trim_ascii_start().starts_with(b"{")
        && let Ok(Envelope { response }) = serde_json::from_slice(&body)
    {
        return Ok(response.get().as_bytes().to_vec());
    }
    Ok(body)
}

fn unreadable(why: &dyn ToString, body: &[u8]) -> CallError {
    let text = String::from_utf8_lossy(body);
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    CallError::UnreadableReply {
        detail: why.to_string(),
        body: shown,
    }
}

/// RabbitMQ takes a `/` in a name as `%2F`, and unescapes nothing else.
fn escape_name(name: &str) -> String {
    name.replace('/', "%2F")
}

/// Whether STOMP is a protocol of the broker's own, as from RabbitMQ 4.4 on, and no longer a client
/// of AMQP 0-9-1 within it.
fn is_native_stomp(server: &str) -> bool {
    rabbitmq_version(server).is_some_and(|version| version >= (4, 4))
}
