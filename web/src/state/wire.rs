//! What went over the wire, newest first.

use std::{collections::VecDeque, rc::Rc, sync::Arc};

use uuid::Uuid;
use warren_client::{Direction, WireFrame, WireKind, engine::BOUNCE_SUBSCRIPTION};
use warren_contract::{MessageType, header};

use super::Timestamp;

/// How many frames are remembered.
const REMEMBERED: usize = 2_000;

/// How many of them may be heart-beats, and pings and their answers, which go on when nothing else
/// happens and are not to push the calls' frames out.
const BACKGROUND: usize = 400;

/// What a frame means for calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A call's request.
    Request {
        /// Whether the worker is asked to tell when it begins.
        told: bool,
    },
    /// A call is given up.
    Cancel,
    /// A worker began to compute.
    Started,
    /// A worker tells how far it is.
    Progress,
    /// A call's result, or its fault.
    Reply,
    /// What could not be served comes back.
    Bounce,
    /// The workers are asked who is there, one answers, or nobody does; or it is a heart-beat.
    Background,
    /// All else, which belongs to the connection.
    Other,
}

/// A frame in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WireEntry {
    /// Its number on this page, from 1.
    pub(crate) number: u64,
    /// When it went.
    pub(crate) at: Timestamp,
    /// What it means.
    pub(crate) meaning: Meaning,
    /// The call that it belongs to.
    pub(crate) call: Option<Uuid>,
    /// The frame.
    pub(crate) frame: Arc<WireFrame>,
}

/// Which frames are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WireFilter {
    /// Which kinds.
    pub(crate) scope: WireScope,
    /// What they must contain, whatever the case of its letters; nothing in particular if empty.
    pub(crate) text: String,
}

/// Which kinds of frames are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WireScope {
    /// All but those of the background.
    #[default]
    Foreground,
    /// Those of the call that is looked at.
    Selected,
    /// All.
    All,
}

/// The frames that are remembered.
#[derive(Clone, Debug, Default)]
pub(crate) struct WireLog {
    newest_first: VecDeque<Rc<WireEntry>>,
    last_number: u64,
    paused: bool,
    missed: u64,
}

impl WireLog {
    /// A frame went by. While paused it is only counted.
    pub(crate) fn saw(&mut self, frame: &Arc<WireFrame>, meaning: Meaning) {
        if self.paused {
            return self.missed(1);
        }
        self.last_number += 1;
        if meaning == Meaning::Background {
            self.forget_background();
        }
        self.newest_first.truncate(REMEMBERED - 1);
        self.newest_first.push_front(Rc::new(WireEntry {
            number: self.last_number,
            at: Timestamp::of(frame.at),
            meaning,
            call: match meaning {
                Meaning::Background | Meaning::Other => None,
                _ => header_of(frame, "correlation-id").and_then(|id| id.parse().ok()),
            },
            frame: frame.clone(),
        }));
    }

    /// Makes room for one more heart-beat, ping or answer.
    fn forget_background(&mut self) {
        let is_background = |entry: &&Rc<WireEntry>| entry.meaning == Meaning::Background;
        if self.newest_first.iter().filter(is_background).count() < BACKGROUND {
            return;
        }
        let mut entries = self.newest_first.iter();
        if let Some(oldest) = entries.rposition(|entry| is_background(&entry)) {
            self.newest_first.remove(oldest);
        }
    }

    /// So many frames went by and were not noted.
    pub(crate) fn missed(&mut self, frames: u64) {
        self.missed += frames;
    }

    /// How many frames were not noted, since the log was last cleared.
    pub(crate) const fn count_missed(&self) -> u64 {
        self.missed
    }

    /// Whether nothing is noted for now.
    pub(crate) const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Notes nothing for now, or goes on.
    pub(crate) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Forgets all frames.
    pub(crate) fn clear(&mut self) {
        self.newest_first.clear();
        self.missed = 0;
    }

    /// The frames that the filter takes, newest first, while the call `selected` is looked at.
    pub(crate) fn shown(&self, filter: &WireFilter, selected: Option<Uuid>) -> Rc<[Rc<WireEntry>]> {
        let takes = |entry: &&Rc<WireEntry>| {
            let in_scope = match filter.scope {
                WireScope::Foreground => entry.meaning != Meaning::Background,
                WireScope::Selected => entry.call.is_some() && entry.call == selected,
                WireScope::All => true,
            };
            in_scope && entry.contains(&filter.text)
        };
        self.newest_first.iter().filter(takes).cloned().collect()
    }
}

