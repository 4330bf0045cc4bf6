//! Workers that die while they compute, and calls that are given up while they are computed.

use warren_client::CallError;
use warren_contract::{Fibonacci, Pong};
use warren_e2e::{PATIENCE, Stack, until};

use crate::{ENDLESS, GENEROUS, within, workers};

#[tokio::test(flavor = "multi_thread")]
async fn another_worker_answers_when_one_is_killed_while_it_computes() {
    let stack = Stack::shared();
    let client = stack.client();
    let mut running = ["hare", "rabbit"].map(|name| Some(stack.worker(name, &[])));
    let call = client.call_with::<Fibonacci>(45, GENEROUS);
    let mut killed = String::new();
    workers(&client, |pongs| {
        let busy = pongs.iter().find(|pong| pong.busy == 1);
        killed = busy.map(|pong| pong.name.clone()).unwrap_or_default();
        busy.is_some()
    })
    .await;
    for worker in &mut running {
        worker.take_if(|worker| worker.name() == killed);
    }
    let reply = within(call).await.expect("the other worker answers");
    assert_eq!(reply.value, 1_134_903_170);
    let by = reply.worker.expect("a name");
    assert!(by == "hare" || by == "rabbit");
    assert_ne!(by, killed);
    assert_eq!(client.counters().borrow().unmatched, 0, "it answers once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_leaves_no_connection() {
    let stack = Stack::shared();
    let worker = stack.worker("hare", &[]);
    let known = async || stack.worker_connections() == ["hare"];
    until("the broker tells of the worker", PATIENCE, known).await;
    let status = worker.stop().expect("the worker can be stopped");
    assert!(status.success(), "{status}");
    let forgotten = async || stack.worker_connections().is_empty();
    until("the broker knows of none", PATIENCE, forgotten).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_is_not_computed_to_its_end() {
    let stack = Stack::shared();
    let _worker = stack.worker("hare", &["--concurrency", "1"]);
    let client = stack.client();
    let cancelled = client.call_with::<Fibonacci>(ENDLESS, GENEROUS);
    let dropped = client.call_with::<Fibonacci>(ENDLESS, GENEROUS);
    let busy = |pongs: &[Pong]| pongs.iter().any(|pong| pong.busy == 1);
    workers(&client, busy).await;
    cancelled.cancel();
    assert_eq!(within(cancelled).await, Err(CallError::Cancelled));
    drop(dropped);
    // Were either still computed, it would keep the only core for minutes.
    let reply = within(client.call_with::<Fibonacci>(10, GENEROUS)).await;
    assert_eq!(reply.expect("a reply").value, 55);
    workers(&client, |pongs| {
        let served = |pong: &Pong| (pong.busy, pong.served, pong.failed) == (0, 1, 0);
        pongs.iter().any(served)
    })
    .await;
}
