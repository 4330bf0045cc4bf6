//! Calls as files and the browser's storage keep them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use warren_client::{Policy, Stage, Times};

use super::{CallRecord, Done, Origin, Outcome, Timestamp, time::micros};
use crate::input::CallRequest;

/// How many of the newest settled calls outlive a reload: some 300 bytes each, of the 5 MB that
/// browsers keep for a page.
const KEPT: usize = 1_000;

/// A call in the JSON that the page exports. Lengths of time are in whole microseconds unless
/// their names say otherwise.
// An older page did not write what came to be known since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedCall {
    /// The correlation id.
    id: String,
    /// When it was made, as RFC 3339 has it, in UTC.
    made: String,
    n: u64,
    deadline_ms: u64,
    /// Whether it was to wait for a worker.
    waits: bool,
    /// Whether it was one of a batch.
    batch: bool,
    /// As the page names it.
    state: String,
    /// From being made to being settled.
    took_us: Option<u64>,
    value: Option<u64>,
    worker: Option<String>,
    round_trip_us: Option<u64>,
    computing_us: Option<u64>,
    way_us: Option<u64>,
    queued_us: Option<u64>,
    back_us: Option<u64>,
    /// The kind of failure.
    code: Option<String>,
    /// What is said of the failure.
    error: Option<String>,
    /// Whether it failed because no worker was there.
    unserved: bool,
}

/// The names of the columns of the CSV.
const COLUMNS: &str = "id,made,n,deadline_ms,waits,batch,state,took_us,value,worker,round_trip_us,computing_us,way_us,queued_us,back_us,code,error";

impl SavedCall {
    fn of(call: &CallRecord) -> Self {
        let mut saved = Self {
            id: call.id.to_string(),
            made: humantime::format_rfc3339_micros(call.made.to_system()).to_string(),
            n: call.request.n,
            deadline_ms: micros(call.request.deadline) / 1_000,
            waits: call.request.policy == Policy::WaitForWorker,
            batch: matches!(call.origin, Origin::Batch | Origin::History { batch: true }),
            state: call.state().as_str().to_owned(),
            ..Self::default()
        };
        let Some((at, outcome)) = &call.settled else {
            return saved;
        };
        saved.took_us = Some(micros(at.since(call.made)));
        match outcome {
            Outcome::Done(done) => {
                saved.value = Some(done.value);
                saved.worker.clone_from(&done.worker);
                saved.round_trip_us = Some(micros(done.round_trip));
                saved.computing_us = done.compute.map(micros);
                if let Some(times) = &done.times {
                    saved.way_us = Some(micros(times.way));
                    saved.queued_us = Some(micros(times.queued));
                    saved.back_us = Some(micros(times.back));
                }
            }
            Outcome::Failed {
                code,
                words,
                unserved,
            } => {
                saved.code = Some(code.as_str().to_owned());
                saved.error = Some(words.clone());
                saved.unserved = *unserved;
            }
            Outcome::Cancelled => {}
        }
        saved
    }

    fn times(&self) -> Option<Times> {
        Some(Times {
            way: Duration::from_micros(self.way_us?),
            queued: Duration::from_micros(self.queued_us?),
            computing: Duration::from_micros(self.computing_us?),
            back: Duration::from_micros(self.back_us?),
        })
    }

