//! Acknowledgements, several in one frame where that says the same.

use std::{
    collections::BTreeSet,
    mem::take,
    sync::{Mutex, MutexGuard},
};

/// The deliveries of one channel that are to be settled, by their tags.
///
/// A frame may acknowledge all deliveries up to a tag: the fewer frames, the less the broker works.
#[derive(Debug, Default)]
pub(super) struct Acks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// As many as the broker hands out, at most.
    unsettled: BTreeSet<u64>,
    /// To be acknowledged with the next frames.
    pending: BTreeSet<u64>,
}

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ack {
    pub(super) tag: u64,
    /// Whether it is for all deliveries up to this one.
    pub(super) multiple: bool,
}

impl Acks {
    /// A delivery came.
    pub(super) fn deliver(&self, tag: u64) {
        self.lock().unsettled.insert(tag);
    }

    /// A delivery is settled in another way.
    pub(super) fn settle(&self, tag: u64) {
        self.lock().unsettled.remove(&tag);
    }

    /// A delivery is to be acknowledged with the next frames.
    pub(super) fn push(&self, tag: u64) {
        let mut state = self.lock();
        if state.unsettled.remove(&tag) {
            state.pending.insert(tag);
        }
    }

    /// The frames that acknowledge all that was pushed: as few as do not acknowledge anything else.
    pub(super) fn take(&self) -> Vec<Ack> {
        let mut state = self.lock();
        let mut single = take(&mut state.pending);
        let mut acks = Vec::new();
        if let Some(first_unsettled) = state.unsettled.first() {
            let later = single.split_off(first_unsettled);
            acks.extend(Self::up_to(&single));
            acks.extend(later.into_iter().map(|tag| Ack {
                tag,
                multiple: false,
            }));
        } else {
            acks.extend(Self::up_to(&single));
        }
        acks
    }

    /// The frame for tags before which nothing is unsettled.
    fn up_to(tags: &BTreeSet<u64>) -> Option<Ack> {
        let tag = *tags.last()?;
        let multiple = tags.len() > 1;
        Some(Ack { tag, multiple })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("keeping tags does not panic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_few_frames_as_possible_acknowledge_what_was_pushed_and_nothing_else() {
        // What is settled otherwise, what is acknowledged at a time, and the frames; `..` are for
        // all up to a tag.
        let cases = [
            (vec![], vec![vec![1]], "1"),
            (vec![], vec![vec![3, 1, 2]], "..3"),
            (vec![], vec![vec![2, 3]], "2 3"),
            (vec![], vec![vec![2, 3], vec![1]], "2 3 1"),
            (vec![], vec![vec![2, 3], vec![1, 4]], "2 3 ..4"),
            (vec![], vec![vec![1, 2, 4], vec![3, 5]], "..2 4 ..5"),
            (vec![1, 3], vec![vec![2, 4]], "..4"),
        ];
        for (otherwise, pushed, expected) in cases {
            let acks = Acks::default();
            (1..=5).for_each(|tag| acks.deliver(tag));
            otherwise.iter().for_each(|tag| acks.settle(*tag));
            let mut frames = Vec::new();
            for tags in &pushed {
                for tag in tags {
                    acks.push(*tag);
                }
                frames.extend(acks.take());
            }
            let frames: Vec<_> = frames
                .iter()
                .map(|ack| format!("{}{}", if ack.multiple { ".." } else { "" }, ack.tag))
                .collect();
            assert_eq!(frames.join(" "), expected, "{otherwise:?} {pushed:?}");
            assert_eq!(acks.take(), []);
        }
    }
}
