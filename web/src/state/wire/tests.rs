use web_time::Instant;

use super::*;

const CALL: &str = "00000000-0000-0000-0000-00000000002a";

/// A frame of these headers. Only the client makes commands, so the text of a kind is taken.
fn frame(
    direction: Direction,
    kind: WireKind,
    headers: &[(&str, &str)],
    body: &str,
) -> Arc<WireFrame> {
    Arc::new(WireFrame {
        direction,
        at: Instant::now(),
        bytes: 100,
        kind,
        headers: headers.iter().copied().collect(),
        body: body.into(),
        body_bytes: body.len(),
    })
}

fn sent(headers: &[(&str, &str)]) -> Arc<WireFrame> {
    frame(
        Direction::Sent,
        WireKind::Frame("SEND".into()),
        headers,
        "30",
    )
}

fn received(headers: &[(&str, &str)], body: &str) -> Arc<WireFrame> {
    frame(
        Direction::Received,
        WireKind::Frame("MESSAGE".into()),
        headers,
        body,
    )
}

fn heart_beat() -> Arc<WireFrame> {
    frame(Direction::Received, WireKind::HeartBeat, &[], "")
}

fn request() -> Arc<WireFrame> {
    sent(&[
        ("destination", "/exchange/rpc_queue/c1"),
        ("correlation-id", CALL),
        ("type", "fibonacci"),
        ("x-progress-ms", "100"),
    ])
}

fn reply(r#type: &str, body: &str) -> Arc<WireFrame> {
    let headers = [
        ("subscription", "/temp-queue/rpc"),
        ("correlation-id", CALL),
        ("type", r#type),
        ("x-worker", "hare"),
    ];
    received(&headers, body)
}

fn log_of(frames: impl IntoIterator<Item = Arc<WireFrame>>) -> WireLog {
    let mut log = WireLog::default();
    for frame in frames {
        log.saw(&frame, Meaning::of(&frame));
    }
    log
}

fn all() -> WireFilter {
    WireFilter {
        scope: WireScope::All,
        text: String::new(),
    }
}

#[test]
fn a_frame_says_what_it_means() {
    let control = "/exchange/rpc_queue.control/c1";
    let connected = WireKind::Frame("CONNECTED".into());
    let server = [("version", "1.2"), ("server", "RabbitMQ/4.0.5")];
    let cases = [
        (
            request(),
            Meaning::Request { told: true },
            "request fibonacci 30 to rpc_queue",
        ),
        (
            sent(&[("destination", "/amq/queue/a%2Fb"), ("type", "fibonacci")]),
            Meaning::Request { told: false },
            "request fibonacci 30 to a%2Fb",
        ),
        (
            sent(&[("destination", control), ("type", "cancel")]),
            Meaning::Cancel,
            "cancel to rpc_queue.control",
        ),
        (reply("started", ""), Meaning::Started, "started from hare"),
        (
            reply("progress", "{}"),
            Meaning::Progress,
            "progress {} from hare",
        ),
        (
            reply("result", "832040"),
            Meaning::Reply,
            "result 832040 from hare",
        ),
        (received(&[], "832040"), Meaning::Reply, "832040"),
        (reply("pong", "{}"), Meaning::Background, "pong from hare"),
        (heart_beat(), Meaning::Background, ""),
        (
            received(&[("subscription", "bounce"), ("type", "fibonacci")], "30"),
            Meaning::Bounce,
            "fibonacci comes back: nobody takes it",
        ),
        (
            received(
                &[
                    ("subscription", "bounce"),
                    ("type", "f"),
                    ("x-first-death-reason", "expired"),
                ],
                "30",
            ),
            Meaning::Bounce,
            "f comes back: expired",
        ),
        (
            frame(Direction::Received, connected, &server, ""),
            Meaning::Other,
            "RabbitMQ/4.0.5",
        ),
        (
            frame(
                Direction::Received,
                WireKind::Unreadable("no".into()),
                &[],
                "HTTP",
            ),
            Meaning::Other,
            "no",
        ),
    ];
    for (frame, meaning, words) in cases {
        let log = log_of([frame]);
        let entry = &log.shown(&all(), None)[0];
        assert_eq!((entry.meaning, &*entry.words()), (meaning, words));
    }
}

#[test]
fn the_newest_frame_comes_first_and_the_oldest_are_forgotten() {
    let log = log_of((0..REMEMBERED + 2).map(|_| request()));
    let shown = log.shown(&all(), None);
    assert_eq!(shown.len(), REMEMBERED);
    assert_eq!(shown[0].number, REMEMBERED as u64 + 2);
    assert_eq!(shown[REMEMBERED - 1].number, 3);
}

#[test]
fn heart_beats_push_no_request_out() {
    let frames = [request()].into_iter();
    let log = log_of(frames.chain((0..REMEMBERED).map(|_| heart_beat())));
    let shown = log.shown(&all(), None);
    assert_eq!(shown.len(), BACKGROUND + 1);
    assert!(matches!(shown[BACKGROUND].meaning, Meaning::Request { .. }));
    assert_eq!(shown[0].number, REMEMBERED as u64 + 1, "the newest stay");
}

#[test]
fn a_filter_takes_kinds_and_texts() {
    let other = sent(&[("correlation-id", "00000000-0000-0000-0000-000000000001")]);
    let log = log_of([request(), other, heart_beat(), reply("result", "832040")]);
    let selected = CALL.parse().ok();
    let numbers = |scope, text: &str| -> Vec<u64> {
        let text = text.to_owned();
        let shown = log.shown(&WireFilter { scope, text }, selected);
        shown.iter().map(|entry| entry.number).collect()
    };
    assert_eq!(numbers(WireScope::All, ""), [4, 3, 2, 1]);
    assert_eq!(numbers(WireScope::Foreground, ""), [4, 2, 1]);
    assert_eq!(numbers(WireScope::Selected, ""), [4, 1]);
    for (text, expected) in [
        ("FROM HARE", &[4][..]),
        ("8320", &[4]),
        ("send", &[2, 1]),
        ("type:fib", &[1]),
        ("nothing", &[]),
    ] {
        assert_eq!(numbers(WireScope::All, text), expected, "{text}");
    }
    let none = log.shown(
        &WireFilter {
            scope: WireScope::Selected,
            ..all()
        },
        None,
    );
    assert!(
        none.is_empty(),
        "frames of no call belong to no selected call"
    );
}

#[test]
fn a_paused_log_only_counts() {
    let mut log = log_of([request()]);
    log.set_paused(true);
    log.saw(&heart_beat(), Meaning::Background);
    log.missed(7);
    assert_eq!(log.shown(&all(), None).len(), 1);
    assert_eq!(log.count_missed(), 8);
    log.set_paused(false);
    log.saw(&request(), Meaning::Other);
    assert_eq!(log.shown(&all(), None).len(), 2);
    log.clear();
    assert_eq!(log.shown(&all(), None).len(), 0);
    assert_eq!(log.count_missed(), 0);
}

#[test]
fn a_frame_as_text_is_as_on_the_wire() {
    let log = log_of([reply("result", "832040")]);
    let text = log.shown(&all(), None)[0].text();
    let expected = format!(
        "MESSAGE\nsubscription:/temp-queue/rpc\ncorrelation-id:{CALL}\ntype:result\nx-worker:hare\n\n832040"
    );
    assert_eq!(text, expected);
}
