//! How much a peer may make the decoder hold.

/// The sizes that the decoder accepts. Each is checked before memory is taken for what it limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many headers a frame may have, repeated ones included.
    pub headers: usize,
    /// How many bytes its command line and header lines may have, line ends included.
    pub header_bytes: usize,
    /// How many bytes its body may have.
    ///
    /// The memory for a body whose `content-length` is within this limit is taken at once, up to
    /// 16 MiB, so that its bytes are copied only once. One frame is read at a time: that is also
    /// the most that a peer can make the decoder take by announcing a body that never comes.
    pub body_bytes: usize,
}

impl Limits {
    /// The default of [`headers`](Self::headers): as many as RabbitMQ itself accepts from 4.2.6 on.
    pub const DEFAULT_HEADERS: usize = 100;
    /// The default of [`header_bytes`](Self::header_bytes).
    pub const DEFAULT_HEADER_BYTES: usize = 64 * 1024;
    /// The default of [`body_bytes`](Self::body_bytes): RabbitMQ 4's default `max_message_size`.
    pub const DEFAULT_BODY_BYTES: usize = 16 * 1024 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Self::DEFAULT_HEADERS,
            header_bytes: Self::DEFAULT_HEADER_BYTES,
            body_bytes: Self::DEFAULT_BODY_BYTES,
        }
    }
}
