//! One service over several queues: the exchange of the service spreads its clients over them.

use warren_client::{CallOptions, Policy};
use warren_contract::{DEFAULT_SERVICE, Fibonacci};
use warren_e2e::{PATIENCE, Stack, Worker, fibonacci, within};
use warren_rabbitmq::Node;

const SHARDS: usize = 2;

/// So many that all of them go to one of two queues once in ten million times.
const CLIENTS: usize = 25;

const OPTIONS: CallOptions = CallOptions {
    deadline: Some(PATIENCE),
    policy: Policy::FailFast,
    progress: None,
    traceparent: None,
};

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_spread_over_the_queues_and_know_the_workers_of_all() {
    let node = Node::temporary_with_plugin("rabbitmq_consistent_hash_exchange", "");
    let node = node.expect("a node");
    let stack = Stack::on(&node);
    stack.delete_exchange(DEFAULT_SERVICE);
    let queues = stack.shard(DEFAULT_SERVICE, SHARDS);
    let worker = |queue: &String| {
        let mut config = stack.worker_config(queue, &[]);
        config.queue.clone_from(queue);
        Worker::start(&config, |_| {}).expect("it starts")
    };
    let _workers: Vec<_> = queues.iter().map(worker).collect();

    let clients: Vec<_> = (0..CLIENTS).map(|_| stack.client()).collect();
    let mut asked = Vec::new();
    for client in &clients {
        let mut seen = client.workers();
        let all = seen.wait_for(|seen| seen.as_ref().is_some_and(|seen| seen.len() == SHARDS));
        within(all).await.expect("the client lives");
        let mut of_client = Vec::new();
        for n in 10..13 {
            let reply = within(client.call_with::<Fibonacci>(n, OPTIONS)).await;
            let reply = reply.expect("it is served");
            assert_eq!(reply.value, fibonacci(n));
            of_client.extend(reply.worker);
        }
        of_client.dedup();
        assert_eq!(of_client.len(), 1, "a client's requests go to one queue");
        asked.extend(of_client);
    }
    asked.sort();
    asked.dedup();
    assert_eq!(asked, queues, "all queues have clients");
}
