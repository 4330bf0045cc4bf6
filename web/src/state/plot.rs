//! A histogram of latencies as it is drawn, in whole numbers.

use std::fmt::Write;

use super::latency::{Histogram, STEPS_PER_BUCKET, axis_position};

/// How high the highest bar is, in units of the picture.
pub(crate) const HEIGHT: u32 = 1_000;

/// How high a bar is at least, so that a single call in 100,000 is seen.
const MIN_HEIGHT: u32 = 12;

/// How many buckets the picture has at least: two doublings, so that calls that took almost the
/// same time do not look spread.
const MIN_BUCKETS: u32 = 16;

/// How many buckets may be labelled closely, with 1, 2 and 5 of every power of ten.
const CLOSELY: u32 = 56;

/// The last power of ten that is labelled: 100 s in microseconds.
const LAST_POWER: u32 = 100_000_000;

/// Which part of the axis is drawn, and the bars on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plot {
    /// The first bucket that is drawn.
    first: u32,
    /// How many are drawn; the picture is as many units wide.
    pub(crate) buckets: u32,
    /// The bars, in units of a bucket's width and of [`HEIGHT`].
    pub(crate) outline: String,
    /// How many calls the highest bar stands for.
    pub(crate) highest: u32,
}

impl Plot {
    /// The picture of a histogram; `None` of an empty one.
    pub(crate) fn of(histogram: &Histogram) -> Option<Self> {
        let (lowest, _) = histogram.buckets().next()?;
        let (longest, _) = histogram.buckets().next_back()?;
        let highest = histogram.buckets().map(|(_, count)| count).max()?;
        // One bucket is left free on either side, where there is room.
        let buckets = (longest - lowest + 3).max(MIN_BUCKETS);
        let first = lowest.saturating_sub((buckets - (longest - lowest + 1)) / 2);
        let mut outline = String::new();
        for (bucket, count) in histogram.buckets() {
            let high = u64::from(count) * u64::from(HEIGHT) / u64::from(highest);
            let high = (high as u32).max(MIN_HEIGHT);
            // A String takes whatever is written to it.
            let _ = write!(outline, "M{} {HEIGHT}v-{high}h1v{high}z", bucket - first);
        }
        Some(Self {
            first,
            buckets,
            outline,
            highest,
        })
    }

    /// Where a latency stands, in thousandths of the picture's width; `None` outside of it.
    pub(crate) fn permille(&self, micros: u32) -> Option<u32> {
        let begin = self.first * STEPS_PER_BUCKET;
        let steps = axis_position(micros).checked_sub(begin)?;
        let permille = steps * 1_000 / (self.buckets * STEPS_PER_BUCKET);
        (permille <= 1_000).then_some(permille)
    }

    /// The latencies with which the axis is labelled, in microseconds, and where each stands.
    pub(crate) fn ticks(&self) -> Vec<(u32, u32)> {
        let closely = self.buckets <= CLOSELY;
        let mut ticks = Vec::new();
        let mut power = 1;
        while power <= LAST_POWER {
            for factor in [1, 2, 5] {
                let at = self.permille(power * factor);
                if let Some(at) = at.filter(|_| factor == 1 || closely) {
                    ticks.push((power * factor, at));
                }
            }
            power *= 10;
        }
        ticks
    }
}

/// How wide the words of a mark are at most, on a phone, in thousandths of the picture's width.
const WORDS_WIDTH: u32 = 300;

/// Where the words of a mark stand, whose line goes from them down to the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MarkPlace {
    /// From the top, each a row below the one before.
    pub(crate) row: u32,
    /// Whether they stand left of the line, and otherwise right of it.
    pub(crate) is_left: bool,
}

