//! Where a call is, as a person at a terminal sees it.

use std::{
    io::{self, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::{
    select,
    sync::watch,
    time::{Instant, interval},
};
use warren_client::Stage;

/// How often workers are asked to tell how far they are.
pub(super) const EVERY: Duration = Duration::from_millis(100);

/// A call that takes no longer than this needs no bar.
const BAR_AFTER: Duration = Duration::from_millis(300);

/// How it is told where a call is.
#[derive(Clone, Copy)]
pub(super) enum Telling {
    /// By a bar, once the call has taken this long.
    Bar { after: Duration },
    /// Line by line.
    Lines,
}

impl Telling {
    /// `None` if nobody wants to know. On a terminal, a long call is told of unless the result is
    /// for a program.
    pub(super) fn choose(is_asked_for: bool, is_for_program: bool) -> Option<Self> {
        let is_terminal = !ProgressDrawTarget::stderr().is_hidden();
        match (is_terminal, is_asked_for) {
            (true, true) => Some(Self::Bar {
                after: Duration::ZERO,
            }),
            (true, false) if !is_for_program => Some(Self::Bar { after: BAR_AFTER }),
            (false, true) => Some(Self::Lines),
            (_, false) => None,
        }
    }

    /// Tells on stderr where a call is, until it settles.
    pub(super) async fn tell(self, stage: watch::Receiver<Stage>) {
        match self {
            Self::Bar { after } => draw(stage, after).await,
            Self::Lines => print(stage).await,
        }
    }
}

async fn draw(mut stage: watch::Receiver<Stage>, after: Duration) {
    let start = Instant::now();
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::hidden());
    let styled = |template| {
        let style = ProgressStyle::with_template(template);
        style.expect("the template is well-formed")
    };
    let unknown = styled("{msg:8} {spinner} {elapsed}");
    let known = styled("{msg:8} {wide_bar} {percent:>3} % {elapsed:>4}");
    let mut redraw = interval(EVERY);
    loop {
        select! {
            changed = stage.changed() => if changed.is_err() {
                return bar.finish_and_clear();
            },
            _ = redraw.tick() => {}
        }
        if bar.is_hidden() {
            if start.elapsed() < after {
                continue;
            }
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let (words, percent) = describe(&stage.borrow_and_update());
        bar.set_style(match percent {
            Some(_) => known.clone(),
            None => unknown.clone(),
        });
        bar.set_message(words);
        bar.set_position(percent.unwrap_or(0));
        bar.tick();
    }
}

async fn print(mut stage: watch::Receiver<Stage>) {
    let mut last = String::new();
    loop {
        let line = match describe(&stage.borrow_and_update()) {
            (words, Some(percent)) => format!("{words}: {percent} %"),
            (words, None) => words.to_owned(),
        };
        if line != last {
            // If stderr is gone, nobody looks.
            let _ = writeln!(io::stderr(), "{line}");
            last = line;
        }
        if stage.changed().await.is_err() {
            return;
        }
    }
}

fn describe(stage: &Stage) -> (&'static str, Option<u64>) {
    match stage {
        Stage::Waiting => ("waiting", None),
        Stage::Queued => ("queued", None),
        Stage::Running { progress, .. } => {
            let percent = progress.map(|told| {
                let percent = u128::from(told.done) * 100 / u128::from(told.total.max(1));
                u64::try_from(percent).unwrap_or(100).min(100)
            });
            ("running", percent)
        }
    }
}
