//! A broker of several nodes.

use std::{future::pending, time::Duration};

use tokio::time::timeout;

use super::{
    memory::Memory,
    rig::{Nap, QUEUE, Rig, nap, naps, request, worker},
};
use crate::{Refusal, Service, TlsError, error::BrokerError};

fn three() -> [Memory; 3] {
    [(); 3].map(|()| Memory::default())
}

fn away() -> BrokerError {
    BrokerError::Lost("connection refused".to_owned())
}

fn untrusted() -> Refusal {
    TlsError::NotEncrypted.into()
}

/// A worker at these nodes.
async fn serve(nodes: &[Memory]) -> Rig {
    Rig::serve_at_any(nodes.to_vec(), worker(), vec![naps()]).await
}

/// Has a request served that is sent to this node alone.
async fn served_by(rig: &mut Rig, node: &Memory, id: &str) {
    rig.at(10_000).await;
    node.send(QUEUE, request(id, "1"));
    let settled = timeout(Duration::from_secs(60), node.settled()).await;
    settled.expect("the worker is connected there");
    let log = node.log();
    assert!(log.contains(&format!("ack {id}")), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_worker_goes_on_to_a_node_that_is_there() {
    for _ in 0..20 {
        let nodes = three();
        nodes[1].go_down(away());
        nodes[2].go_down(away());
        let mut rig = serve(&nodes).await;
        served_by(&mut rig, &nodes[0], "a").await;
        assert!(nodes[1].connections() <= 1 && nodes[2].connections() <= 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_loses_its_node_goes_to_another() {
    for _ in 0..20 {
        let nodes = three();
        let mut rig = serve(&nodes).await;
        let used = |nodes: &[Memory]| nodes.iter().position(|node| node.connections() == 1);
        let first = used(&nodes).expect("it serves at one of them");
        nodes[first].go_down(away());
        nodes[first].cut();
        rig.at(300).await;
        let others = [(first + 1) % 3, (first + 2) % 3].map(|other| nodes[other].clone());
        let next = used(&others).expect("it serves at another one");
        served_by(&mut rig, &others[next], "a").await;
        assert_eq!(others[1 - next].connections(), 0);
    }
}

/// An operator may look before the worker has got any further.
#[tokio::test]
async fn the_monitor_tells_where_the_first_try_will_go() {
    let worker = worker();
    let monitor = worker.monitor.clone();
    let _unpolled = worker.serve_at(vec![Memory::default()], [naps()], pending());
    let expected = format!("{QUEUE} connecting to memory\n");
    assert_eq!(monitor.connections(), expected);
}

#[tokio::test(start_paused = true)]
async fn waits_grow_only_once_all_nodes_have_failed() {
    for _ in 0..50 {
        let nodes = three();
        for node in &nodes {
            node.go_down(away());
        }
        let mut rig = serve(&nodes).await;
        // After each of the first three tries it waits for a quarter of a second at most.
        rig.at(751).await;
        let tried: Vec<_> = nodes.iter().map(Memory::connections).collect();
        assert!(tried.iter().sum::<u64>() > 3, "{tried:?}");
        assert!(!tried.contains(&0), "{tried:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_service_has_an_order_of_its_own() {
    let nodes = three();
    let services =
        (0..60).map(|number| Service::new(format!("naps-{number}")).async_function::<Nap, _>(nap));
    let _rig = Rig::serve_at_any(nodes.to_vec(), worker(), services.collect()).await;
    let connections = nodes.each_ref().map(Memory::connections);
    assert_eq!(connections.iter().sum::<u64>(), 60);
    assert!(
        connections.iter().all(|&count| count > 2),
        "{connections:?}"
    );
}

/// All nodes of a cluster know the same users.
#[tokio::test(start_paused = true)]
async fn a_refusal_of_one_node_is_that_of_all() {
    let nodes = three();
    for node in &nodes {
        node.refuse(QUEUE);
    }
    let refused = serve(&nodes).await.end().await;
    assert!(
        matches!(refused, Err(Refusal::Permission { .. })),
        "{refused:?}"
    );
    assert_eq!(nodes.iter().map(Memory::connections).sum::<u64>(), 1);
}

/// Each node has a certificate of its own.
#[tokio::test(start_paused = true)]
async fn a_worker_gives_up_once_no_node_can_be_trusted() {
    let nodes = three();
    nodes[1].go_down(untrusted());
    nodes[2].go_down(untrusted());
    let mut rig = serve(&nodes).await;
    served_by(&mut rig, &nodes[0], "a").await;

    let nodes = three();
    for node in &nodes {
        node.go_down(untrusted());
    }
    assert_eq!(serve(&nodes).await.end().await.err(), Some(untrusted()));
    assert_eq!(nodes.map(|node| node.connections()), [1; 3]);
}
