//! How each dialect's replies look, and what a Warren client is told before its reply.

use std::time::Duration;

use bytes::Bytes;
use warren_contract::{MessageType, Progress, header};

use crate::{outcome::Outcome, request::Dialect};

/// One message to a caller, addressed by the request that it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) body: Bytes,
    /// What a Warren client is told beside the body; a tutorial client is told nothing.
    pub(crate) meta: Option<Meta>,
}

/// The properties and headers of a Warren reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) message_type: MessageType,
    pub(crate) content_type: &'static str,
    /// The worker's name.
    pub(crate) worker: String,
    /// How long the handler ran, in microseconds; `None` if it did not run.
    pub(crate) compute_us: Option<i64>,
}

impl Reply {
    /// The reply to a caller of `dialect`: the response as JSON, or the fault.
    ///
    /// A fault is sent to a tutorial client as `error: <message>`, which no `int()` takes for a
    /// number.
    pub(crate) fn new(dialect: Dialect, outcome: &Outcome, worker: &str) -> Self {
        match dialect {
            Dialect::Tutorial => Self {
                body: match &outcome.response {
                    Ok(json) => json.clone(),
                    Err(fault) => format!("error: {}", fault.message).into(),
                },
                meta: None,
            },
            Dialect::Warren => {
                let (message_type, body) = match &outcome.response {
                    Ok(json) => (MessageType::Result, json.clone()),
                    Err(fault) => (MessageType::Fault, fault.to_json().into()),
                };
                Self::warren(message_type, body, worker, outcome.compute)
            }
        }
    }

    /// What a Warren caller that wants to see progress is told when its computation begins.
    pub(crate) fn started(worker: &str) -> Self {
        Self::warren(MessageType::Started, Bytes::new(), worker, None)
    }

    /// What a Warren caller that wants to see progress is told while its computation goes on.
    pub(crate) fn progress(progress: Progress, worker: &str) -> Self {
        let body = serde_json::to_vec(&progress).expect("numbers are JSON");
        Self::warren(MessageType::Progress, body.into(), worker, None)
    }

    fn warren(
        message_type: MessageType,
        body: Bytes,
        worker: &str,
        compute: Option<Duration>,
    ) -> Self {
        let meta = Meta {
            message_type,
            content_type: header::JSON,
            worker: worker.to_owned(),
            compute_us: compute.map(microseconds),
        };
        Self {
            body,
            meta: Some(meta),
        }
    }
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use warren_contract::{Code, Fault};

    use super::*;

    fn meta(message_type: MessageType, compute_us: Option<i64>) -> Option<Meta> {
        Some(Meta {
            message_type,
            content_type: "application/json",
            worker: "w1".to_owned(),
            compute_us,
        })
    }

    #[test]
    fn each_dialect_has_its_own_shape() {
        let result = Outcome {
            response: Ok("832040".into()),
            compute: Some(Duration::from_nanos(1_234_567)),
        };
        let fault = Fault::new(Code::OutOfRange, "n is 51").into();
        let cases = [
            (Dialect::Tutorial, &result, "832040", None),
            (Dialect::Tutorial, &fault, "error: n is 51", None),
            (
                Dialect::Warren,
                &result,
                "832040",
                meta(MessageType::Result, Some(1234)),
            ),
            (
                Dialect::Warren,
                &fault,
                r#"{"code":"out_of_range","error":"n is 51","response":null}"#,
                meta(MessageType::Fault, None),
            ),
        ];
        for (dialect, outcome, body, meta) in cases {
            let expected = Reply {
                body: body.into(),
                meta,
            };
            assert_eq!(Reply::new(dialect, outcome, "w1"), expected);
        }
    }

    #[test]
    fn what_comes_before_the_reply_has_a_type_too() {
        let cases = [
            (Reply::started("w1"), "", MessageType::Started),
            (
                Reply::progress(Progress { done: 3, total: 8 }, "w1"),
                r#"{"done":3,"total":8}"#,
                MessageType::Progress,
            ),
        ];
        for (reply, body, message_type) in cases {
            let expected = Reply {
                body: body.into(),
                meta: meta(message_type, None),
            };
            assert_eq!(reply, expected);
        }
    }
}
