//! Heart-beat periods (specification, section "Heart-beating").

use std::time::Duration;

/// How often each side shows that it is alive. Zero means never.
///
/// In a [`SessionConfig`](super::SessionConfig) it is what we can and want; in
/// [`Event::Connected`](super::Event::Connected) it is what was agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeartBeat {
    /// The longest time that we send nothing.
    pub send: Duration,
    /// The longest time that the server sends nothing.
    pub receive: Duration,
}

impl HeartBeat {
    /// The value of a `heart-beat` header that offers this.
    pub(super) fn to_header(self) -> String {
        format!("{},{}", self.send.as_millis(), self.receive.as_millis())
    }

    /// Reads a peer's `heart-beat` header: what *it* can send and wants to receive.
    pub(super) fn from_header(value: &str) -> Option<Self> {
        let (send, receive) = value.split_once(',')?;
        Some(Self {
            send: millis(send)?,
            receive: millis(receive)?,
        })
    }

    /// What we and the peer agree on: for each direction, the slower of what its sender can and
    /// what its receiver wants, and nothing if either says zero.
    pub(super) fn agree(self, peer: Self) -> Self {
        Self {
            send: slower(self.send, peer.receive),
            receive: slower(peer.send, self.receive),
        }
    }
}

fn slower(can: Duration, wants: Duration) -> Duration {
    if can.is_zero() || wants.is_zero() {
        Duration::ZERO
    } else {
        can.max(wants)
    }
}

fn millis(digits: &str) -> Option<Duration> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let millis = digits.parse().ok().filter(|_| plain)?;
    Some(Duration::from_millis(millis))
}
