//! How latencies are spread: ranks, and a histogram whose buckets are as wide as they are far.

/// Into how many buckets each doubling of the latency is divided: each is some 10 % wide.
const BUCKETS_PER_OCTAVE: u32 = 8;

/// The finest step of an axis of latencies, as a part of a doubling.
const STEPS_PER_OCTAVE: u32 = 256;

/// How many steps a bucket is wide.
pub(crate) const STEPS_PER_BUCKET: u32 = STEPS_PER_OCTAVE / BUCKETS_PER_OCTAVE;

/// The latency that `percent` of all are not above, by nearest rank. It reorders the latencies, of
/// which there must be one.
pub(crate) fn nearest_rank(latencies: &mut [u32], percent: usize) -> u32 {
    let rank = (latencies.len() * percent).div_ceil(100).max(1);
    let (_, found, _) = latencies.select_nth_unstable(rank - 1);
    *found
}

/// Where a latency stands on a logarithmic axis, in whole steps: 256 for each doubling, with
/// straight lines between the powers of two. It does without floating-point logarithms, and puts
/// buckets and marks on the same axis.
pub(crate) fn axis_position(micros: u32) -> u32 {
    let micros = micros.max(1);
    let octave = micros.ilog2();
    let above = u64::from(micros) - (1 << octave);
    octave * STEPS_PER_OCTAVE + ((above * u64::from(STEPS_PER_OCTAVE)) >> octave) as u32
}

/// How many latencies fall into each bucket of the axis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// From the shortest possible latency to the longest that there is.
    counts: Vec<u32>,
}

impl Histogram {
    /// Counts a latency.
    pub(crate) fn add(&mut self, micros: u32) {
        let bucket = (axis_position(micros) / STEPS_PER_BUCKET) as usize;
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
    }

    /// The buckets that are not empty: each one's number, and how many latencies it has.
    pub(crate) fn buckets(&self) -> impl DoubleEndedIterator<Item = (u32, u32)> {
        let counts = self.counts.iter().enumerate();
        counts
            .filter(|(_, count)| **count > 0)
            .map(|(bucket, count)| (bucket as u32, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_exact_and_none_lies_between_two_latencies() {
        // In no order, as replies come.
        let mut hundred: Vec<u32> = (1..=100).map(|i| i * 37 % 101).collect();
        for (percent, expected) in [(1, 1), (50, 50), (90, 90), (99, 99), (100, 100)] {
            assert_eq!(nearest_rank(&mut hundred, percent), expected);
        }
        let cases: [(&[u32], [u32; 3]); 4] = [
            (&[7], [7, 7, 7]),
            (&[2, 1], [1, 2, 2]),
            (&[3, 1, 2], [2, 3, 3]),
            (&[5, 5, 5, 9], [5, 9, 9]),
        ];
        for (latencies, expected) in cases {
            let ranks = [50, 90, 99].map(|percent| nearest_rank(&mut latencies.to_vec(), percent));
            assert_eq!(ranks, expected, "{latencies:?}");
        }
    }

    #[test]
    fn the_axis_grows_with_the_latency_by_the_same_step_for_each_doubling() {
        let cases = [
            (0, 0),
            (1, 0),
            (2, 256),
            (3, 384),
            (4, 512),
            (1_024, 2_560),
            (1_536, 2_688),
            (u32::MAX, 32 * 256 - 1),
        ];
        for (micros, expected) in cases {
            assert_eq!(axis_position(micros), expected, "{micros} µs");
        }
        let positions = (0..5_000).map(axis_position);
        assert!(positions.is_sorted());
    }

    #[test]
    fn latencies_fall_into_buckets_an_eighth_of_a_doubling_wide() {
        let mut histogram = Histogram::default();
        for micros in [1_024, 1_151, 1_152, 2_047, 2_048, 1_024] {
            histogram.add(micros);
        }
        let buckets: Vec<_> = histogram.buckets().collect();
        assert_eq!(buckets, [(80, 3), (81, 1), (87, 1), (88, 1)]);
        histogram.add(u32::MAX);
        histogram.add(0);
        assert_eq!(histogram.buckets().next(), Some((0, 1)));
        assert_eq!(histogram.buckets().next_back(), Some((255, 1)));
    }
}
