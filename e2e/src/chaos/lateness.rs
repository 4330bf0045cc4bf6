//! How late the machine is: nobody can be on time whose threads are not given a processor.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often the threads are looked at.
const TICK: Duration = Duration::from_millis(2);

/// Less than this is not worth a note.
const NOTED: Duration = Duration::from_millis(1);

/// Watches for how long threads were ready to run, and waited for a processor, by what Linux
/// counts for each of them. Where there is no such count, it takes the machine for punctual.
#[derive(Debug)]
pub(super) struct Lateness {
    watched: Watched,
    notes: Arc<Mutex<Vec<Note>>>,
    stop: Arc<AtomicBool>,
    watching: Option<JoinHandle<()>>,
}

/// The threads that are watched.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched(Arc<Mutex<Vec<Thread>>>);

#[derive(Debug)]
struct Thread {
    statistics: PathBuf,
    waited: Duration,
}

/// Between these times, which are a tick apart, a thread waited for so long; what it had waited
/// before, without a pause, is counted there as well.
#[derive(Clone, Copy, Debug)]
struct Note {
    from: Instant,
    to: Instant,
    waited: Duration,
}

impl Lateness {
    pub(super) fn watch() -> Self {
        let watched = Watched::default();
        let notes = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let watching = {
            let (watched, notes, stop) = (watched.clone(), Arc::clone(&notes), Arc::clone(&stop));
            thread::spawn(move || {
                let mut from = Instant::now();
                while !stop.load(Ordering::Relaxed) {
                    thread::sleep(TICK);
                    let waits = watched.look();
                    let to = Instant::now();
                    let new = waits.map(|waited| Note { from, to, waited });
                    lock(&notes).extend(new);
                    from = to;
                }
            })
        };
        Self {
            watched,
            notes,
            stop,
            watching: Some(watching),
        }
    }

    /// Where threads enrol.
    pub(super) fn watched(&self) -> Watched {
        self.watched.clone()
    }

    /// For how long the threads waited between these times, all together.
    pub(super) fn between(&self, from: Instant, to: Instant) -> Duration {
        let notes = lock(&self.notes);
        let of_that_time = notes
            .iter()
            .rev()
            .take_while(|note| note.to >= from)
            .filter(|note| note.from <= to);
        of_that_time.map(|note| note.waited).sum()
    }

    /// The longest that a thread ever waited.
    pub(super) fn longest(&self) -> Duration {
        let notes = lock(&self.notes);
        let waits = notes.iter().map(|note| note.waited);
        waits.max().unwrap_or_default()
    }
}

impl Drop for Lateness {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(watching) = self.watching.take() {
            // It does not panic, and if it did, the run's outcome would be the same.
            let _ = watching.join();
        }
    }
}

impl Watched {
    /// Enrols the thread that calls this.
    pub(super) fn enrol(&self) {
        // The link names the thread's own folder, which others can read as well.
        if let Ok(folder) = fs::canonicalize("/proc/thread-self") {
            lock(&self.0).push(Thread {
                statistics: folder.join("schedstat"),
                waited: Duration::ZERO,
            });
        }
    }

    /// For how long each thread that is worth a note has waited since the last look.
    fn look(&self) -> impl Iterator<Item = Duration> {
        let mut waits = Vec::new();
        for thread in lock(&self.0).iter_mut() {
            if let Some(waited) = thread.read() {
                waits.push(waited.saturating_sub(thread.waited));
                thread.waited = waited;
            }
        }
        waits.into_iter().filter(|waited| *waited >= NOTED)
    }
}

impl Thread {
    /// For how long it has waited since its start: the second number, in nanoseconds.
    fn read(&self) -> Option<Duration> {
        let statistics = fs::read_to_string(&self.statistics).ok()?;
        let waited = statistics.split_whitespace().nth(1)?.parse().ok()?;
        Some(Duration::from_nanos(waited))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder panics")
}
