//! How long a ping takes, to the first worker that answers and back.

use std::{sync::Arc, time::Duration};

use warren_client::{Direction, WireFrame};
use warren_contract::MessageType;

/// The pings that go over the wire, and the first answer to each.
#[derive(Debug, Default)]
pub(super) struct Ping {
    /// The last one, unless it was answered.
    asked: Option<Arc<WireFrame>>,
    /// How long the last one took that was answered.
    pub(super) round_trip: Option<Duration>,
}

impl Ping {
    /// Takes note of what went over the wire.
    pub(super) fn take(&mut self, frame: &Arc<WireFrame>) {
        let is = |kind: MessageType| frame.headers.get("type") == Some(kind.as_str());
        match frame.direction {
            Direction::Sent if is(MessageType::Ping) => self.asked = Some(Arc::clone(frame)),
            Direction::Received if is(MessageType::Pong) => {
                let answered = self.asked.take_if(|asked| id(asked) == id(frame));
                if let Some(asked) = answered {
                    self.round_trip = Some(frame.at.saturating_duration_since(asked.at));
                }
            }
            Direction::Sent | Direction::Received => {}
        }
    }
}

fn id(frame: &WireFrame) -> Option<&str> {
    frame.headers.get("correlation-id")
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use warren_client::WireKind;

    use super::*;

    /// Lets frames go over the wire, each as `direction type id` at its millisecond, and says how
    /// many milliseconds the last answered ping took.
    fn round_trip(frames: &[(u64, Direction, &str, &str)]) -> Option<u128> {
        let start = Instant::now();
        let mut ping = Ping::default();
        for &(at, direction, kind, id) in frames {
            let headers = [("type", kind), ("correlation-id", id)];
            ping.take(&Arc::new(WireFrame {
                direction,
                at: start + Duration::from_millis(at),
                bytes: 0,
                kind: WireKind::HeartBeat,
                headers: headers.into_iter().collect(),
                body: Vec::new(),
                body_bytes: 0,
            }));
        }
        ping.round_trip.map(|took| took.as_millis())
    }

    #[test]
    fn the_first_worker_that_answers_counts() {
        let (sent, received) = (Direction::Sent, Direction::Received);
        let (asked, hare, rabbit) = (
            (0, sent, "ping", "a"),
            (3, received, "pong", "a"),
            (9, received, "pong", "a"),
        );
        assert_eq!(round_trip(&[asked]), None);
        assert_eq!(round_trip(&[asked, hare, rabbit]), Some(3));
    }

    #[test]
    fn only_pongs_to_the_last_ping_count() {
        let (sent, received) = (Direction::Sent, Direction::Received);
        let others = [
            (0, sent, "ping", "a"),
            (1, received, "ping", "a"),
            (2, received, "result", "a"),
            (3, received, "pong", "b"),
        ];
        assert_eq!(round_trip(&others), None);
        let late = [
            (0, sent, "ping", "a"),
            (100, sent, "ping", "b"),
            (101, received, "pong", "a"),
            (102, received, "pong", "b"),
        ];
        assert_eq!(round_trip(&late), Some(2));
    }
}
