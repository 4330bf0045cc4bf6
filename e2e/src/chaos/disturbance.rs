//! What goes wrong, and when.

use std::{
    iter, thread,
    time::{Duration, Instant},
};

use fastrand::Rng;

use super::{
    broker::{Loss, Way},
    scene::{Scene, WORKERS},
};
use crate::management::OpenConnection;

/// The least and the most between two disturbances, in milliseconds.
const BETWEEN_MS: (u64, u64) = (300, 2500);

/// The least and the most that a worker is away, or a node of the broker, in milliseconds.
const AWAY_MS: (u64, u64) = (200, 3000);

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    KillWorker,
    KillAllWorkers,
    StopWorker,
    PauseWorker,
    CloseConnection,
    CutConnection,
    FreezeConnection,
    StopNode,
    KillNode,
}

impl Disturbance {
    /// Each of them, and its share among many.
    const SHARES: [(Self, usize); 9] = [
        (Self::KillWorker, 4),
        (Self::KillAllWorkers, 2),
        (Self::StopWorker, 3),
        (Self::PauseWorker, 4),
        (Self::CloseConnection, 3),
        (Self::CutConnection, 4),
        (Self::FreezeConnection, 2),
        (Self::StopNode, 1),
        (Self::KillNode, 1),
    ];
}

/// What mends a disturbance later.
#[derive(Clone, Copy, Debug)]
enum Mend {
    StartWorker(usize),
    ResumeWorker(usize),
}

/// Disturbs the scene, one disturbance after the other; what one of them took away may still be
/// missing when the next one comes.
pub(super) struct Director<'a> {
    scene: &'a mut Scene,
    rng: Rng,
    /// What is left of a shuffled deck: every disturbance comes again and again. The first deck has
    /// one of each, so that a short run sees most of them.
    deck: Vec<Disturbance>,
    agenda: Vec<(Instant, Mend)>,
}

impl<'a> Director<'a> {
    pub(super) fn new(scene: &'a mut Scene, mut rng: Rng) -> Self {
        Self {
            deck: Self::shuffled(&mut rng, |_| 1),
            scene,
            rng,
            agenda: Vec::new(),
        }
    }

    /// Disturbs until the time `until`. Times are said from `begin` on.
    pub(super) fn disturb(&mut self, begin: Instant, until: Instant, say: &mut impl FnMut(&str)) {
        while Instant::now() < until {
            let next = Instant::now() + self.between(BETWEEN_MS);
            self.mend_until(next.min(until));
            if Instant::now() < until {
                let disturbance = self.draw();
                let mut say = |words: &str| say(&stamped(begin, words));
                self.carry_out(disturbance, &mut say);
            }
        }
    }

    /// Brings back whatever is away.
    pub(super) fn mend(&mut self, begin: Instant, say: &mut impl FnMut(&str)) {
        self.agenda.clear();
        for index in 0..WORKERS.len() {
            self.scene.resume_worker(index);
            self.scene.start_worker(index);
        }
        say(&stamped(begin, "all is mended; the last calls settle"));
    }

    fn draw(&mut self) -> Disturbance {
        loop {
            match self.deck.pop() {
                Some(disturbance) => return disturbance,
                None => self.deck = Self::shuffled(&mut self.rng, |share| share),
            }
        }
    }

    /// A new deck, in which `count` says how many there are of a disturbance with such a share.
    fn shuffled(rng: &mut Rng, count: impl Fn(usize) -> usize) -> Vec<Disturbance> {
        let mut deck: Vec<_> = Disturbance::SHARES
            .into_iter()
            .flat_map(|(disturbance, share)| iter::repeat_n(disturbance, count(share)))
            .collect();
        rng.shuffle(&mut deck);
        deck
    }

    fn between(&mut self, (least, most): (u64, u64)) -> Duration {
        Duration::from_millis(self.rng.u64(least..=most))
    }

    /// Waits until `time`, and mends meanwhile what is due.
    fn mend_until(&mut self, time: Instant) {
        loop {
            self.agenda.sort_by_key(|(due, _)| *due);
            let due = self.agenda.first().map(|(due, _)| *due);
            let Some(due) = due.filter(|due| *due <= time) else {
                break;
            };
            thread::sleep(due.saturating_duration_since(Instant::now()));
            match self.agenda.remove(0).1 {
                Mend::StartWorker(index) => self.scene.start_worker(index),
                Mend::ResumeWorker(index) => self.scene.resume_worker(index),
            }
        }
        thread::sleep(time.saturating_duration_since(Instant::now()));
    }