impl Meaning {
    /// What the frame means.
    pub(crate) fn of(frame: &WireFrame) -> Self {
        if frame.kind == WireKind::HeartBeat {
            return Self::Background;
        }
        let kind = header_of(frame, "type").and_then(|kind| kind.parse().ok());
        match (command(frame), kind) {
            ("SEND" | "MESSAGE", Some(MessageType::Ping | MessageType::Pong)) => Self::Background,
            ("SEND", Some(MessageType::Cancel)) => Self::Cancel,
            ("SEND", _) => Self::Request {
                told: header_of(frame, header::PROGRESS_MS).is_some(),
            },
            ("MESSAGE", _) if header_of(frame, "subscription") == Some(BOUNCE_SUBSCRIPTION) => {
                Self::Bounce
            }
            ("MESSAGE", Some(MessageType::Started)) => Self::Started,
            ("MESSAGE", Some(MessageType::Progress)) => Self::Progress,
            ("MESSAGE", _) => Self::Reply,
            _ => Self::Other,
        }
    }
}

impl WireEntry {
    /// The command, or what stands for one.
    pub(crate) fn command(&self) -> &str {
        command(&self.frame)
    }

    /// Whether it was sent by this page.
    pub(crate) fn is_sent(&self) -> bool {
        self.frame.direction == Direction::Sent
    }

    /// What it is, in words.
    pub(crate) fn words(&self) -> String {
        if let WireKind::Unreadable(why) = &self.frame.kind {
            return why.clone();
        }
        let header = |name| header_of(&self.frame, name).unwrap_or_default();
        let kind = header("type");
        let body = String::from_utf8_lossy(&self.frame.body);
        let to = target(header("destination"));
        match self.meaning {
            Meaning::Request { .. } => join(&["request", kind, &body, "to", to]),
            Meaning::Background | Meaning::Cancel if !to.is_empty() && self.is_sent() => {
                join(&[kind, "to", to])
            }
            Meaning::Bounce => {
                let reason = header(header::FIRST_DEATH_REASON);
                let reason = if reason.is_empty() {
                    "nobody takes it"
                } else {
                    reason
                };
                join(&[kind, "comes back:", reason])
            }
            Meaning::Other => ["login", "server", "destination", "message", "receipt-id"]
                .map(header)
                .into_iter()
                .find(|value| !value.is_empty())
                .unwrap_or_default()
                .to_owned(),
            _ => {
                let worker = header(header::WORKER);
                let from = if worker.is_empty() { "" } else { "from" };
                let body = if kind == "pong" { "" } else { &body };
                join(&[kind, body, from, worker])
            }
        }
    }

    /// The frame as text, much as it was on the wire.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", self.command());
        for (name, value) in self.frame.headers.iter() {
            text.extend([name, ":", value, "\n"]);
        }
        text.push('\n');
        text.push_str(&String::from_utf8_lossy(&self.frame.body));
        if self.frame.body.len() < self.frame.body_bytes {
            text.push('…');
        }
        text
    }

    fn contains(&self, text: &str) -> bool {
        text.is_empty()
            || [self.words(), self.text()].iter().any(|whole| {
                let mut parts = whole.as_bytes().windows(text.len());
                parts.any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
            })
    }
}

fn command(frame: &WireFrame) -> &str {
    match &frame.kind {
        WireKind::Frame(command) => command.as_str(),
        WireKind::HeartBeat => "heart-beat",
        WireKind::Unreadable(_) => "no frame",
    }
}

fn header_of<'a>(frame: &'a WireFrame, name: &str) -> Option<&'a str> {
    frame.headers.get(name)
}

/// What there is of these, with spaces between.
fn join(parts: &[&str]) -> String {
    let parts = parts.iter().copied().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

/// The exchange or queue that a destination names.
fn target(destination: &str) -> &str {
    let known = ["/exchange/", "/amq/queue/"];
    let name = known
        .into_iter()
        .find_map(|prefix| destination.strip_prefix(prefix))
        .unwrap_or(destination);
    name.split('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
