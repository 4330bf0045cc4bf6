//! `worker` over AMQP.

use crate::act::{
    Act, Kind,
    Outcome::{Allowed, Refused},
    check,
};
use crate::{BOUNCES, CONTROL, SERVICE};

#[tokio::test]
async fn a_worker_may_do_what_serving_needs_and_no_more() {
    let cases = [
        (Act::DeclareExchange(BOUNCES, Kind::Direct), Allowed),
        (Act::DeclareExchange(SERVICE, Kind::Fanout), Allowed),
        (Act::DeclareExchange(CONTROL, Kind::Fanout), Allowed),
        (Act::DeclareQueue(SERVICE), Allowed),
        (Act::Bind(SERVICE, SERVICE), Allowed),
        (Act::Listen("", CONTROL), Allowed),
        (Act::Get(SERVICE), Allowed),
        (Act::Publish("", "any-reply-queue"), Allowed),
        (Act::Publish("amq.topic", "key"), Refused),
        (Act::Publish(CONTROL, "key"), Refused),
        (Act::DeclareQueue("another"), Refused),
        (Act::Listen("", BOUNCES), Refused),
    ];
    check("worker", "worker-permissions", &cases).await;
}
