//! A broker, workers and a network, of which everything can fail that fails in the world: the
//! other half of the promise, with what is likely instead of what is conceivable.

mod chances;
mod peers;

use std::{
    collections::{BTreeMap, HashMap},
    mem,
};

use proptest::prelude::*;

use self::chances::{Fate, Step, fate, step};
use super::*;
use crate::{PasscodeSource, Token, Urls};

/// How long a token is good, if there are some: less than it takes a call to settle, at times.
const TOKEN_LIFE: Duration = Duration::from_secs(5);

/// What is on its way to the client.
struct OnTheWay {
    /// The connection that it is on; `None` comes over any.
    connection: Option<usize>,
    what: What,
}

enum What {
    Passcode(Result<Token, String>),
    Opened,
    Frame(Frame),
    HeartBeat,
    Closed,
}

struct Network {
    world: World,
    workers: usize,
    refuse: u8,
    /// Counts the connections that were opened.
    connection: usize,
    connected: bool,
    cut: bool,
    /// The queue has no leader, and drops what comes on connections of which it took nothing before.
    leaderless: bool,
    /// Whether the queue has taken something that came on this connection.
    taken: bool,
    on_the_way: BTreeMap<(Duration, usize), OnTheWay>,
    sent: usize,
    /// How many passcodes were asked for.
    asked: usize,
    fates: Vec<Fate>,
    /// The calls, and when each is due.
    made: Vec<(Uuid, Duration)>,
    cancelled: Vec<Uuid>,
    /// How often each call was sent that must not be sent twice.
    precious: HashMap<Uuid, usize>,
}

impl Network {
    /// With so many nodes, and with tokens in place of a password, if they are to run out.
    fn new(fates: Vec<Fate>, nodes: usize, tokens: bool) -> Self {
        let urls = (0..nodes).map(|number| format!("ws://{number}/ws"));
        let mut config = Config {
            urls: Urls::new(urls).expect("there is a node"),
            ..Config::default()
        };
        if tokens {
            let source = PasscodeSource::new(|| async { Err::<Token, _>("not in virtual time") });
            config.passcode = source.into();
        }
        let mut network = Self {
            world: World::new(config),
            workers: 1,
            refuse: 0,
            connection: 0,
            connected: false,
            cut: false,
            leaderless: false,
            taken: false,
            on_the_way: BTreeMap::new(),
            sent: 0,
            asked: 0,
            fates,
            made: Vec::new(),
            cancelled: Vec::new(),
            precious: HashMap::new(),
        };
        network.react();
        network
    }

    fn is_cluster(&self) -> bool {
        self.world.engine.config.urls.iter().len() > 1
    }

    fn fate(&mut self) -> Fate {
        let fate = self.fates[self.sent % self.fates.len()].clone();
        self.sent += 1;
        fate
    }

    fn deliver(&mut self, after: u64, connection: Option<usize>, what: What) {
        self.sent += 1;
        let at = self.world.now + ms(after);
        let on_the_way = OnTheWay { connection, what };
        self.on_the_way.insert((at, self.sent), on_the_way);
    }

    fn answer(&mut self, after: u64, frame: Frame) {
        self.deliver(after, Some(self.connection), What::Frame(frame));
    }

    /// Does what follows from what the client has done.
    fn react(&mut self) {
        while self.asked < self.world.asked.len() {
            self.asked += 1;
            self.give_passcode();
        }
        if self.world.socket && !self.connected {
            self.connected = true;
            self.cut = false;
            self.taken = false;
            self.connection += 1;
            let what = if self.refuse > 0 {
                self.refuse -= 1;
                What::Closed
            } else {
                What::Opened
            };
            self.deliver(1, Some(self.connection), what);
        }
        if !self.world.socket {
            self.connected = false;
        }
        for frame in mem::take(&mut self.world.sent) {
            self.take(&frame);
        }
        self.world.drops_requests = self.leaderless && !self.taken;
    }

    /// Lets time pass, in which things arrive and the client's timer fires.
    fn pass(&mut self, time: u64) {
        let end = self.world.now + ms(time);
        loop {
            let next = self.on_the_way.first_key_value().map(|(key, _)| *key);
            let timer = self.world.engine.poll_timeout();
            match next {
                Some(key) if key.0 <= end && timer.is_none_or(|timer| key.0 <= timer) => {
                    self.world.now = self.world.now.max(key.0);
                    let on_the_way = self.on_the_way.remove(&key).expect("it is the first");
                    self.arrive(on_the_way);
                }
                _ if timer.is_some_and(|timer| timer <= end) => {
                    let until = timer.expect("this was looked at");
                    self.world.pass(until.saturating_sub(self.world.now));
                }
                _ => break,
            }
            self.react();
        }
        self.world.now = end;
    }

