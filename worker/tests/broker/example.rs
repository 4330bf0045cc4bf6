//! A service of another shape, and its own client.

use std::{path::Path, process::Command};

use crate::{
    process::{Program, program},
    stage::stage,
};

fn bookings() -> Command {
    let worker = Path::new(env!("CARGO_BIN_EXE_warren-worker"));
    let folder = worker.parent().expect("a program is in a folder");
    let example = folder.join("examples/bookings");
    // Cargo does so for all of the package's tests, but not for this one alone.
    assert!(
        example.exists(),
        "build it: cargo build -p warren-worker --examples"
    );
    program(example)
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_are_booked_until_there_are_none() {
    let url = stage("bookings");
    let node = warren_rabbitmq::shared().expect("RabbitMQ starts");
    let mut worker = Program::serve(bookings().args(["serve", "--amqp", &url]));
    worker.says("[x] Awaiting RPC requests").await;
    let cases = [
        (["Ada", "2"], true, "Ada has the seats [1, 2]"),
        (
            ["Grace", "7"],
            true,
            "Grace has the seats [3, 4, 5, 6, 7, 8, 9]",
        ),
        (
            ["Edsger", "2"],
            false,
            "resource_exhausted: 2 seats are wanted, and 1 are free",
        ),
        (["Barbara", "1"], true, "Barbara has the seats [10]"),
    ];
    for (who, booked, expected) in cases {
        let mut book = bookings();
        book.arg("book").args(who);
        book.args(["--url", &node.ws_url(), "--vhost", "bookings"]);
        let mut client = Program::start(&mut book);
        client.says(expected).await;
        let (status, _) = client.end().await;
        assert_eq!(status.success(), booked, "{expected}");
    }
    worker.signal("TERM");
    worker.says("3 served, 1 faulted").await;
    let (status, log) = worker.end().await;
    assert_eq!(status.code(), Some(0), "{log:?}");
}