/// Places for the words of three marks, from left to right at these thousandths of the picture's
/// width, so that they are all within it and no line crosses another's words.
pub(crate) fn mark_places(at: [u32; 3]) -> [MarkPlace; 3] {
    let place = |(row, is_left)| MarkPlace { row, is_left };
    let [first, second, third] = at;
    let places = if first >= WORDS_WIDTH {
        // All lines that reach to the words' height stand right of them.
        [(2, true), (1, true), (0, true)]
    } else if third <= 1_000 - WORDS_WIDTH {
        [(0, false), (1, false), (2, false)]
    } else {
        // The outer ones stand between their lines, and the second where it finds room.
        let is_left = second + WORDS_WIDTH >= third;
        [(1, false), (2, is_left), (0, true)]
    };
    places.map(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the words of the mark `of` are within the picture, and the line of `by` beside them.
    fn are_clear(at: [u32; 3], of: usize, by: usize) -> bool {
        let places = mark_places(at);
        let words = if places[of].is_left {
            at[of].saturating_sub(WORDS_WIDTH)..at[of]
        } else {
            at[of] + 1..at[of] + WORDS_WIDTH + 1
        };
        let reaches_up = places[by].row <= places[of].row;
        words.len() == WORDS_WIDTH as usize
            && words.end <= 1_001
            && (of == by || !reaches_up || !words.contains(&at[by]))
    }

    #[test]
    fn no_line_crosses_the_words_of_another_mark() {
        let all = || (0..=1_000_u32).step_by(20);
        for at in all().flat_map(|x| all().flat_map(move |y| all().map(move |z| [x, y, z]))) {
            let [first, second, third] = at;
            // On a phone there may be room for two only: they are at both edges, and the second is
            // near both.
            let is_near_both = second + WORDS_WIDTH >= third && second <= first + WORDS_WIDTH;
            let has_room = first >= WORDS_WIDTH || third <= 1_000 - WORDS_WIDTH || !is_near_both;
            if !at.is_sorted() || !has_room {
                continue;
            }
            for (of, by) in (0..3).flat_map(|of| (0..3).map(move |by| (of, by))) {
                assert!(are_clear(at, of, by), "{by} crosses {of} of {at:?}");
            }
        }
    }

    fn plot(latencies: impl IntoIterator<Item = u32>) -> Plot {
        let mut histogram = Histogram::default();
        latencies
            .into_iter()
            .for_each(|micros| histogram.add(micros));
        Plot::of(&histogram).expect("there is a latency")
    }

    #[test]
    fn bars_stand_on_the_ground_and_the_highest_reaches_the_top() {
        assert_eq!(Plot::of(&Histogram::default()), None);
        // Buckets 80 and 81, and four doublings later 112.
        let plot = plot([1_024, 1_030, 1_152, 16_384, 1_024, 1_024]);
        assert_eq!((plot.buckets, plot.highest), (35, 4));
        let outline = "M1 1000v-1000h1v1000zM2 1000v-250h1v250zM33 1000v-250h1v250z";
        assert_eq!(plot.outline, outline);
    }

    #[test]
    fn one_call_among_many_is_seen() {
        let many = std::iter::repeat_n(1_024, 100_000);
        let plot = plot(many.chain([4_096]));
        assert!(plot.outline.ends_with("v-12h1v12z"), "{}", plot.outline);
    }

    #[test]
    fn marks_and_bars_stand_on_the_same_axis() {
        let plot = plot([1_024, 4_096]);
        // From one bucket before 1,024 to one after 4,096, of 19 in all.
        assert_eq!(plot.permille(1_024), Some(1_000 / 19));
        assert_eq!(plot.permille(4_096), Some(17_000 / 19));
        assert_eq!((plot.permille(1), plot.permille(100_000)), (None, None));
    }

    #[test]
    fn the_axis_has_round_labels_and_few_where_it_is_long() {
        let labels = |latencies: [u32; 2]| -> Vec<u32> {
            let ticks = plot(latencies).ticks();
            ticks.into_iter().map(|(micros, _)| micros).collect()
        };
        assert_eq!(labels([1_024, 8_000]), [1_000, 2_000, 5_000]);
        assert_eq!(labels([900, 900]), [500, 1_000]);
        assert_eq!(labels([90, 900_000]), [100, 1_000, 10_000, 100_000]);
        let all = labels([0, u32::MAX]);
        assert_eq!((all.len(), all[8]), (9, LAST_POWER));
    }
}
