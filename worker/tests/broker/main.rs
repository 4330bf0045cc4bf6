//! The worker on a real broker.
//!
//! - `serving`: what a caller gets, and how many at once.
//! - `cancels`: calls that are given up before they come, while they wait, while they run.
//! - `faults`: requests that end in a fault, and a worker that goes on.
//! - `deaths`: workers that die with a request in their hands.
//! - `deadlines`: requests whose time is over before their turn comes.
//! - `progress`: what callers are told before their replies.
//! - `repeats`: requests that come again.
//! - `pings`: who serves the queue, and whether anybody does.
//! - `endings`: broken connections, a broker that restarts, shutdown.
//! - `nodes`: a broker of several nodes, of which some are dead.
//! - `services`: several procedures and queues, and what they know of their callers.
//! - `topology`: what is declared, and what is used as it is.
//! - `abuse`: callers who mean no good, and what bounds them.
//! - `unreadable`: messages that the broker should not have taken.
//! - `fuzz`: arbitrary ones.
//! - `tls`: encrypted connections.
//! - `watched`: metrics and readiness.
//! - `traces`: requests as spans.
//! - `program`: the binary's exit codes and signals.
//! - `example`: a service of another shape, and its own client.
//! - `deployment`: the files with which operators run it.
//! - `peers`: programs in the form of RabbitMQ's tutorials.
//!
//! The others are the stage: `stage` a virtual host and a worker, `caller` a client, `raw` one that
//! writes its frames by itself, `gated` a handler that waits for a word, `process` programs.

mod abuse;
mod caller;
mod cancels;
mod deadlines;
mod deaths;
mod deployment;
mod endings;
mod example;
mod faults;
mod fuzz;
mod gated;
mod nodes;
mod peers;
mod pings;
mod process;
mod program;
mod progress;
mod raw;
mod repeats;
mod services;
mod serving;
mod stage;
mod tls;
mod topology;
mod traces;
mod unreadable;
mod watched;
