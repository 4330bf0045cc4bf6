//! One STOMP frame in memory.

use std::fmt;

use crate::{Command, Headers};

/// A frame: its command, its headers and its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// What the frame asks for or tells.
    pub command: Command,
    /// Its headers, unescaped and in order.
    pub headers: Headers,
    /// Its body, any octets. Empty for most commands.
    pub body: Vec<u8>,
}

impl Frame {
    /// A frame without headers or body.
    #[must_use]
    pub fn new(command: Command) -> Self {
        Self {
            command,
            headers: Headers::new(),
            body: Vec::new(),
        }
    }

    /// The frame with one more header at the end.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// The frame with this body. No `content-length` is needed: [`encode`](crate::encode) adds it.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of the first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}

impl fmt::Debug for Frame {
    /// Shows the body as text with escapes, which is what most bodies are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("command", &self.command)
            .field("headers", &self.headers)
            .field("body", &format_args!("\"{}\"", self.body.escape_ascii()))
            .finish()
    }
}
