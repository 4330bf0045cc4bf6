//! Messages that the standard does not allow, or hardly, and that RabbitMQ hands on all the same.

use crate::{
    caller::{CLIENT, CONTROL, Caller, id_and_body},
    process::Program,
    raw::{Properties, Raw, long, property, short},
    stage::{QUEUE, stage, until},
};

/// No UTF-8 from beginning to end.
const BYTES: &[u8] = b"\xff\xfe\x80";

/// A worker that must serve all over one connection, and who calls it.
struct Scene {
    url: String,
    worker: Program,
    caller: Caller,
    raw: Raw,
}

impl Scene {
    async fn new(vhost: &str) -> Self {
        let url = stage(vhost);
        let mut worker = Program::worker(&["--amqp", &url]);
        worker.says("Awaiting RPC requests").await;
        Self {
            caller: Caller::connect(&url).await,
            raw: Raw::connect(&url).await,
            url,
            worker,
        }
    }

    /// What a request needs so that it is answered.
    fn properties(&self, correlation_id: &str) -> Properties {
        Properties::default()
            .short(property::CORRELATION_ID, correlation_id)
            .short(property::REPLY_TO, self.caller.reply_queue.as_str())
    }

    /// Publishes a request, which must be answered with `answer`.
    async fn is_answered(&mut self, id: &str, properties: &Properties, answer: &str) {
        self.raw.publish("", QUEUE, properties, b"10").await;
        self.raw.confirmed().await;
        let reply = self.caller.reply().await;
        assert_eq!(id_and_body(&reply), (id, answer));
    }

