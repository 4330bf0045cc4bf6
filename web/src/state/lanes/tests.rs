//! Lanes follow what calls and workers tell, in time that is passed in.

use super::*;

/// A time well after the beginning of all times, in milliseconds later.
fn at(ms: u64) -> Timestamp {
    Timestamp(1_000_000_000_000 + ms * 1_000)
}

fn call(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn pong(id: &str, name: &str) -> Pong {
    Pong {
        id: id.to_owned(),
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        procedures: Vec::new(),
        concurrency: 2,
        busy: 1,
        draining: false,
        served: 7,
        failed: 3,
        uptime_ms: 600_000,
    }
}

fn replied(worker: &str, compute_ms: u64) -> CallEnd<'_> {
    CallEnd::Replied {
        worker: Some(worker),
        compute: Some(Duration::from_millis(compute_ms)),
        back: Duration::ZERO,
    }
}

fn told(lanes: &mut Lanes, workers: &[Pong], at: Timestamp) {
    lanes.told(Some(workers), at);
}

/// All bars of the lane as left and right end in units, with how they end. A bar with teeth has
/// its end, too, as the others have.
fn bars(view: &LaneView) -> Vec<(u32, u32, BarEnd)> {
    let mut bars = Vec::new();
    for (end, outline) in BarEnd::ALL.into_iter().zip(&view.outlines) {
        for bar in outline.split('M').skip(1) {
            let (left, rest) = bar.split_once(' ').expect("a place");
            let (_, wide) = rest.split_once('h').expect("a width");
            let digits = wide.split(|c: char| !c.is_ascii_digit()).next();
            let number = |text: &str| text.parse::<u32>().expect("a whole number");
            let left = number(left);
            bars.push((left, left + number(digits.expect("a width")), end));
        }
    }
    bars.sort_by_key(|(left, ..)| *left);
    bars
}

fn names(lanes: &Lanes, now: Timestamp) -> Vec<(String, Standing)> {
    let views = lanes.views(now);
    views
        .into_iter()
        .map(|view| (view.name, view.standing))
        .collect()
}

#[test]
fn a_worker_has_a_lane_while_it_is_there_and_a_minute_longer() {
    let mut lanes = Lanes::default();
    let (hare, rabbit) = (pong("1", "hare"), pong("2", "rabbit"));
    told(&mut lanes, &[hare.clone(), rabbit.clone()], at(0));
    told(&mut lanes, std::slice::from_ref(&rabbit), at(10_000));
    let gone = Standing::Gone(at(10_000));
    let expected = [
        ("hare".to_owned(), gone),
        ("rabbit".to_owned(), Standing::Serving),
    ];
    assert_eq!(names(&lanes, at(70_000)), expected);
    assert_eq!(names(&lanes, at(70_001)), expected[1..]);
    assert!(!lanes.is_moving(at(70_001)));

    // One of the same name is another worker.
    told(&mut lanes, &[pong("3", "hare"), rabbit], at(11_000));
    let standings: Vec<_> = names(&lanes, at(11_000))
        .into_iter()
        .map(|lane| lane.1)
        .collect();
    assert_eq!(standings, [gone, Standing::Serving, Standing::Serving]);
}

#[test]
fn a_worker_that_answers_again_was_not_gone() {
    let mut lanes = Lanes::default();
    told(&mut lanes, &[pong("1", "hare")], at(0));
    told(&mut lanes, &[], at(1_000));
    let draining = Pong {
        draining: true,
        ..pong("1", "hare")
    };
    told(&mut lanes, &[draining], at(2_000));
    assert_eq!(
        names(&lanes, at(2_000)),
        [("hare".to_owned(), Standing::Draining)]
    );
}

#[test]
fn workers_are_counted_while_it_is_known_who_is_there() {
    let mut lanes = Lanes::default();
    assert_eq!(lanes.count(), None);
    let draining = Pong {
        draining: true,
        ..pong("2", "rabbit")
    };
    told(&mut lanes, &[pong("1", "hare"), draining], at(0));
    let expected = WorkerCount {
        serving: 1,
        draining: 1,
    };
    assert_eq!(lanes.count(), Some(expected));
    lanes.told(None, at(1_000));
    assert_eq!(lanes.count(), None);
}

