//! Where a call is, as a person at a terminal sees it.

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::{
    select,
    sync::watch,
    time::{Instant, interval},
};
use warren_client::{ConnectionState, Disconnect, Stage};

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

    /// Tells on stderr where a call is, and what its client's connection lacks, until it settles.
    pub(super) async fn tell(
        self,
        stage: watch::Receiver<Stage>,
        connection: watch::Receiver<ConnectionState>,
    ) {
        let watched = Watched {
            stage,
            connection,
            trouble: None,
        };
        match self {
            Self::Bar { after } => draw(watched, after).await,
            Self::Lines => print(watched).await,
        }
    }
}

/// A call that is watched, with its client's connection.
struct Watched {
    stage: watch::Receiver<Stage>,
    connection: watch::Receiver<ConnectionState>,
    /// Why the last try to connect failed, until one has succeeded.
    trouble: Option<Disconnect>,
}

/// Where a call is, in words.
struct Place {
    word: &'static str,
    /// How far the computation is.
    percent: Option<u64>,
    /// Why it is no further.
    why: Option<String>,
}

impl Watched {
    /// Waits for news. False once the call has settled.
    async fn changed(&mut self) -> bool {
        select! {
            changed = self.stage.changed() => changed.is_ok(),
            // The client outlives its calls.
            Ok(()) = self.connection.changed() => true,
        }
    }

    fn look(&mut self) -> Place {
        match &*self.connection.borrow_and_update() {
            ConnectionState::Online { .. } => self.trouble = None,
            ConnectionState::Offline { reason, .. } => self.trouble = Some(reason.clone()),
            ConnectionState::Connecting { .. } | ConnectionState::Closed => {}
        }
        let (word, percent) = describe(&self.stage.borrow_and_update());
        let why = self.trouble.as_ref().map(Disconnect::to_string);
        Place { word, percent, why }
    }
}

async fn draw(mut watched: Watched, after: Duration) {
    let start = Instant::now();
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::hidden());
    let styled = |template| {
        let style = ProgressStyle::with_template(template);
        style.expect("the template is well-formed")
    };
    let unknown = styled("{prefix:8} {spinner} {elapsed} {wide_msg}");
    let known = styled("{prefix:8} {wide_bar} {percent:>3} % {elapsed:>4}");
    let mut redraw = interval(EVERY);
    loop {
        select! {
            goes_on = watched.changed() => if !goes_on {
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
        let place = watched.look();
        bar.set_style(match place.percent {
            Some(_) => known.clone(),
            None => unknown.clone(),
        });
        bar.set_prefix(place.word);
        bar.set_message(place.why.unwrap_or_default());
        bar.set_position(place.percent.unwrap_or(0));
        bar.tick();
    }
}

async fn print(mut watched: Watched) {
    let mut last = String::new();
    loop {
        let line = watched.look().to_string();
        if line != last {
            // If stderr is gone, nobody looks.
            let _ = writeln!(io::stderr(), "{line}");
            last = line;
        }
        if !watched.changed().await {
            return;
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)?;
        match (self.percent, &self.why) {
            (Some(percent), _) => write!(f, ": {percent} %"),
            (None, Some(why)) => write!(f, ": {why}"),
            (None, None) => Ok(()),
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
