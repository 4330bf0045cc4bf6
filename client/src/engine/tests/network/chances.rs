//! What can happen, and how likely it is.

use proptest::{prelude::*, sample::Index};

use crate::Policy;

/// Something that happens, in the order in which it does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Call {
        idempotent: bool,
        policy: Policy,
        deadline: u64,
        progress: bool,
    },
    Cancel(Index),
    Pass(u64),
    /// The connection is closed, with this code.
    Close(u16),
    /// Nothing comes through any more, and nobody is told.
    Cut,
    /// The next so many tries to connect fail.
    Refuse(u8),
    /// So many workers are there from now on.
    Workers(usize),
    /// The queue has no leader from now on, so that requests are dropped, or has one again.
    Leaderless(bool),
    Wake,
}

/// What becomes of something that the client sends.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// It is answered after this time.
    Answered(u64),
    Lost,
    /// It is answered twice, after these times.
    Doubled(u64, u64),
    /// It is answered after this time, be it on a later connection, whose broker is none.
    Astray(u64),
    /// The broker gives it back for this reason.
    Bounced(&'static str),
    /// It is answered by what cannot be read.
    Garbled,
    /// The broker closes the connection instead.
    Fatal,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let policy = prop_oneof![Just(Policy::FailFast), Just(Policy::WaitForWorker)];
    prop_oneof![
        8 => (any::<bool>(), policy, 1u64..20_000, any::<bool>()).prop_map(
            |(idempotent, policy, deadline, progress)| Step::Call {
                idempotent,
                policy,
                deadline,
                progress,
            }
        ),
        2 => any::<Index>().prop_map(Step::Cancel),
        8 => prop_oneof![0u64..20, 0u64..2_000, 0u64..40_000].prop_map(Step::Pass),
        1 => prop_oneof![Just(1000), Just(1006), Just(1011)].prop_map(Step::Close),
        1 => Just(Step::Cut),
        1 => (1u8..4).prop_map(Step::Refuse),
        2 => (0usize..3).prop_map(Step::Workers),
        1 => any::<bool>().prop_map(Step::Leaderless),
        1 => Just(Step::Wake),
    ]
}

pub(super) fn fate() -> impl Strategy<Value = Fate> {
    let reason = prop_oneof![Just("expired"), Just("maxlen"), Just("rejected")];
    prop_oneof![
        20 => (0u64..3_000).prop_map(Fate::Answered),
        2 => Just(Fate::Lost),
        2 => (0u64..3_000, 0u64..3_000).prop_map(|(first, then)| Fate::Doubled(first, then)),
        1 => (0u64..10_000).prop_map(Fate::Astray),
        1 => reason.prop_map(Fate::Bounced),
        1 => Just(Fate::Garbled),
        1 => Just(Fate::Fatal),
    ]
}