#[test]
fn while_nobody_tells_nothing_is_said_to_go_on() {
    let mut lanes = Lanes::default();
    told(&mut lanes, &[pong("1", "hare"), pong("2", "rabbit")], at(0));
    told(&mut lanes, &[pong("2", "rabbit")], at(1_000));
    lanes.running(call(1), "rabbit", at(10_000));
    assert_eq!(lanes.told(None, at(20_000)), [""; 0]);
    let expected = [Standing::Gone(at(1_000)), Standing::Unknown(at(20_000))];
    let standings = names(&lanes, at(40_000)).into_iter().map(|lane| lane.1);
    assert!(standings.eq(expected));
    assert_eq!(lanes.busy(), 0);
    let view = &lanes.views(at(40_000))[1];
    assert_eq!(view.end, 4_000);
    assert_eq!(bars(view), [(3_000, 3_994, BarEnd::Running)]);

    // One is heard of again, by itself or by a call.
    lanes.running(call(2), "rabbit", at(41_000));
    assert_eq!(lanes.views(at(41_000))[1].standing, Standing::Serving);
    lanes.told(None, at(42_000));
    told(&mut lanes, &[pong("2", "rabbit")], at(43_000));
    assert_eq!(lanes.views(at(43_000))[1].standing, Standing::Serving);
    lanes.told(None, at(44_000));
    told(&mut lanes, &[], at(45_000));
    let gone = Standing::Gone(at(44_000));
    assert_eq!(
        lanes.views(at(45_000))[1].standing,
        gone,
        "since nobody knew"
    );
}

#[test]
fn who_left_is_told_unless_another_has_the_name() {
    let mut lanes = Lanes::default();
    let (hare, rabbit) = (pong("1", "hare"), pong("2", "rabbit"));
    assert_eq!(lanes.told(Some(&[hare, rabbit.clone()]), at(0)), [""; 0]);
    assert_eq!(lanes.told(Some(&[rabbit]), at(1_000)), ["hare"]);
    let another = pong("3", "rabbit");
    assert_eq!(lanes.told(Some(&[another]), at(2_000)), [""; 0]);
    assert_eq!(lanes.told(Some(&[]), at(3_000)), ["rabbit"]);
}

#[test]
fn a_lane_begins_with_its_worker_and_ends_with_it() {
    let mut lanes = Lanes::default();
    let young = Pong {
        uptime_ms: 10_000,
        ..pong("1", "hare")
    };
    told(&mut lanes, &[young], at(0));
    told(&mut lanes, &[], at(5_000));
    let view = &lanes.views(at(20_000))[0];
    assert_eq!((view.begin, view.end), (3_000, 4_500));
    assert!(lanes.is_moving(at(20_000)));
}

#[test]
fn what_is_known_of_a_worker_is_what_it_said_last_and_what_it_did_for_this_page() {
    let mut lanes = Lanes::default();
    // The reply may be heard before the worker itself.
    lanes.settled(call(1), replied("hare", 10), at(0));
    assert_eq!(lanes.views(at(0))[0].tally, None);
    told(&mut lanes, &[pong("1", "hare")], at(1_000));
    lanes.settled(call(2), replied("hare", 10), at(2_000));
    let views = lanes.views(at(2_000));
    assert_eq!(views.len(), 1);
    assert_eq!(views[0].for_this_page, 2);
    let tally = Tally {
        busy: 1,
        concurrency: 2,
        served: 7,
        failed: 3,
    };
    assert_eq!(views[0].tally, Some(tally));

    // What it did for this page is a part of what it did.
    for number in 3..=10 {
        lanes.settled(call(number), replied("hare", 10), at(3_000));
    }
    let view = &lanes.views(at(3_000))[0];
    assert_eq!(view.for_this_page, 10);
    assert_eq!(
        view.tally,
        Some(Tally {
            served: 10,
            ..tally
        })
    );
}

