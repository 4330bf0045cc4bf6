//! STOMP 1.2 without I/O: frames, an incremental decoder, an encoder, and a session.
