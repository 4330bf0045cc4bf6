//! Several procedures, of both kinds, and what they know of their callers.

use std::{
    sync::{Arc, Mutex},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use warren_contract::{Code, Fault};

use super::rig::{Nap, Payment, QUEUE, Rig, nap, naps, request, worker};
use crate::{Context, Handler, Service, context::Caller, request::Request};

#[tokio::test(start_paused = true)]
async fn a_request_is_for_the_procedure_that_it_names_or_the_first() {
    let service = Service::new(QUEUE)
        .function::<Nap>(|ms, _| Ok(ms + 1))
        .async_function::<Payment, _>(async |ms, _| Ok(ms + 2));
    let mut rig = Rig::serve(worker(), vec![service]).await;
    for (id, procedure) in [
        ("a", Some("nap")),
        ("b", Some("payment")),
        ("c", None),
        ("d", Some("Nap")),
    ] {
        rig.memory.send(
            QUEUE,
            Request {
                procedure: procedure.map(str::to_owned),
                ..request(id, "10")
            },
        );
    }
    let log = rig.settled().await;
    let replies: Vec<_> = log.iter().filter(|line| !line.starts_with("ack")).collect();
    assert_eq!(
        replies[..3],
        ["result a: 11", "result b: 12", "result c: 11"]
    );
    assert!(
        replies[3].contains(r#"only \"nap\", \"payment\""#),
        "{replies:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn several_queues_are_served_at_once() {
    let others = Service::new("others").async_function::<Nap, _>(nap);
    let mut rig = Rig::serve(worker(), vec![naps(), others]).await;
    rig.send("a", 10);
    rig.memory.send("others", request("b", "10"));
    let mut log = rig.log_at(10).await;
    log.sort_unstable();
    // Each has its own place, although the worker computes one request of each at a time.
    assert_eq!(log, ["ack a", "ack b", "result a: 10", "result b: 10"]);
    assert_eq!(rig.tally().await.served, 2);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_fault_and_no_end() {
    let service = Service::new(QUEUE)
        .function::<Nap>(|_, _| panic!("secret"))
        .async_function::<Payment, _>(async |ms, _| {
            assert_ne!(ms, 10, "secret");
            Err(Fault::new(Code::OutOfRange, "too long"))
        });
    let mut rig = Rig::serve(worker(), vec![service]).await;
    for (id, procedure, ms) in [
        ("a", "nap", "10"),
        ("b", "payment", "10"),
        ("c", "payment", "20"),
    ] {
        rig.memory.send(
            QUEUE,
            Request {
                procedure: Some(procedure.to_owned()),
                ..request(id, ms)
            },
        );
    }
    let log = rig.settled().await;
    let faults: Vec<_> = log
        .iter()
        .filter(|line| line.starts_with("fault"))
        .collect();
    let failed = |id| {
        format!(
            r#"fault {id}: {{"code":"internal","error":"the worker failed on this request","response":null}}"#
        )
    };
    let refused =
        r#"fault c: {"code":"out_of_range","error":"too long","response":null}"#.to_owned();
    assert_eq!(faults, [&failed("a"), &failed("b"), &refused]);
}

/// Tells whether it computes on the thread of the test; it panics at 0, and is brief up to 10.
struct Whereabouts(ThreadId);

impl Handler for Whereabouts {
    type Procedure = Nap;

    fn is_brief(&self, ms: &u64) -> bool {
        *ms <= 10
    }

    fn handle(&self, ms: u64, _: &Context) -> Result<u64, Fault> {
        assert_ne!(ms, 0, "secret");
        Ok((thread::current().id() == self.0).into())
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_brief_is_computed_at_once_and_its_panic_is_a_fault_and_no_end() {
    let here = thread::current().id();
    let service = Service::new(QUEUE).handler(Whereabouts(here));
    let mut rig = Rig::serve(worker(), vec![service]).await;
    for (id, ms) in [("a", 0), ("b", 10), ("c", 11)] {
        rig.send(id, ms);
    }
    let log = rig.settled().await;
    let replies: Vec<_> = log.iter().filter(|line| !line.starts_with("ack")).collect();
    assert!(replies[0].starts_with("fault a: "), "{replies:?}");
    assert_eq!(replies[1..], ["result b: 1", "result c: 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_procedure_knows_its_caller() {
    let seen: Arc<Mutex<Option<Context>>> = Arc::default();
    let place = Arc::clone(&seen);
    let service = Service::new(QUEUE).function::<Nap>(move |ms, context| {
        *place.lock().expect("no holder panics") = Some(context.clone());
        Ok(ms)
    });
    let mut rig = Rig::serve(worker(), vec![service]).await;
    let sent = Instant::now();
    let headers = [("traceparent", "00-1-2-01"), ("x-lane", "7")];
    let caller = Caller {
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        user_id: Some("web".to_owned()),
    };
    rig.memory.send(
        QUEUE,
        Request {
            expires_in: Some(Duration::from_secs(5)),
            caller: Arc::new(caller),
            ..request("a", "10")
        },
    );
    rig.settled().await;
    let context = seen.lock().expect("no holder panics").clone();
    let context = context.expect("it was called");
    assert_eq!(context.header("x-lane"), Some("7"));
    assert_eq!(context.header("x-other"), None);
    assert_eq!(context.headers().collect::<Vec<_>>(), headers);
    assert_eq!(context.user_id(), Some("web"));
    let left = context.deadline().map(|deadline| deadline - sent);
    assert!(
        left.is_some_and(|left| left.abs_diff(Duration::from_secs(5)) < Duration::from_secs(1)),
        "{left:?}"
    );
}

/// Where the future waits, it ends.
#[tokio::test(start_paused = true)]
async fn a_waiting_procedure_is_dropped_when_its_caller_gives_up() {
    let dropped = Arc::new(());
    let held = Arc::clone(&dropped);
    let service = Service::new(QUEUE).async_function::<Nap, _>(move |ms, context| {
        let held = Arc::clone(&held);
        async move {
            let slept = nap(ms, context).await;
            drop(held);
            slept
        }
    });
    let mut rig = Rig::serve(worker(), vec![service]).await;
    let before = Arc::strong_count(&dropped);
    rig.send("a", 60_000);
    rig.at(10).await;
    assert_eq!(Arc::strong_count(&dropped), before + 1);
    rig.cancel("a");
    assert_eq!(rig.log_at(11).await, ["ack a"]);
    assert_eq!(Arc::strong_count(&dropped), before);
}

#[test]
#[should_panic(expected = r#"the procedure "nap" is served twice"#)]
fn a_procedure_is_served_once() {
    let _ = naps().function::<Nap>(|ms, _| Ok(ms));
}

#[test]
#[should_panic(expected = "at most 247 are allowed")]
fn a_queue_has_a_name_that_fits() {
    let _ = Service::new("q".repeat(248));
}

#[tokio::test]
#[should_panic(expected = r#"nothing is served on "naps""#)]
async fn a_service_has_procedures() {
    let _ = worker().serve([Service::new(QUEUE)], async {}).await;
}