    fn arrive(&mut self, on_the_way: OnTheWay) {
        let connection = Some(self.connection);
        let OnTheWay {
            connection: on,
            what,
        } = on_the_way;
        let is_passcode = matches!(what, What::Passcode(_));
        let is_over = !self.world.socket || on.is_some() && on != connection;
        if is_over && !is_passcode {
            return;
        }
        match what {
            What::Passcode(answer) => {
                self.world.engine.handle_passcode(self.world.now, answer);
                self.world.drain();
            }
            What::Closed => self.world.closed(1000, "STOMP died"),
            _ if self.cut => {}
            What::Opened => self.world.opened(),
            What::Frame(frame) => self.world.receive(&frame),
            What::HeartBeat => {
                self.world.receive_bytes(b"\n");
                self.deliver(10_000, connection, What::HeartBeat);
            }
        }
    }

    fn call(&mut self, idempotent: bool, policy: Policy, deadline: u64, progress: bool) -> Uuid {
        let due = self.world.now + ms(deadline);
        let id = self.world.call(Request {
            idempotent,
            policy,
            progress: progress.then_some(ms(100)),
            ..within(ms(deadline))
        });
        self.made.push((id, due));
        if !idempotent {
            self.precious.insert(id, 0);
        }
        id
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Call {
                idempotent,
                policy,
                deadline,
                progress,
            } => {
                self.call(idempotent, policy, deadline, progress);
            }
            Step::Cancel(which) => {
                if !self.made.is_empty() {
                    let (id, _) = self.made[which.index(self.made.len())];
                    if !self.world.settled_at.contains_key(&id) {
                        self.cancelled.push(id);
                    }
                    self.world.cancel(id);
                }
            }
            Step::Pass(time) => self.pass(time),
            Step::Close(code) => {
                if self.world.socket {
                    self.world.closed(code, "");
                }
            }
            Step::Cut => self.cut = true,
            Step::Refuse(times) => self.refuse = times,
            Step::Workers(number) => self.workers = number,
            // Only queues of a cluster have leaders.
            Step::Leaderless(is_leaderless) => {
                self.leaderless = is_leaderless && self.is_cluster();
            }
            Step::Wake => {
                self.world.engine.handle_wake(self.world.now);
                self.world.drain();
            }
        }
        self.react();
        // What is due right now is the timer's to notice.
        self.pass(0);
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let mut outcomes: HashMap<Uuid, usize> = HashMap::new();
        for (id, _) in &self.world.settled {
            *outcomes.entry(*id).or_default() += 1;
        }
        let mut pending = 0;
        for (id, due) in &self.made {
            let count = outcomes.get(id).copied().unwrap_or(0);
            let given_up = self.cancelled.contains(id);
            prop_assert!(count + usize::from(given_up) <= 1, "{id} settled twice");
            match self.world.settled_at.get(id) {
                Some(at) => prop_assert!(at <= due, "{id} settled at {at:?}, due {due:?}"),
                None if given_up => {}
                None => {
                    prop_assert!(*due > self.world.now, "{id} was due at {due:?}");
                    pending += 1;
                }
            }
        }
        prop_assert_eq!(self.world.engine.calls.len(), pending);
        let (entries, expected) = self.world.engine.calls.entries();
        prop_assert_eq!(entries, expected, "what is settled leaves nothing behind");
        for (id, times) in &self.precious {
            prop_assert!(
                *times <= 1,
                "{id} is not idempotent and was sent {times} times"
            );
        }
        Ok(())
    }

    /// From here on, no worker fails; the network and the broker do.
    fn serve_well(&mut self) {
        self.workers = 1;
        self.fates = vec![Fate::Answered(5)];
    }

    /// From here on, nothing else fails either.
    fn calm_down(&mut self) {
        self.refuse = 0;
        self.leaderless = false;
        self.react();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whatever_fails_each_call_settles_once_and_in_time_and_the_next_succeeds(
        steps in prop::collection::vec(step(), 0..30),
        fates in prop::collection::vec(fate(), 1..20),
        nodes in 1usize..4,
        tokens: bool,
    ) {
        let mut network = Network::new(fates, nodes, tokens);
        for step in &steps {
            network.step(step);
            network.check()?;
        }
        network.serve_well();
        let early = network.call(true, Policy::WaitForWorker, 240_000, false);
        network.pass(1_000);
        network.calm_down();
        let late = network.call(true, Policy::WaitForWorker, 120_000, false);
        // A silent cut takes two heart-beats to be noticed, and a try to connect at most as long
        // as a step of it plus the longest wait.
        network.pass(120_000);
        network.check()?;
        for id in [early, late] {
            prop_assert!(network.world.outcome(id).is_ok(), "{:?}", network.world.outcome(id));
        }
    }
}