    /// Ends the worker in order: it has settled all that it got, and never lost its connection.
    async fn end(self) {
        self.worker.signal("TERM");
        let (status, log) = self.worker.end().await;
        assert_eq!(status.code(), Some(0));
        let log = log.join("\n");
        assert!(!log.contains("no connection"), "{log}");
        let caller = Caller::connect(&self.url).await;
        assert_eq!(caller.look_at(QUEUE).await, Some((0, 0)), "all are settled");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_that_are_not_utf8_are_no_trouble() {
    let mut scene = Scene::new("not-utf8").await;
    for property in [
        property::CONTENT_TYPE,
        property::CONTENT_ENCODING,
        property::MESSAGE_ID,
        property::APP_ID,
        property::CLUSTER_ID,
    ] {
        let id = property.to_string();
        let properties = scene.properties(&id).short(property, BYTES);
        scene.is_answered(&id, &properties, "55").await;
    }
    let properties = scene.properties("type").short(property::TYPE, BYTES);
    scene.raw.publish("", QUEUE, &properties, b"10").await;
    scene.raw.confirmed().await;
    let reply = scene.caller.reply().await;
    let (id, body) = id_and_body(&reply);
    assert_eq!(id, "type");
    assert!(body.starts_with("error: no procedure"), "{body}");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_routing_key_that_is_not_utf8_is_no_trouble() {
    let mut scene = Scene::new("not-utf8-key").await;
    let properties = scene.properties("call-1");
    scene.raw.publish(QUEUE, BYTES, &properties, b"10").await;
    scene.raw.confirmed().await;
    let reply = scene.caller.reply().await;
    assert_eq!(id_and_body(&reply), ("call-1", "55"));
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_answered_bounces_as_it_was() {
    let mut scene = Scene::new("not-utf8-id").await;
    let bounces = scene.raw.bounces(CLIENT).await;
    for (property, unusable) in [
        (property::CORRELATION_ID, BYTES),
        (property::REPLY_TO, BYTES),
        (property::REPLY_TO, b"amq.rabbitmq.reply-to.a.b"),
    ] {
        let properties = scene.properties("call-1").short(property, unusable);
        scene.raw.publish(QUEUE, CLIENT, &properties, b"10").await;
        scene.raw.confirmed().await;
        let mut bounced = Vec::new();
        until("it bounces", async || {
            bounced = scene.raw.get(&bounces).await.unwrap_or_default();
            !bounced.is_empty()
        })
        .await;
        let holds = |part: &[u8]| bounced.windows(part.len()).any(|window| window == part);
        assert!(holds(&short(unusable)), "{bounced:?}");
        assert!(holds(b"rejected"), "{bounced:?}");
    }
    scene.end().await;
}

/// RabbitMQ 3.10 ends the connection over which one of these is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_direct_reply_to_is_no_trouble() {
    let mut scene = Scene::new("made-up-direct-reply-to").await;
    for token in ["", "%", "a", "a.b", "a.b.c", "g2dkAA", "g2dkAA.a"] {
        let reply_to = format!("amq.rabbitmq.reply-to.{token}");
        let request = scene.properties(token).short(property::REPLY_TO, reply_to);
        scene.raw.publish("", QUEUE, &request, b"10").await;
        let ping = request.short(property::TYPE, "ping");
        scene.raw.publish(CONTROL, CLIENT, &ping, b"").await;
    }
    scene.raw.confirmed().await;
    scene.caller.ask().await;
    let properties = scene.properties("call-1");
    scene.is_answered("call-1", &properties, "55").await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_every_type_and_depth_are_no_trouble() {
    let mut scene = Scene::new("headers").await;
    let values: [&[u8]; 22] = [
        b"t\x01",
        b"t\xff",
        b"b\xff",
        b"B\xff",
        b"s\xff\xff",
        b"u\xff\xff",
        b"I\xff\xff\xff\xff",
        b"i\xff\xff\xff\xff",
        b"l\xff\xff\xff\xff\xff\xff\xff\xff",
        b"f\x42\x29\xae\x14",
        b"d\x40\x45\x35\xc2\x8f\x5c\x28\xf6",
        b"D\xff\xff\xff\xff\xff",
        b"T\xff\xff\xff\xff\xff\xff\xff\xff",
        b"S\0\0\0\0",
        b"S\0\0\0\x03\xff\xfe\x80",
        b"x\0\0\0\x03\xff\xfe\x80",
        b"V",
        b"A\0\0\0\0",
        b"A\0\0\0\x06A\0\0\0\x01V",
        b"F\0\0\0\0",
        // An entry within a table whose name is not UTF-8.
        b"F\0\0\0\x03\x01\xffV",
        b"A\0\0\0\x08F\0\0\0\x03\x01\xffV",
    ];
    for (index, value) in values.iter().enumerate() {
        let id = format!("value {index}");
        let named = [&short("name"), *value].concat();
        let not_utf8 = [&short(BYTES), *value].concat();
        let progress = [&short("x-progress-ms"), *value].concat();
        let properties = scene
            .properties(&id)
            .headers(&[named, not_utf8, progress].concat());
        scene.is_answered(&id, &properties, "55").await;
    }
    // As deep as a frame of 128 KiB lets it be.
    let deep = (0..25_000).fold(b"V".to_vec(), |inner, _| [b"A", &long(&inner)[..]].concat());
    let properties = scene
        .properties("deep")
        .headers(&[&short("deep")[..], &deep].concat());
    scene.is_answered("deep", &properties, "55").await;
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn control_messages_that_are_not_utf8_are_no_trouble() {
    let mut scene = Scene::new("not-utf8-control").await;
    for kind in [b"ping".as_slice(), b"cancel", BYTES] {
        for damaged in [
            property::CORRELATION_ID,
            property::REPLY_TO,
            property::MESSAGE_ID,
            property::CONTENT_TYPE,
        ] {
            let properties = Properties::default()
                .short(property::TYPE, kind)
                .headers(&[&short(BYTES)[..], b"V"].concat())
                .short(damaged, BYTES);
            scene.raw.publish(CONTROL, BYTES, &properties, b"").await;
        }
    }
    scene.raw.confirmed().await;
    scene.caller.ask().await;
    let properties = scene.properties("call-1");
    scene.is_answered("call-1", &properties, "55").await;
    scene.end().await;
}