#[test]
fn a_bar_is_as_long_as_the_worker_says_and_ends_when_the_reply_left() {
    let mut lanes = Lanes::default();
    let end = CallEnd::Replied {
        worker: Some("hare"),
        compute: Some(Duration::from_secs(5)),
        back: Duration::from_secs(1),
    };
    // What this page heard of its beginning is later.
    lanes.running(call(1), "hare", at(4_500));
    lanes.settled(call(1), end, at(10_000));
    let view = &lanes.views(at(10_000))[0];
    // From 6 s to 1 s ago, less a gap.
    assert_eq!(bars(view), [(5_400, 5_894, BarEnd::Done)]);
}

#[test]
fn a_call_that_is_computed_has_a_bar_until_now() {
    let mut lanes = Lanes::default();
    lanes.running(call(1), "hare", at(0));
    // It tells of its progress, too.
    lanes.running(call(1), "hare", at(1_000));
    let running = |now| bars(&lanes.views(now)[0]);
    assert_eq!(running(at(10_000)), [(5_000, 5_994, BarEnd::Running)]);
    assert_eq!(running(at(90_000)), [(0, 5_994, BarEnd::Running)]);
}

#[test]
fn a_worker_that_dies_breaks_off_what_it_computed() {
    let mut lanes = Lanes::default();
    told(&mut lanes, &[pong("1", "hare"), pong("2", "rabbit")], at(0));
    lanes.running(call(1), "hare", at(0));
    lanes.running(call(2), "hare", at(0));
    // The broker gave one of its calls to the other before its death was known.
    lanes.running(call(2), "rabbit", at(10_000));
    told(&mut lanes, &[pong("2", "rabbit")], at(11_000));
    lanes.running(call(1), "rabbit", at(12_000));
    let views = lanes.views(at(60_000));
    let broken = [(0, 994, BarEnd::Broken), (0, 1_094, BarEnd::Broken)];
    let mut of_hare = bars(&views[0]);
    of_hare.sort_by_key(|bar| bar.1);
    assert_eq!(of_hare, broken);
    let running = [
        (1_000, 5_994, BarEnd::Running),
        (1_200, 5_994, BarEnd::Running),
    ];
    assert_eq!(bars(&views[1]), running);

    lanes.settled(call(1), replied("rabbit", 8_000), at(20_000));
    let done = bars(&lanes.views(at(60_000))[1]);
    assert_eq!(done[1], (1_200, 1_994, BarEnd::Done));
}

#[test]
fn a_call_without_a_reply_ends_its_bar_and_no_other() {
    for end in [BarEnd::Failed, BarEnd::Cancelled, BarEnd::Broken] {
        let mut lanes = Lanes::default();
        lanes.running(call(1), "hare", at(0));
        // This one was never computed.
        lanes.settled(call(2), CallEnd::Without(end), at(1_000));
        lanes.settled(call(1), CallEnd::Without(end), at(30_000));
        assert_eq!(bars(&lanes.views(at(60_000))[0]), [(0, 2_994, end)]);
    }
}

#[test]
fn short_bars_are_one_where_they_would_touch_and_long_ones_stay_apart() {
    let mut lanes = Lanes::default();
    for i in 0..1_000 {
        lanes.settled(call(i), replied("hare", 1), at(10_000 + i as u64));
    }
    lanes.settled(call(1_000), replied("hare", 1), at(12_000));
    lanes.settled(call(1_001), replied("hare", 2_000), at(22_000));
    lanes.settled(call(1_002), replied("hare", 2_000), at(24_000));
    lanes.settled(call(1_003), replied("hare", 1), at(24_010));
    let view = &lanes.views(at(60_000))[0];
    let expected = [
        (999, 1_093, BarEnd::Done),
        (1_199, 1_211, BarEnd::Done),
        (2_000, 2_194, BarEnd::Done),
        (2_200, 2_394, BarEnd::Done),
        (2_400, 2_412, BarEnd::Done),
    ];
    assert_eq!(bars(view), expected);
    assert_eq!(view.for_this_page, 1_004);
}

#[test]
fn what_is_computed_at_once_stands_in_rows_of_its_own() {
    let mut lanes = Lanes::default();
    lanes.running(call(1), "hare", at(0));
    lanes.settled(call(2), replied("hare", 5_000), at(8_000));
    lanes.running(call(3), "hare", at(9_000));
    let view = &lanes.views(at(60_000))[0];
    let [running, done, ..] = &view.outlines;
    assert_eq!(running, "M0 0h5994v11h-5994zM900 12h5094v11h-5094z");
    assert_eq!(done, "M300 12h494v11h-494z");
}

