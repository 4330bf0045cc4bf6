//! `web` over AMQP.

use lapin::BasicProperties;
use lapin::options::BasicGetOptions;

use crate::act::{
    Act, Kind,
    Outcome::{Allowed, Impossible, Locked, Refused},
    bind, check, check_in, declare_queue, publish,
};
use crate::{BOUNCES, CONTROL, SERVICE, channel, stage, within};

#[tokio::test]
async fn it_may_call_and_hear_its_own_answers() {
    let cases = [
        (Act::Publish(SERVICE, "client-id"), Allowed),
        (Act::Publish(CONTROL, "client-id"), Allowed),
        (Act::PublishAs("web"), Allowed),
        (Act::DeclareQueue(""), Allowed),
        (Act::Listen("", BOUNCES), Allowed),
    ];
    check("web", "web-calls", &cases).await;
}

/// RabbitMQ asks for no permission to look at a queue, and for none beyond those to publish to an
/// exchange and to read from another to bind the one to the other. That what bounces would go round
/// for ever is the workers' to prevent.
#[tokio::test]
async fn it_may_see_how_much_waits_and_let_what_bounces_come_back() {
    let cases = [
        (Act::LookAt(SERVICE), Allowed),
        (Act::Bind(SERVICE, BOUNCES), Allowed),
        (Act::BindExchange(SERVICE, BOUNCES), Allowed),
        (Act::BindExchange(CONTROL, BOUNCES), Allowed),
    ];
    check("web", "web-loops", &cases).await;
}

#[tokio::test]
async fn it_takes_no_requests_from_the_queue() {
    let cases = [
        (Act::Get(SERVICE), Refused),
        (Act::Consume(SERVICE), Refused),
        (Act::Purge(SERVICE), Refused),
    ];
    check("web", "web-takes", &cases).await;
}

/// Both exchanges hand everything to every queue that is bound to them.
#[tokio::test]
async fn it_hears_neither_requests_nor_cancels_nor_pings_of_others() {
    let cases = [
        (Act::Listen("", SERVICE), Refused),
        (Act::Listen("", CONTROL), Refused),
        (Act::BindExchange(CONTROL, SERVICE), Refused),
        (Act::BindExchange(SERVICE, CONTROL), Refused),
        (Act::Listen("", "amq.topic"), Refused),
        (Act::Listen("", "amq.rabbitmq.trace"), Refused),
    ];
    check("web", "web-hears", &cases).await;
}

/// A direct exchange takes what would be a wildcard elsewhere as it is.
#[tokio::test]
async fn it_hears_bounces_by_their_whole_key_alone() {
    let vhost = "web-bounces";
    stage(vhost);
    let (_guest, broker) = channel("guest", vhost).await;
    let (_web, web) = channel("web", vhost).await;
    let queue = declare_queue(&web, "").await.expect("web may declare");
    for key in ["#", "*", "", "client-*", "client-#", "client-1"] {
        let bound = bind(&web, &queue, BOUNCES, key).await;
        bound.expect("web may bind a queue of its own");
    }
    for key in ["client-2", "client-1"] {
        let properties = BasicProperties::default().with_correlation_id(key.into());
        let published = publish(&broker, BOUNCES, key, properties).await;
        published.expect("guest may publish");
    }
    let options = BasicGetOptions { no_ack: true };
    let got = within("a bounce", web.basic_get(queue.as_str().into(), options)).await;
    let got = got.expect("the queue is web's").expect("one was for it");
    assert_eq!(got.properties.correlation_id(), &Some("client-1".into()));
    assert_eq!(got.message_count, 0);
}

#[tokio::test]
async fn it_publishes_nowhere_else() {
    let mut cases = vec![
        // By the default exchange, straight to any queue.
        (Act::Publish("", SERVICE), Refused),
        (Act::Publish("", "amq.gen-somebodys"), Refused),
        (Act::Publish("", "amq.rabbitmq.reply-to.somebodys"), Refused),
        (Act::Publish(BOUNCES, "another-client"), Refused),
    ];
    for exchange in [
        "amq.direct",
        "amq.fanout",
        "amq.headers",
        "amq.match",
        "amq.topic",
    ] {
        cases.push((Act::Publish(exchange, SERVICE), Refused));
    }
    check("web", "web-publishes", &cases).await;
}

