//! What stands on screens of all sizes.

use ratatui::{Terminal, backend::TestBackend};
use warren_client::{Config, Disconnect, Urls};
use warren_contract::Pong;

use super::*;
use crate::cli::watch::samples::pong;

const URL: &str = "ws://127.0.0.1:15674/ws";

fn online() -> ConnectionState {
    ConnectionState::Online {
        url: URL.to_owned(),
    }
}

/// What is known at the beginning, of a broker with a second address.
fn connecting() -> State {
    let config = Config {
        urls: Urls::new([URL, "ws://b/ws"]).expect("there are two"),
        ..Config::default()
    };
    let first = ConnectionState::Connecting {
        url: URL.to_owned(),
        attempt: 1,
    };
    State::new(&config, first)
}

fn state(pongs: &[&[Pong]]) -> State {
    let mut state = connecting();
    state.take_connection(Duration::ZERO, online());
    for (second, pongs) in (0..).zip(pongs) {
        state.take_workers(Duration::from_secs(second), Some(pongs));
    }
    state
}

fn drawn(state: &State, now: Duration, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("it cannot fail");
    let drawn = terminal.draw(|frame| draw(frame, state, now, true));
    drawn.expect("it cannot fail");
    terminal
}

/// The lines of a screen of this size, without the spaces at their ends.
fn screen(state: &State, now: Duration, size: (u16, u16)) -> Vec<String> {
    let terminal = drawn(state, now, size);
    let buffer = terminal.backend().buffer();
    let cells = buffer.content().chunks(usize::from(size.0.max(1)));
    cells
        .map(|line| line.iter().map(|cell| cell.symbol()).collect::<String>())
        .map(|line| line.trim_end().to_owned())
        .collect()
}

fn busy() -> State {
    let draining = |pong: Pong| Pong {
        draining: true,
        ..pong
    };
    let mut state = state(&[
        &[
            pong("hare", 60_000, 100, 0),
            pong("lop", 1_000, 7, 0),
            pong("rabbit", 3_600_000, 10, 1),
        ],
        &[
            pong("hare", 61_000, 350, 0),
            draining(pong("rabbit", 3_601_000, 10, 3)),
        ],
    ]);
    state.ping = Some(Duration::from_micros(840));
    state
}

#[test]
fn a_wide_screen_has_room_for_everything() {
    let lines = screen(&busy(), Duration::from_secs(2), (110, 10));
    assert_eq!(
        lines,
        [
            "rpc_queue at ws://127.0.0.1:15674/ws",
            "online, ping 0.8 ms",
            "2 workers, 2 of 8 busy, 250.0/s served, 2.0/s failed; 360 served, 3 failed",
            "",
            "worker               busy            served/s  failed/s   served   failed      up  version  procedures",
            "hare                 1/4                250.0       0.0      350        0   1m01s  0.1.0    fibonacci max_n=50",
            "lop                  gone                   –         –        7        0      1s  0.1.0    fibonacci max_n=50",
            "rabbit               1/4 draining         0.0       2.0       10        3   1h00m  0.1.0    fibonacci max_n=50",
            "",
            "q leaves",
        ]
    );
}

#[test]
fn a_narrow_screen_has_room_for_what_counts() {
    let lines = screen(&busy(), Duration::from_secs(2), (60, 8));
    assert_eq!(
        lines[2..6],
        [
            "2 workers, 2 of 8 busy, 250.0/s served, 2.0/s failed",
            "",
            "worker           busy            served/s  failed/s   served",
            "hare             1/4                250.0       0.0      350",
        ]
    );
    assert_eq!(lines[6], "and 2 more");
    assert_eq!(lines[7], "q leaves");
}

#[test]
fn no_screen_is_too_small() {
    for width in 0..40 {
        for height in 0..12 {
            drawn(&busy(), Duration::from_secs(2), (width, height));
        }
    }
}

#[test]
fn why_there_is_no_connection_is_told_and_until_when() {
    let mut state = busy();
    let reason = Disconnect::Lost {
        url: "ws://b/ws".to_owned(),
        detail: "closed with code 1000".to_owned(),
    };
    let retry_in = Duration::from_secs(3);
    let offline = ConnectionState::Offline { reason, retry_in };
    state.take_connection(Duration::from_secs(2), offline);
    state.take_workers(Duration::from_secs(2), None);
    let lines = screen(&state, Duration::from_millis(3_500), (100, 10));
    assert_eq!(lines[0], "rpc_queue at ws://127.0.0.1:15674/ws, ws://b/ws");
    let expected = "offline, next attempt in 2 s: the connection to ws://b/ws was lost: closed with \
                    code 1000";
    assert_eq!(lines[1], expected);
    assert!(lines[5].starts_with("hare "), "{lines:?}");

    let lines = screen(&state, Duration::from_secs(60), (40, 10));
    let expected = [
        "offline, next attempt in 0 s: the",
        "connection to ws://b/ws was lost: closed",
        "with code 1000",
    ];
    assert_eq!(lines[1..4], expected);
}

#[test]
fn that_no_worker_is_there_is_told_only_if_it_is_known() {
    let mut state = connecting();
    let size = (60, 8);
    assert_eq!(
        screen(&state, Duration::ZERO, size)[1..3],
        ["connecting to ws://127.0.0.1:15674/ws", ""]
    );
    state.take_connection(Duration::ZERO, online());
    state.take_workers(Duration::ZERO, Some(&[]));
    assert_eq!(
        screen(&state, Duration::ZERO, size)[1..3],
        ["online", "no worker"]
    );
}

#[test]
fn a_name_cannot_command_the_terminal() {
    let evil = pong("\u{1b}[31m\u{7}hare\r\n", 1_000, 0, 0);
    let lines = screen(&state(&[&[evil]]), Duration::ZERO, (60, 8)).concat();
    assert!(lines.contains("hare"), "{lines}");
    assert!(!lines.contains(char::is_control), "{lines:?}");
}

#[test]
fn without_colours_nothing_is_coloured() {
    let coloured = |coloured| {
        let mut terminal = Terminal::new(TestBackend::new(80, 12)).expect("it cannot fail");
        let drawn = terminal.draw(|frame| draw(frame, &busy(), Duration::ZERO, coloured));
        let content = drawn.expect("it cannot fail").buffer.content();
        content
            .iter()
            .any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(coloured(true));
    assert!(!coloured(false));
}