    fn later(&mut self, mend: Mend) -> Duration {
        let away = self.between(AWAY_MS);
        self.agenda.push((Instant::now() + away, mend));
        away
    }

    fn carry_out(&mut self, disturbance: Disturbance, say: &mut impl FnMut(&str)) {
        match disturbance {
            Disturbance::KillWorker => self.end_worker("killed", Scene::kill_worker, say),
            Disturbance::StopWorker => self.end_worker("told to stop", Scene::stop_worker, say),
            Disturbance::KillAllWorkers => {
                for index in 0..WORKERS.len() {
                    self.scene.kill_worker(index);
                    self.later(Mend::StartWorker(index));
                }
                say("all workers killed, back one by one");
            }
            Disturbance::PauseWorker => {
                if let Some(index) = self.awake_worker() {
                    self.scene.pause_worker(index);
                    let away = self.later(Mend::ResumeWorker(index));
                    say(&format!("{} held for {}", WORKERS[index], seconds(away)));
                }
            }
            Disturbance::CloseConnection => self.close_connection(say),
            Disturbance::CutConnection => {
                if let Some(whose) = self.first_of_the_ways(Way::cut) {
                    say(&format!("{whose} connection is cut"));
                }
            }
            Disturbance::FreezeConnection => {
                if let Some(whose) = self.first_of_the_ways(Way::freeze) {
                    say(&format!("{whose} connection falls silent for good"));
                }
            }
            Disturbance::StopNode => self.restart_node(Loss::Stopped, say),
            Disturbance::KillNode => self.restart_node(Loss::Killed, say),
        }
    }

    fn end_worker(
        &mut self,
        how: &str,
        end: impl Fn(&mut Scene, usize),
        say: &mut impl FnMut(&str),
    ) {
        if let Some(index) = self.awake_worker() {
            let away = self.later(Mend::StartWorker(index));
            say(&format!(
                "{} {how}, back in {}",
                WORKERS[index],
                seconds(away)
            ));
            end(self.scene, index);
        }
    }

    fn awake_worker(&mut self) -> Option<usize> {
        let awake = self.scene.awake();
        self.rng.choice(awake)
    }

    /// Does it to somebody's connection to the broker, and says whose; `None` if there is none.
    /// `disturb` says how many there were.
    fn first_of_the_ways(&mut self, disturb: impl Fn(&Way) -> usize) -> Option<String> {
        let mut ways = self.scene.ways();
        self.rng.shuffle(&mut ways);
        ways.into_iter()
            .find(|(_, way)| disturb(way) > 0)
            .map(|(whose, _)| whose)
    }

    /// As an operator would, on the management page.
    fn close_connection(&mut self, say: &mut impl FnMut(&str)) {
        let open = self.scene.management.connections();
        match self.rng.choice(open) {
            Some(OpenConnection { name, owner, .. }) => {
                let whose = owner.unwrap_or("a caller".to_owned());
                say(&format!("broker closes {whose}'s connection"));
                self.scene.management.close_connection(&name);
            }
            // The broker's list is some seconds behind.
            None => self.carry_out(Disturbance::CutConnection, say),
        }
    }

    fn restart_node(&mut self, how: Loss, say: &mut impl FnMut(&str)) {
        let nodes = self.scene.broker.nodes().len();
        let index = self.rng.usize(..nodes);
        let which = match nodes {
            1 => "broker".to_owned(),
            _ => format!("node {} of {nodes}", index + 1),
        };
        say(&match how {
            Loss::Stopped => format!("{which} told to stop …"),
            Loss::Killed => format!("{which} killed …"),
        });
        self.scene.broker.lose(index, how);
        thread::sleep(self.between(AWAY_MS));
        self.scene.broker.bring_back(index);
        say("… and started again");
    }
}

fn stamped(begin: Instant, words: &str) -> String {
    format!("{:>8}  {words}", seconds(begin.elapsed()))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
