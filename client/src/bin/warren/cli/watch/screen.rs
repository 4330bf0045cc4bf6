//! The terminal: taken over for as long as it shows the workers, and given back however that ends.

use std::{env, io, thread};

use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
};
use tokio::{select, sync::mpsc, time::interval};
use warren_contract::Code;

use super::{EVERY, Watching, view};
use crate::cli::{failure::Failure, signals::told_to_stop};

/// Shows the workers until the user leaves.
pub(super) async fn show(watching: &mut Watching) -> Result<(), Failure> {
    let mut screen = Screen::open().map_err(|error| failure(&error))?;
    let coloured = is_coloured(env::var("NO_COLOR").ok().as_deref());
    let mut inputs = inputs();
    let mut tick = interval(EVERY);
    let mut stop = std::pin::pin!(told_to_stop());
    loop {
        let now = watching.now();
        let state = watching.state();
        let drawn = screen
            .terminal
            .draw(|frame| view::draw(frame, state, now, coloured));
        drawn.map_err(|error| failure(&error))?;
        select! {
            () = watching.changed() => {}
            _ = tick.tick() => {}
            () = &mut stop => return Ok(()),
            input = inputs.recv() => match input {
                Some(Ok(Event::Key(key))) if leaves(key) => return Ok(()),
                // A resize is found out by drawing.
                Some(Ok(_)) => {}
                // In this mode Ctrl-C is a key, too: without keys, there were no way out.
                Some(Err(error)) => return Err(failure(&error)),
                None => return Ok(()),
            },
        }
    }
}

/// The terminal in its other screen, without line editing; as it was before when this is dropped,
/// and, by a hook of the library, before a panic is told.
struct Screen {
    terminal: DefaultTerminal,
    _restored: Restored,
}

struct Restored;

impl Screen {
    fn open() -> io::Result<Self> {
        // Also if it fails half-way.
        let restored = Restored;
        Ok(Self {
            terminal: ratatui::try_init()?,
            _restored: restored,
        })
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        // If the terminal is gone, there is nothing to give back.
        let _ = ratatui::try_restore();
    }
}

/// Keys and resizes. The thread that waits for them ends with the process, or when nobody wants
/// to know of the next one.
fn inputs() -> mpsc::UnboundedReceiver<io::Result<Event>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        loop {
            let input = event::read();
            let failed = input.is_err();
            if sender.send(input).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

fn leaves(key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind != KeyEventKind::Release
        && match key.code {
            KeyCode::Char('q' | 'Q') | KeyCode::Esc => true,
            KeyCode::Char('c') => control,
            _ => false,
        }
}

/// See <https://no-color.org>.
fn is_coloured(no_color: Option<&str>) -> bool {
    no_color.is_none_or(str::is_empty)
}

fn failure(error: &io::Error) -> Failure {
    Failure::new(Code::Internal, format!("the terminal: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_keys_leave() {
        let key = |code, modifiers| KeyEvent::new(code, modifiers);
        let (none, control) = (KeyModifiers::NONE, KeyModifiers::CONTROL);
        assert!(leaves(key(KeyCode::Char('q'), none)));
        assert!(leaves(key(KeyCode::Esc, none)));
        assert!(leaves(key(KeyCode::Char('c'), control)));
        assert!(!leaves(key(KeyCode::Char('c'), none)));
        assert!(!leaves(key(KeyCode::Enter, none)));
    }

    #[test]
    fn colours_are_switched_off_by_a_variable_that_says_something() {
        assert!(is_coloured(None));
        assert!(is_coloured(Some("")));
        assert!(!is_coloured(Some("1")));
    }
}