    /// The call, unless it was pending or somebody else has changed what is stored.
    fn restore(self) -> Option<CallRecord> {
        let times = self.times();
        let outcome = match (self.value, self.code, self.error) {
            (Some(value), _, _) => Outcome::Done(Done {
                value,
                times,
                worker: self.worker,
                compute: self.computing_us.map(Duration::from_micros),
                round_trip: Duration::from_micros(self.round_trip_us?),
            }),
            (None, Some(code), Some(words)) => Outcome::Failed {
                code: code.parse().ok()?,
                words,
                unserved: self.unserved,
            },
            _ => Outcome::Cancelled,
        };
        let made = humantime::parse_rfc3339(&self.made).ok()?;
        let made = made.duration_since(std::time::UNIX_EPOCH).ok()?;
        let made = Timestamp(micros(made));
        Some(CallRecord {
            id: self.id.parse().ok()?,
            request: CallRequest {
                n: self.n,
                deadline: Duration::from_millis(self.deadline_ms),
                policy: if self.waits {
                    Policy::WaitForWorker
                } else {
                    Policy::FailFast
                },
            },
            origin: Origin::History { batch: self.batch },
            made,
            stage: Stage::default(),
            settled: Some((Timestamp(made.0.checked_add(self.took_us?)?), outcome)),
        })
    }

    fn cells(&self) -> [String; 17] {
        let number = |number: Option<u64>| number.map_or_else(String::new, |it| it.to_string());
        let text = |text: &Option<String>| quoted(text.as_deref().unwrap_or_default());
        [
            self.id.clone(),
            self.made.clone(),
            self.n.to_string(),
            self.deadline_ms.to_string(),
            self.waits.to_string(),
            self.batch.to_string(),
            self.state.clone(),
            number(self.took_us),
            number(self.value),
            text(&self.worker),
            number(self.round_trip_us),
            number(self.computing_us),
            number(self.way_us),
            number(self.queued_us),
            number(self.back_us),
            text(&self.code),
            text(&self.error),
        ]
    }
}

/// One call as JSON.
pub(crate) fn json_of(call: &CallRecord) -> String {
    // Numbers, texts and flags are always JSON.
    serde_json::to_string_pretty(&SavedCall::of(call)).unwrap_or_default()
}

/// Calls as a JSON array.
pub(crate) fn json<'a>(calls: impl IntoIterator<Item = &'a CallRecord>) -> String {
    let saved: Vec<_> = calls.into_iter().map(SavedCall::of).collect();
    serde_json::to_string(&saved).unwrap_or_default()
}

/// Calls as CSV, with a line of column names: <https://www.rfc-editor.org/rfc/rfc4180>.
pub(crate) fn csv<'a>(calls: impl IntoIterator<Item = &'a CallRecord>) -> String {
    let mut csv = format!("{COLUMNS}\r\n");
    for call in calls {
        csv.push_str(&SavedCall::of(call).cells().join(","));
        csv.push_str("\r\n");
    }
    csv
}

/// The newest settled calls, to be stored; those of batches only as far as there is room.
pub(crate) fn to_keep<'a>(
    newest_first: impl IntoIterator<Item = &'a CallRecord, IntoIter: Clone>,
) -> String {
    let settled = newest_first.into_iter().filter(|call| !call.is_pending());
    let by_hand = settled.clone().filter(|call| !call.is_of_batch()).count();
    let mut room_for_batches = KEPT.saturating_sub(by_hand);
    let kept = settled.filter(|call| {
        let is_kept = !call.is_of_batch() || room_for_batches > 0;
        if call.is_of_batch() {
            room_for_batches = room_for_batches.saturating_sub(1);
        }
        is_kept
    });
    json(kept.take(KEPT))
}

