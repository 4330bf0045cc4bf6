//! A service of one's own, and its client: seats in a theatre are booked, which takes a struct,
//! waits for a payment, gives back a struct, and must not be done twice.
//!
//! With a broker running, such as the one of `cargo xtask up`:
//!
//! ```sh
//! cargo run -p warren-worker --example bookings -- serve
//! cargo run -p warren-worker --example bookings -- book Ada 2
//! ```

#![expect(clippy::print_stdout, reason = "the client prints what it booked")]

use std::{process::ExitCode, sync::Mutex, time::Duration};

use clap::Parser;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use warren_client::{CallError, Client, Config};
use warren_contract::{Code, Fault, Procedure};
use warren_worker::{AsyncHandler, Context, Options, Service};

/// What both ends agree on: a name, two types, and that a booking is not to be made twice.
enum Book {}

#[derive(Serialize, Deserialize)]
struct Request {
    name: String,
    seats: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Tickets {
    name: String,
    seats: Vec<usize>,
}

impl Procedure for Book {
    const NAME: &'static str = "book";
    const IDEMPOTENT: bool = false;
    type Request = Request;
    type Response = Tickets;
}

/// The worker's side: the seats that are booked.
struct Theatre {
    booked: Mutex<usize>,
}

impl Theatre {
    const SEATS: usize = 10;
}

impl AsyncHandler for Theatre {
    type Procedure = Book;

    async fn handle(&self, request: Request, _context: &Context) -> Result<Tickets, Fault> {
        // In place of a payment service.
        sleep(Duration::from_millis(100)).await;
        let mut booked = self.booked.lock().expect("no holder panics");
        let free = Self::SEATS - *booked;
        if request.seats > free {
            let message = format!("{} seats are wanted, and {free} are free", request.seats);
            return Err(Fault::new(Code::ResourceExhausted, message));
        }
        let first = *booked + 1;
        *booked += request.seats;
        Ok(Tickets {
            name: request.name,
            seats: (first..=*booked).collect(),
        })
    }
}

/// The client's side.
#[tokio::main]
async fn book(config: Config, request: Request) -> Result<Tickets, CallError> {
    let client = Client::connect(config);
    let reply = client.call::<Book>(request).await;
    client.close().await;
    Ok(reply?.value)
}

#[derive(Parser)]
enum Program {
    /// Serve bookings.
    Serve {
        #[command(flatten)]
        options: Box<Options>,
    },
    /// Book seats under a name.
    Book {
        name: String,
        seats: usize,
        /// The broker's Web-STOMP endpoint.
        #[arg(long, default_value = "ws://127.0.0.1:15674/ws")]
        url: String,
        /// The virtual host.
        #[arg(long, default_value = "/")]
        vhost: String,
    },
}

fn main() -> ExitCode {
    const QUEUE: &str = "bookings";
    match Program::parse() {
        Program::Serve { options } => {
            let theatre = Theatre {
                booked: Mutex::new(0),
            };
            options.run([Service::new(QUEUE).async_handler(theatre)])
        }
        Program::Book {
            name,
            seats,
            url,
            vhost,
        } => {
            let config = Config {
                urls: url.into(),
                vhost,
                queue: QUEUE.to_owned(),
                // RabbitMQ's own user, who may do everything on its own machine; `web` may call
                // the Fibonacci service alone.
                login: "guest".to_owned(),
                passcode: "guest".into(),
                ..Config::default()
            };
            match book(config, Request { name, seats }) {
                Ok(Tickets { name, seats }) => println!("{name} has the seats {seats:?}"),
                Err(error) => {
                    println!("{}: {error}", error.code());
                    return ExitCode::FAILURE;
                }
            }
            ExitCode::SUCCESS
        }
    }
}
