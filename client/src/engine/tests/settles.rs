//! The promise: whatever happens, each call settles exactly once, and by its deadline.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Something that can happen to a client.
#[derive(Clone, Debug)]
enum Happening {
    Call { idempotent: bool, deadline: u64 },
    Cancel { which: usize },
    Pass { ms: u64 },
    Open,
    Close { code: u16 },
    Receive(Vec<Message>),
    LeaveForGood,
}

/// Something that the broker, or a liar in its place, can send.
#[derive(Clone, Debug)]
enum Message {
    Connected,
    Subscribed,
    Refused,
    Error,
    Reply { which: usize },
    Bounce { which: usize },
    TooLarge { which: usize },
    Bytes(Vec<u8>),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (any::<bool>(), 0u64..40_000)
            .prop_map(|(idempotent, deadline)| Happening::Call { idempotent, deadline }),
        1 => (0usize..50).prop_map(|which| Happening::Cancel { which }),
        6 => (0u64..20_000).prop_map(|ms| Happening::Pass { ms }),
        6 => Just(Happening::Open),
        2 => (1000u16..1012).prop_map(|code| Happening::Close { code }),
        20 => prop::collection::vec(message(), 1..4).prop_map(Happening::Receive),
        1 => Just(Happening::LeaveForGood),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        8 => Just(Message::Connected),
        8 => Just(Message::Subscribed),
        1 => Just(Message::Refused),
        1 => Just(Message::Error),
        6 => (0usize..50).prop_map(|which| Message::Reply { which }),
        2 => (0usize..50).prop_map(|which| Message::Bounce { which }),
        1 => (0usize..50).prop_map(|which| Message::TooLarge { which }),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(Message::Bytes),
    ]
}

/// The calls that were made, and when each must have settled at the latest.
#[derive(Default)]
struct Made {
    calls: Vec<(Uuid, Duration)>,
    cancelled: Vec<Uuid>,
}

impl Made {
    fn id(&self, which: usize) -> Uuid {
        self.calls.get(which).map_or(Uuid::nil(), |(id, _)| *id)
    }
}

fn happen(world: &mut World, made: &mut Made, happening: &Happening) {
    match *happening {
        Happening::Call {
            idempotent,
            deadline,
        } => {
            let deadline = ms(deadline);
            let due = world.now + deadline;
            let id = world.call(Request {
                idempotent,
                ..within(deadline)
            });
            made.calls.push((id, due));
        }
        Happening::Cancel { which } => {
            let id = made.id(which);
            if !world.settled.iter().any(|(settled, _)| *settled == id) {
                made.cancelled.push(id);
            }
            world.cancel(id);
        }
        Happening::Pass { ms: time } => world.pass(ms(time)),
        Happening::Open => {
            if world.socket {
                world.opened();
            }
        }
        Happening::Close { code } => {
            if world.socket {
                world.closed(code, "");
            }
        }
        Happening::Receive(ref messages) => {
            if world.socket {
                // All of it makes one WebSocket message: each may end what the one before began.
                let mut bytes = Vec::new();
                for message in messages {
                    message.encode(made, &mut bytes);
                }
                world.receive_bytes(&bytes);
            }
        }
        Happening::LeaveForGood => {
            world.engine.close(world.now);
            world.drain();
        }
    }
}

impl Message {
    fn encode(&self, made: &Made, out: &mut Vec<u8>) {
        let frame = match self {
            Self::Connected => connected("10000,10000"),
            Self::Subscribed => subscribed(),
            Self::Refused => error_frame("Bad CONNECT", "Access refused"),
            Self::Error => error_frame("not_found", ""),
            Self::Reply { which } => result(made.id(*which), "1"),
            Self::Bounce { which } => {
                super::message(BOUNCE_SUBSCRIPTION, &made.id(*which).to_string())
            }
            Self::TooLarge { which } => {
                let id = made.id(*which);
                let head = format!(
                    "MESSAGE\nsubscription:x\ncorrelation-id:{id}\ncontent-length:99999999\n\n"
                );
                return out.extend(head.bytes());
            }
            Self::Bytes(bytes) => return out.extend(bytes),
        };
        encode(&frame, out);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn each_call_settles_exactly_once_and_by_its_deadline(
        happenings in prop::collection::vec(happening(), 0..120)
    ) {
        let mut world = World::new(Config::default());
        world.engine.watch_workers(world.now, true);
        let mut made = Made::default();
        let check = |world: &World, made: &Made| {
            let mut outcomes: HashMap<Uuid, usize> = HashMap::new();
            for (id, _) in &world.settled {
                *outcomes.entry(*id).or_default() += 1;
            }
            for (id, due) in &made.calls {
                let count = outcomes.get(id).copied().unwrap_or(0);
                if made.cancelled.contains(id) {
                    prop_assert_eq!(count, 0, "{} was cancelled", id);
                } else if *due <= world.now {
                    prop_assert_eq!(count, 1, "{} was due at {:?}", id, due);
                } else {
                    prop_assert!(count <= 1, "{} settled {} times", id, count);
                }
            }
            Ok(())
        };
        for happening in &happenings {
            happen(&mut world, &mut made, happening);
            // A deadline that is due right now is the timer's to notice.
            world.pass(ms(0));
            check(&world, &made)?;
        }
        world.pass(ms(40_000));
        check(&world, &made)?;
        prop_assert!(world.engine.calls.len() == 0, "nothing is left behind");
    }
}