/// What was stored, newest first. What cannot be read, as an older page may have written it, is
/// passed over.
pub(crate) fn kept(json: &str) -> Vec<CallRecord> {
    let saved: Vec<SavedCall> = serde_json::from_str(json).unwrap_or_default();
    saved.into_iter().filter_map(SavedCall::restore).collect()
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use warren_contract::Code;

    use super::*;

    fn call(settled: Option<Outcome>) -> CallRecord {
        CallRecord {
            id: Uuid::from_u128(7),
            request: CallRequest {
                n: 93,
                deadline: Duration::from_secs(30),
                policy: Policy::WaitForWorker,
            },
            origin: Origin::History { batch: true },
            made: Timestamp(1_795_273_545_123_456),
            stage: Stage::default(),
            settled: settled.map(|outcome| (Timestamp(1_795_273_545_124_000), outcome)),
        }
    }

    fn settled() -> [CallRecord; 3] {
        let done = Outcome::Done(Done {
            value: 12_200_160_415_121_876_738,
            worker: Some("hare, the \"quick\"".into()),
            compute: Some(Duration::from_micros(310)),
            round_trip: Duration::from_micros(1_240),
            times: Some(Times {
                way: Duration::from_micros(400),
                queued: Duration::from_micros(30),
                computing: Duration::from_micros(310),
                back: Duration::from_micros(500),
            }),
        });
        let failed = Outcome::Failed {
            code: Code::Unavailable,
            words: "No worker.".into(),
            unserved: true,
        };
        [done, failed, Outcome::Cancelled].map(|outcome| call(Some(outcome)))
    }

    #[test]
    fn settled_calls_come_back_as_they_were_and_pending_ones_do_not() {
        let pending = [call(None)];
        let stored = to_keep(pending.iter().chain(&settled()));
        assert_eq!(kept(&stored), settled());
        assert_eq!(kept(&json(&pending)), []);
    }

    #[test]
    fn a_call_of_a_batch_stays_one() {
        for (origin, batch) in [(Origin::Form, false), (Origin::Batch, true)] {
            let made = CallRecord {
                origin,
                ..call(Some(Outcome::Cancelled))
            };
            let restored = kept(&json(&[made]));
            assert_eq!(restored[0].origin, Origin::History { batch });
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let [done, ..] = settled();
        let many = vec![done; KEPT + 1];
        assert_eq!(kept(&to_keep(&many)).len(), KEPT);
    }

    #[test]
    fn a_batch_leaves_room_for_other_calls() {
        let [done, ..] = settled();
        let of_batch = CallRecord {
            origin: Origin::Batch,
            ..done.clone()
        };
        let by_hand = CallRecord {
            origin: Origin::Form,
            ..done
        };
        let calls: Vec<_> = vec![of_batch; KEPT].into_iter().chain([by_hand]).collect();
        let kept = kept(&to_keep(&calls));
        assert_eq!(kept.len(), KEPT);
        assert!(!kept[KEPT - 1].is_of_batch(), "the oldest was made by hand");
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        for stored in ["", "{}", "[{}]", "[1]", r#"[{"id":"x"}]"#] {
            assert_eq!(kept(stored), [], "{stored}");
        }
    }

    #[test]
    fn what_an_older_page_did_not_write_is_not_known() {
        let stored = r#"[{"id":"00000000-0000-0000-0000-000000000007",
            "made":"2026-11-21T15:05:45.123456Z","n":93,"took_us":544,"value":1,
            "round_trip_us":500,"since_then_forgotten":true},{"id":"x"}]"#;
        let [call] = kept(stored).try_into().expect("one can be read");
        let expected = Outcome::Done(Done {
            value: 1,
            worker: None,
            compute: None,
            round_trip: Duration::from_micros(500),
            times: None,
        });
        let at = Timestamp(1_795_273_545_123_456 + 544);
        assert_eq!(call.settled, Some((at, expected)));
    }

    #[test]
    fn csv_has_a_line_for_each_call() {
        let [done, failed, cancelled] = settled();
        let csv = csv(&[done, failed, cancelled, call(None)]);
        let mut lines = csv.split("\r\n");
        let id =
            "00000000-0000-0000-0000-000000000007,2026-11-21T15:05:45.123456Z,93,30000,true,true";
        let expected = [
            COLUMNS.to_owned(),
            format!(
                "{id},done,544,12200160415121876738,\"hare, the \"\"quick\"\"\",1240,310,400,30,500,,"
            ),
            format!("{id},failed,544,,,,,,,,unavailable,No worker."),
            format!("{id},cancelled,544,,,,,,,,,"),
            format!("{id},waiting,,,,,,,,,,"),
            String::new(),
        ];
        for expected in expected {
            assert_eq!(lines.next(), Some(expected.as_str()));
        }
    }
}
