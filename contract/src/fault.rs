//! A call's failure as the worker reports it.

use serde::Deserialize;
use serde_json::{json, value::RawValue};

use crate::Code;

/// A worker's answer to a request that it could not serve.
///
/// On the wire it is `{"response":null,"error":"<message>","code":"<code>"}`, so that a peer
/// that knows only the `{"response", "error"}` convention of RabbitMQ's tutorials reads it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For programs.
    pub code: Code,
    /// For people: what was wrong, and what is allowed.
    pub message: String,
}

impl Fault {
    /// A fault with this code and message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The fault as the body of a reply.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({ "response": null, "error": self.message, "code": self.code.as_str() }).to_string()
    }

    /// Reads the body of a reply; `None` if it does not describe a fault.
    ///
    /// A code that is missing or unknown is taken for [`Code::Internal`]: tutorial peers send none.
    #[must_use]
    pub fn from_json(body: &[u8]) -> Option<Self> {
        // What is in these fields is only looked at as text. A tree of values would be a noticeable
        // part of what a page downloads.
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            error: &'a RawValue,
            #[serde(borrow)]
            code: Option<&'a RawValue>,
        }

        // An array would be taken for the fields in their order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        let body: Body<'_> = serde_json::from_slice(body).ok()?;
        let text = |json: &RawValue| serde_json::from_str::<String>(json.get()).ok();
        let message = match body.error.get() {
            "null" => return None,
            other => text(body.error).unwrap_or_else(|| other.to_owned()),
        };
        let code = body.code.and_then(text).and_then(|code| code.parse().ok());
        Some(Self::new(code.unwrap_or(Code::Internal), message))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_back_as_itself() {
        let fault = Fault::new(Code::OutOfRange, "n is 51; \"50\" is the most");
        assert_eq!(Fault::from_json(fault.to_json().as_bytes()), Some(fault));
    }

    #[test]
    fn bodies_of_tutorial_peers() {
        let cases: [(&str, Option<(Code, &str)>); 8] = [
            (
                r#"{"response":null,"error":"no"}"#,
                Some((Code::Internal, "no")),
            ),
            (
                r#"{"error":{"why":1}}"#,
                Some((Code::Internal, r#"{"why":1}"#)),
            ),
            (
                r#"{"error":"no","code":"unheard_of"}"#,
                Some((Code::Internal, "no")),
            ),
            (
                r#"{"response":null,"error":"no","code":404}"#,
                Some((Code::Internal, "no")),
            ),
            (r#"{"response":832040,"error":null}"#, None),
            ("832040", None),
            (r#"["error", "internal"]"#, None),
            ("", None),
        ];
        for (body, expected) in cases {
            let expected = expected.map(|(code, message)| Fault::new(code, message));
            assert_eq!(Fault::from_json(body.as_bytes()), expected, "{body}");
        }
    }
}
