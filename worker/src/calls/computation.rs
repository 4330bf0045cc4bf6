//! One computation, and how far it has come.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio::sync::watch;

use super::Question;
use crate::{Context, outcome::Outcome};

/// One computation, whoever waits for it.
#[derive(Debug)]
pub(crate) struct Computation {
    /// What is asked.
    pub(crate) question: Question,
    /// What the handler may know of it, and tells.
    pub(crate) context: Context,
    stage: watch::Sender<Stage>,
    /// Whether somebody waits for it to begin, and not for its end alone.
    is_beginning_awaited: AtomicBool,
}

#[derive(Debug)]
enum Stage {
    Waiting,
    Running,
    Ended(Arc<Outcome>),
    Cancelled,
}

/// The caller gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cancelled;

impl Computation {
    pub(super) fn new(question: Question, context: Context) -> Self {
        Self {
            question,
            context,
            stage: watch::Sender::new(Stage::Waiting),
            is_beginning_awaited: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Waiting)
    }

    /// What came of it, if that is known.
    pub(crate) fn ended(&self) -> Option<Result<Arc<Outcome>, Cancelled>> {
        match &*self.stage.borrow() {
            Stage::Waiting | Stage::Running => None,
            Stage::Ended(outcome) => Some(Ok(Arc::clone(outcome))),
            Stage::Cancelled => Some(Err(Cancelled)),
        }
    }

    /// Waits until it runs, or need not run any more.
    pub(crate) async fn begun(&self) {
        // Whoever begins it after the look at the stage looks at this under the same lock.
        self.is_beginning_awaited.store(true, Relaxed);
        self.reaches(|stage| !matches!(stage, Stage::Waiting)).await;
    }

    /// Waits for what comes of it.
    pub(crate) async fn outcome(&self) -> Result<Arc<Outcome>, Cancelled> {
        self.reaches(|stage| matches!(stage, Stage::Ended(_) | Stage::Cancelled))
            .await;
        self.ended().expect("what has ended stays so")
    }

    async fn reaches(&self, stage: impl FnMut(&Stage) -> bool) {
        let mut stages = self.stage.subscribe();
        let reached = stages.wait_for(stage).await.map(drop);
        reached.expect("the sender is in self");
    }

    /// Whether it begins now, which happens once.
    pub(super) fn begin(&self) -> bool {
        let mut begins = false;
        self.stage.send_if_modified(|stage| {
            begins = matches!(stage, Stage::Waiting);
            if begins {
                *stage = Stage::Running;
            }
            begins && self.is_beginning_awaited.load(Relaxed)
        });
        begins
    }

    /// Whether it ends so. What was cancelled, or has ended, stays so.
    pub(super) fn end(&self, outcome: &Arc<Outcome>) -> bool {
        self.stage.send_if_modified(|stage| {
            let ends = matches!(stage, Stage::Running);
            if ends {
                *stage = Stage::Ended(Arc::clone(outcome));
            }
            ends
        })
    }

    /// Tells the handler, and all who wait, unless it has ended.
    pub(super) fn cancel(&self) {
        self.stage.send_if_modified(|stage| {
            let ends = matches!(stage, Stage::Waiting | Stage::Running);
            if ends {
                *stage = Stage::Cancelled;
            }
            ends
        });
        // The handler may let go of the computation at once, which must be known as cancelled then.
        self.context.cancel();
    }
}
