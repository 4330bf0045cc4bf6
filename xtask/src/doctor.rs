//! `cargo xtask doctor`: what is missing, and how to mend it.

use std::io::{self, Write};

use anyhow::Result;
use warren_rabbitmq::is_free;

use crate::Checkout;
use crate::tools::{Prerequisite, TO_AUDIT, TO_BENCH, TO_BUILD, TO_TEST};

/// Ports that `cargo xtask up` would like to have.
const PORTS: [(u16, &str); 4] = [
    (8080, "the page"),
    (5672, "AMQP"),
    (15674, "Web-STOMP"),
    (15672, "RabbitMQ's management"),
];

/// Prints each prerequisite with its version or its remedy. True if nothing is missing.
///
/// # Errors
/// Standard output is closed.
pub fn run(checkout: &Checkout) -> Result<bool> {
    let mut out = io::stdout().lock();
    writeln!(out, "To run Warren (cargo xtask up):")?;
    let mut complete = report(
        &mut out,
        checkout,
        TO_BUILD.iter().chain(&[Prerequisite::RabbitMq]),
    )?;
    writeln!(out, "\nTo test it, besides (cargo xtask test):")?;
    complete &= report(&mut out, checkout, TO_TEST)?;
    writeln!(
        out,
        "\nTo measure it, or to list what it is made of, besides (cargo xtask bench and audit install these):"
    )?;
    let besides = |tool: &&Prerequisite| !TO_TEST.contains(tool);
    // Whoever measures nothing misses nothing.
    report(
        &mut out,
        checkout,
        TO_BENCH.iter().chain(TO_AUDIT).filter(besides),
    )?;
    writeln!(out, "\nPorts:")?;
    for (port, what) in PORTS {
        let state = if is_free(port) {
            "free"
        } else {
            "taken: cargo xtask up takes another, and says so"
        };
        writeln!(out, "  {port:<6} {what:<22} {state}")?;
    }
    if !complete {
        writeln!(
            out,
            "\ncargo xtask up and cargo xtask test install what is missing, as far as they may."
        )?;
    }
    Ok(complete)
}

fn report<'a>(
    out: &mut impl Write,
    checkout: &Checkout,
    prerequisites: impl IntoIterator<Item = &'a Prerequisite>,
) -> io::Result<bool> {
    let mut complete = true;
    for prerequisite in prerequisites {
        let name = prerequisite.name();
        match prerequisite.find(checkout) {
            Some(found) => writeln!(out, "  found    {name:<24} {found}")?,
            None => {
                complete = false;
                writeln!(out, "  missing  {name:<24} {}", prerequisite.remedy())?;
            }
        }
    }
    Ok(complete)
}
