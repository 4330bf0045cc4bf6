//! `warren doctor`: what is wrong between here and the workers, and how to mend it.

use clap::Args;
use serde_json::{Value, json};
use warren_client::{
    Config,
    diagnose::{Check, Finding, Outcome, diagnose},
};
use warren_contract::Code;

use super::{
    broker::Broker,
    failure::Failure,
    output::{print, print_json},
};

#[derive(Args)]
pub(super) struct Arguments {
    /// Print a JSON array of objects with `check`, `outcome` (`passed`, `failed` or `skipped`),
    /// `detail`, and `mend` for what failed.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(broker: Broker, Arguments { json }: Arguments) -> Result<(), Failure> {
    let config = broker.config()?;
    let checks = Check::of(&config).len();
    let mut failed = Vec::new();
    let mut findings = Vec::new();
    let mut printed = Ok(());
    if !json {
        let Config { url, queue, .. } = &config;
        print(&visible(&format!("From here to `{queue}` at {url}:")))?;
    }
    diagnose(&config, |finding| {
        if finding.is_failure() {
            failed.push(finding.check);
        }
        if json {
            findings.push(as_json(&finding));
        } else if printed.is_ok() {
            printed = print(&visible(&as_text(&finding)));
        }
    })
    .await;
    printed?;
    if json {
        print_json(&findings)?;
    }
    match failed[..] {
        [] => Ok(()),
        [first, ..] => {
            let words = format!("{} of {checks} checks failed", failed.len());
            Err(Failure::new(code(first), words))
        }
    }
}

/// A line, and under it what to do if there is something to mend.
fn as_text(Finding { check, outcome }: &Finding) -> String {
    let line = |mark, words| format!("  {mark} {:<18} {words}", check.title());
    match outcome {
        Outcome::Passed { detail } => line('✓', detail),
        Outcome::Failed { detail, mend } => {
            let mend = mend.replace('\n', "\n      ");
            format!("{}\n      {mend}", line('✗', detail))
        }
        Outcome::Skipped { because } => line('–', because),
    }
}

fn as_json(Finding { check, outcome }: &Finding) -> Value {
    let check = check.as_str();
    match outcome {
        Outcome::Passed { detail } => {
            json!({ "check": check, "outcome": "passed", "detail": detail })
        }
        Outcome::Failed { detail, mend } => {
            json!({ "check": check, "outcome": "failed", "detail": detail, "mend": mend })
        }
        Outcome::Skipped { because } => {
            json!({ "check": check, "outcome": "skipped", "detail": because })
        }
    }
}

/// Brokers and workers may say anything, but not to the terminal.
fn visible(words: &str) -> String {
    let visible = |c: char| {
        if c.is_control() && c != '\n' {
            '\u{fffd}'
        } else {
            c
        }
    };
    words.chars().map(visible).collect()
}

/// The code with which calls would fail for it.
const fn code(check: Check) -> Code {
    match check {
        Check::Login => Code::Unauthenticated,
        Check::Vhost => Code::PermissionDenied,
        _ => Code::Unavailable,
    }
}
