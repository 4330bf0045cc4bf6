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
    /// Print a JSON array of objects with `url`, `check`, `outcome` (`passed`, `failed` or `skipped`),
    /// `detail`, and `mend` for what failed.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(broker: Broker, Arguments { json }: Arguments) -> Result<(), Failure> {
    let config = broker.config()?;
    let mut checks = 0;
    let mut failed = Vec::new();
    let mut findings = Vec::new();
    let mut printed = Ok(());
    let mut looked_at = None;
    diagnose(&config, |finding| {
        checks += 1;
        if finding.is_failure() {
            failed.push((finding.check, finding.url.clone()));
        }
        if json {
            findings.push(as_json(&finding));
            return;
        }
        if looked_at.as_ref() != Some(&finding.url) && printed.is_ok() {
            printed = print(&visible(&heading(&config, &finding.url)));
        }
        if printed.is_ok() {
            printed = print(&visible(&as_text(&finding)));
        }
        looked_at = Some(finding.url);
    })
    .await;
    printed?;
    if json {
        print_json(&findings)?;
    }
    let Some(&(first, _)) = failed.first() else {
        return Ok(());
    };
    let mut words = format!("{} of {checks} checks failed", failed.len());
    if config.urls.iter().len() > 1 {
        failed.dedup_by(|(_, url), (_, before)| url == before);
        let urls: Vec<_> = failed.into_iter().map(|(_, url)| url).collect();
        words = format!("{words}, at {}", urls.join(", "));
    }
    Err(Failure::new(code(first), words))
}

/// What comes before the findings at a URL.
fn heading(Config { queue, .. }: &Config, url: &str) -> String {
    format!("From here to `{queue}` at {url}:")
}

/// A line, and under it what to do if there is something to mend.
fn as_text(Finding { check, outcome, .. }: &Finding) -> String {
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

fn as_json(
    Finding {
        url,
        check,
        outcome,
    }: &Finding,
) -> Value {
    let check = check.as_str();
    match outcome {
        Outcome::Passed { detail } => {
            json!({ "url": url, "check": check, "outcome": "passed", "detail": detail })
        }
        Outcome::Failed { detail, mend } => {
            json!({ "url": url, "check": check, "outcome": "failed", "detail": detail, "mend": mend })
        }
        Outcome::Skipped { because } => {
            json!({ "url": url, "check": check, "outcome": "skipped", "detail": because })
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