/// Such names as the broker makes up, too, can be given by the broker alone.
#[tokio::test]
async fn it_declares_no_queue_of_a_name_of_its_own() {
    let cases = [
        (Act::DeclareQueue(SERVICE), Refused),
        (Act::DeclareQueue("another"), Refused),
        (Act::DeclareQueue("stomp-subscription-mine"), Refused),
        (Act::DeclareQueue("stomp.gen-mine"), Refused),
        (Act::DeclareQueue("amq.gen-mine"), Refused),
        (Act::DeleteQueue(SERVICE), Refused),
    ];
    check("web", "web-queues", &cases).await;
}

/// They would fill the disk, and nobody would own them.
#[tokio::test]
async fn it_declares_neither_streams_nor_quorum_queues() {
    let cases = [
        (Act::DeclareLasting("", "stream"), Impossible),
        (Act::DeclareLasting("", "quorum"), Impossible),
        (
            Act::DeclareLasting("stomp-subscription-mine", "stream"),
            Refused,
        ),
        (Act::DeclareLasting("another", "quorum"), Refused),
    ];
    check("web", "web-lasting-queues", &cases).await;
}

/// Exchanges are never deleted for lack of use, and no limit counts them.
#[tokio::test]
async fn it_declares_and_deletes_no_exchange() {
    let cases = [
        (Act::DeclareExchange("another", Kind::Topic), Refused),
        (Act::DeclareExchange("amq.gen-mine", Kind::Topic), Refused),
        (
            Act::DeclareExchange("stomp-subscription-mine", Kind::Topic),
            Refused,
        ),
        (Act::DeclareExchange("stomp.gen-mine", Kind::Topic), Refused),
        (Act::DeclareExchange(SERVICE, Kind::Fanout), Refused),
        (Act::DeleteExchange(SERVICE), Refused),
        (Act::DeleteExchange(CONTROL), Refused),
        (Act::DeleteExchange(BOUNCES), Refused),
    ];
    check("web", "web-exchanges", &cases).await;
}

#[tokio::test]
async fn it_takes_no_binding_away() {
    let cases = [(Act::Unbind(SERVICE, SERVICE), Refused)];
    check("web", "web-unbinds", &cases).await;
}

/// Even if it knows its name, which has 128 random bits.
#[tokio::test]
async fn it_does_nothing_with_anothers_temporary_queue() {
    let vhost = "web-others-queue";
    stage(vhost);
    let (_another, another) = channel("web", vhost).await;
    let queue = declare_queue(&another, "").await.expect("web may declare");
    let bound = bind(&another, &queue, BOUNCES, "").await;
    bound.expect("web may bind a queue of its own");
    let cases = [
        (Act::LookAt(&queue), Locked),
        (Act::Get(&queue), Locked),
        (Act::Consume(&queue), Locked),
        (Act::Purge(&queue), Locked),
        (Act::Bind(&queue, BOUNCES), Locked),
        (Act::Unbind(&queue, BOUNCES), Locked),
        (Act::DeleteQueue(&queue), Locked),
        (Act::Publish("", &queue), Refused),
    ];
    check_in("web", vhost, &cases).await;
}

/// What dies in a queue is published with the rights of who declared the queue.
#[tokio::test]
async fn it_lets_no_dead_letters_go_where_it_may_not_publish() {
    let cases = [
        (Act::DeclareWith("x-dead-letter-exchange", ""), Refused),
        (Act::DeclareWith("x-dead-letter-exchange", BOUNCES), Refused),
        (
            Act::DeclareWith("x-dead-letter-exchange", "amq.topic"),
            Refused,
        ),
        // It may publish there, too.
        (Act::DeclareWith("x-dead-letter-exchange", SERVICE), Allowed),
    ];
    check("web", "web-dead-letters", &cases).await;
}

#[tokio::test]
async fn it_cannot_say_that_it_is_another_user() {
    let cases = [
        (Act::PublishAs("worker"), Impossible),
        (Act::PublishAs("guest"), Impossible),
    ];
    check("web", "web-forges", &cases).await;
}
