//! `web` over Web-STOMP.

use warren_stomp::{Command, Frame};

use crate::stage;
use crate::web_stomp::WebStomp;

/// A queue whose name the broker makes up, as Warren's client asks for one.
const SERVER_NAMED: [(&str, &str); 2] = [("x-queue-name", ""), ("exclusive", "true")];

fn subscribe(destination: &str, headers: &[(&str, &str)]) -> Frame {
    let frame = Frame::new(Command::Subscribe)
        .with_header("id", "subscription")
        .with_header("destination", destination);
    with(frame, headers)
}

fn send(destination: &str, headers: &[(&str, &str)]) -> Frame {
    let frame = Frame::new(Command::Send).with_header("destination", destination);
    with(frame, headers)
}

fn with(frame: Frame, headers: &[(&str, &str)]) -> Frame {
    headers
        .iter()
        .fold(frame, |frame, (name, value)| frame.with_header(name, value))
}

/// Each on a connection of its own, as the broker ends those on which something is refused.
async fn check(vhost: &str, frames: impl IntoIterator<Item = Frame>, expected: bool) {
    stage(vhost);
    for frame in frames {
        let session = WebStomp::connect("web", vhost).await;
        let mut session = session.expect("web may log in");
        let taken = session.is_taken(frame.clone()).await;
        assert_eq!(taken, expected, "{frame:?}");
    }
}

#[tokio::test]
async fn it_may_call_and_hear_its_own_bounces() {
    let reply_to = [("reply-to", "/temp-queue/rpc")];
    let frames = [
        subscribe("/exchange/rpc.bounce/client-id", &SERVER_NAMED),
        send("/exchange/rpc_queue/client-id", &reply_to),
        send("/exchange/rpc_queue.control/client-id", &reply_to),
        send("/exchange/rpc_queue/client-id", &[("user-id", "web")]),
    ];
    check("stomp-calls", frames, true).await;
}

#[tokio::test]
async fn it_subscribes_to_nothing_of_others() {
    let frames = [
        subscribe("/amq/queue/rpc_queue", &[]),
        subscribe("/queue/rpc_queue", &[]),
        subscribe("/exchange/rpc_queue/client-id", &SERVER_NAMED),
        subscribe("/exchange/rpc_queue.control/client-id", &SERVER_NAMED),
        subscribe("/exchange/amq.topic/#", &SERVER_NAMED),
        subscribe("/exchange/amq.rabbitmq.trace/#", &SERVER_NAMED),
        subscribe("/topic/#", &SERVER_NAMED),
        subscribe("/amq/queue/amq.gen-somebodys", &[]),
    ];
    check("stomp-subscribes", frames, false).await;
}

#[tokio::test]
async fn it_leaves_no_queue_behind() {
    let bounces = "/exchange/rpc.bounce/client-id";
    let lasting = [("durable", "true"), ("auto-delete", "false")];
    let named = |name| [("x-queue-name", name), lasting[0], lasting[1]];
    let frames = [
        subscribe("/queue/another", &[]),
        subscribe("/queue/amq.gen-mine", &[]),
        subscribe("/queue/stomp-subscription-mine", &lasting),
        subscribe(bounces, &lasting),
        subscribe(bounces, &named("rpc_queue")),
        subscribe(bounces, &named("stomp-subscription-mine")),
        subscribe(bounces, &named("stomp.gen-mine")),
        subscribe(bounces, &[("x-queue-name", ""), ("x-queue-type", "stream")]),
        send("/queue/another", &[]),
    ];
    check("stomp-queues", frames, false).await;
}

#[tokio::test]
async fn it_sends_nowhere_else() {
    let frames = [
        send("/amq/queue/rpc_queue", &[]),
        send("/queue/rpc_queue", &[]),
        send("/reply-queue/amq.gen-somebodys", &[]),
        send("/exchange/rpc.bounce/another-client", &[]),
        send("/exchange/amq.topic/key", &[]),
        send("/exchange/amq.fanout/key", &[]),
        send("/topic/key", &[]),
        send("/temp-queue/rpc", &[]),
        send("/exchange/rpc_queue/client-id", &[("user-id", "worker")]),
        send("/exchange/rpc_queue/client-id", &[("user-id", "guest")]),
    ];
    check("stomp-sends", frames, false).await;
}
