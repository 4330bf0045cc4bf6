//! Where a call is, as a person at a terminal sees it.

use std::{
    io::{self, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::watch;
use warren_client::Stage;

/// How often workers are asked to tell how far they are.
pub(super) const EVERY: Duration = Duration::from_millis(100);

/// Tells on stderr where a call is, until it settles: as a bar on a terminal, line by line
/// elsewhere.
pub(super) async fn show(mut stage: watch::Receiver<Stage>) {
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg:8} {wide_bar} {percent:>3} % {elapsed:>4}");
    bar.set_style(style.expect("the template is well-formed"));
    let mut last = String::new();
    loop {
        let (words, percent) = describe(&stage.borrow_and_update());
        bar.set_position(percent.unwrap_or(0));
        bar.set_message(words);
        if bar.is_hidden() {
            let line = match percent {
                Some(percent) => format!("{words}: {percent} %"),
                None => words.to_owned(),
            };
            if line != last {
                // If stderr is gone, nobody looks.
                let _ = writeln!(io::stderr(), "{line}");
                last = line;
            }
        }
        if stage.changed().await.is_err() {
            return bar.finish_and_clear();
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