#[test]
fn a_worker_that_computes_one_at_a_time_has_one_row() {
    let mut lanes = Lanes::default();
    let hare = Pong {
        concurrency: 1,
        ..pong("1", "hare")
    };
    told(&mut lanes, &[hare], at(0));
    lanes.settled(call(1), replied("hare", 5_000), at(10_000));
    // Its reply was under way for a shorter time, so it seems to have begun too early.
    lanes.settled(call(2), replied("hare", 5_000), at(14_000));
    let [_, done, ..] = &lanes.views(at(60_000))[0].outlines;
    assert_eq!(done, "M500 0h494v23h-494zM1000 0h394v23h-394z");
}

#[test]
fn nothing_moves_once_the_window_is_empty() {
    let mut lanes = Lanes::default();
    assert!(!lanes.is_moving(at(0)));
    told(&mut lanes, &[pong("1", "hare")], at(0));
    assert!(!lanes.is_moving(at(0)), "it has been there for long");
    lanes.settled(call(1), replied("hare", 1_000), at(1_000));
    assert!(lanes.is_moving(at(61_000)));
    assert!(!lanes.is_moving(at(61_001)));
    assert_eq!(bars(&lanes.views(at(61_001))[0]), []);
    lanes.running(call(2), "hare", at(70_000));
    assert!(lanes.is_moving(at(300_000)));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut lanes = Lanes::default();
    for i in 0..10_000 {
        // Too far apart to be one, and for the last row, too, too many.
        lanes.settled(call(i), replied("hare", 200), at(i as u64 * 250));
    }
    let last = at(9_999 * 250);
    assert!(lanes.lanes[0].bars.len() < 300, "a minute has room for 240");
    for i in 0..10_000 {
        lanes.running(call(i), "hare", last);
    }
    for i in 0..10_000 {
        lanes.settled(call(i), replied("hare", 200), last);
    }
    assert!(lanes.lanes[0].bars.len() < 10_000);

    for i in 0..1_000 {
        lanes.settled(call(1), replied(&format!("worker {i}"), 1), last);
    }
    assert_eq!(lanes.lanes.len(), MAX_LANES);
    // What nobody vouches for is forgotten with its bars.
    told(&mut lanes, &[pong("1", "hare")], last);
    told(&mut lanes, &[pong("1", "hare")], at(9_999 * 250 + 60_001));
    assert_eq!(lanes.lanes.len(), 1);
}

#[test]
fn a_reply_of_a_worker_that_nobody_told_of_breaks_off_what_another_began() {
    let mut lanes = Lanes::default();
    lanes.running(call(1), "rabbit", at(0));
    // Its lane comes before the other's.
    lanes.settled(call(1), replied("hare", 500), at(2_000));
    let views = lanes.views(at(60_000));
    let drawn: Vec<_> = views.iter().map(|view| (&*view.name, bars(view))).collect();
    let ends = |view: usize| drawn[view].1.iter().map(|bar| bar.2).collect::<Vec<_>>();
    assert_eq!((drawn[0].0, ends(0)), ("hare", vec![BarEnd::Done]));
    assert_eq!((drawn[1].0, ends(1)), ("rabbit", vec![BarEnd::Broken]));
}

#[test]
fn calls_are_in_the_lane_of_the_worker_that_is_there_and_not_of_one_that_was() {
    let mut lanes = Lanes::default();
    told(&mut lanes, &[pong("1", "hare")], at(0));
    assert_eq!(lanes.busy(), 1);
    told(&mut lanes, &[], at(1_000));
    assert_eq!(lanes.busy(), 0, "who is gone computes nothing");
    told(&mut lanes, &[pong("2", "hare")], at(2_000));
    lanes.running(call(1), "hare", at(3_000));
    lanes.settled(call(1), replied("hare", 1_000), at(4_000));
    let drawn: Vec<_> = lanes.views(at(4_000)).iter().map(bars).collect();
    assert_eq!((drawn[0].len(), drawn[1].len()), (0, 1));
}
