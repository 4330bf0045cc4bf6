//! Where a call is on its way.

use warren_contract::Progress;

use super::*;

pub(super) fn with_progress() -> Request {
    Request {
        progress: Some(Duration::from_micros(250_900)),
        ..request()
    }
}

pub(super) fn started(id: Uuid) -> Frame {
    reply(id).with_header("type", "started")
}

pub(super) fn progress(id: Uuid, done: u64) -> Frame {
    let body = format!(r#"{{"done":{done},"total":8}}"#);
    reply(id).with_header("type", "progress").with_body(body)
}

fn running(done: Option<u64>) -> Stage {
    let progress = done.map(|done| Progress { done, total: 8 });
    Stage::Running {
        worker: None,
        progress,
    }
}

impl World {
    /// The stages of the one call that there is, since the last look.
    fn take_stages(&mut self) -> Vec<Stage> {
        self.stages.drain(..).map(|(_, stage)| stage).collect()
    }
}

#[test]
fn a_call_is_queued_then_runs_then_settles() {
    let mut world = World::online();
    let id = world.call(with_progress());
    let asked = world.sent.last().and_then(|f| f.header("x-progress-ms"));
    assert_eq!(asked, Some("250"), "whole milliseconds");
    world.receive(&started(id));
    world.receive(&progress(id, 3));
    world.receive(&progress(id, 8));
    world.receive(&result(id, "1"));
    let expected = [
        Stage::Queued,
        running(None),
        running(Some(3)),
        running(Some(8)),
    ];
    assert_eq!(world.take_stages(), expected);
    assert!(world.outcome(id).is_ok());

    world.receive(&progress(id, 8));
    assert!(world.take_stages().is_empty());
    assert_eq!(world.engine.counters().unmatched, 1, "it is late");
}

#[test]
fn progress_never_goes_back_not_even_when_another_worker_begins_anew() {
    let mut world = World::online();
    let id = world.call(with_progress());
    world.receive(&progress(id, 5));
    world.receive(&progress(id, 3));
    world.lost();
    world.come_back();
    world.receive(&started(id));
    world.receive(&progress(id, 2));
    world.receive(&progress(id, 6));
    let expected = [
        Stage::Queued,
        running(Some(5)),
        running(Some(5)),
        Stage::Waiting,
        Stage::Queued,
        running(Some(5)),
        running(Some(5)),
        running(Some(6)),
    ];
    assert_eq!(world.take_stages(), expected);
}

#[test]
fn a_running_call_names_the_worker_that_told_so_last() {
    let mut world = World::online();
    let id = world.call(with_progress());
    let by = |frame: Frame, worker| frame.with_header("x-worker", worker);
    world.receive(&by(started(id), "hare"));
    world.receive(&by(progress(id, 3), "hare"));
    world.receive(&by(started(id), "rabbit"));
    let workers: Vec<_> = world
        .take_stages()
        .into_iter()
        .filter_map(|stage| match stage {
            Stage::Running { worker, .. } => Some(worker),
            Stage::Waiting | Stage::Queued => None,
        })
        .collect();
    let expected = ["hare", "hare", "rabbit"].map(|worker| Some(worker.to_owned()));
    assert_eq!(workers, expected);
}

#[test]
fn who_does_not_ask_is_not_told() {
    let mut world = World::online();
    let id = world.call(request());
    assert_eq!(world.sent[0].header("x-progress-ms"), None);
    world.receive(&started(id));
    world.receive(&progress(id, 1));
    assert!(world.take_stages().is_empty());
    assert_eq!(world.engine.counters().unmatched, 2);
    assert_eq!(world.settled, []);
}

#[test]
fn the_longest_interval_can_be_read_by_workers() {
    let mut world = World::online();
    world.call(Request {
        progress: Some(Duration::MAX),
        ..request()
    });
    let asked = world.sent.last().and_then(|f| f.header("x-progress-ms"));
    assert_eq!(
        asked,
        Some("18446744073709551615"),
        "the most that a u64 holds"
    );
}

#[test]
fn progress_that_cannot_be_read_changes_nothing() {
    let mut world = World::online();
    let id = world.call(with_progress());
    world.take_stages();
    world.receive(&reply(id).with_header("type", "progress").with_body("half"));
    assert!(world.take_stages().is_empty());
    assert_eq!(world.engine.counters().malformed, 1);
}
