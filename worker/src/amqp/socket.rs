//! The socket that the AMQP library reads and writes.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::{AsyncRead, AsyncWrite};
use tokio::{
    io::{AsyncRead as TokioRead, AsyncWrite as TokioWrite, ReadBuf},
    sync::oneshot,
};

use super::frames::Frames;

/// How much is asked for at once of what does not go straight to the library, in bytes.
const CHUNK: usize = 64 << 10;

/// A socket that hands on what the broker sends, in a form that the library can read: see
/// [`Frames`].
///
/// The bodies of large messages go from the one to the other without being copied in between.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Box<dyn Stream>,
    /// Until somebody says that the connection is made: whether anybody still waits for that.
    wanted: Option<Wanted>,
    frames: Frames,
    chunk: Box<[u8]>,
}

/// Hears that a connection is made, or, when the sender is dropped, that nobody wants it any more.
pub(super) type Wanted = oneshot::Receiver<()>;

/// What the bytes come and go by.
pub(super) trait Stream:
    TokioRead + TokioWrite + fmt::Debug + Send + Unpin + 'static
{
}

impl<S: TokioRead + TokioWrite + fmt::Debug + Send + Unpin + 'static> Stream for S {}

impl Socket {
    /// Reading fails once nobody waits any more for the connection to be made.
    pub(super) fn new(stream: Box<dyn Stream>, wanted: Option<Wanted>) -> Self {
        Self {
            stream,
            wanted,
            frames: Frames::default(),
            chunk: vec![0; CHUNK].into_boxed_slice(),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Self {
            stream,
            wanted,
            frames,
            chunk,
        } = self.get_mut();
        if let Some(waiting) = wanted
            && let Poll::Ready(made) = Pin::new(waiting).poll(cx)
        {
            *wanted = None;
            made.map_err(|_| io::ErrorKind::ConnectionAborted)?;
        }
        loop {
            let taken = frames.take(out);
            if taken > 0 || out.is_empty() {
                return Poll::Ready(Ok(taken));
            }
            let passing = frames.passing().min(out.len());
            if passing > 0 {
                let count = ready!(read(stream, cx, &mut out[..passing]))?;
                frames.passed(count);
                return Poll::Ready(Ok(count));
            }
            match ready!(read(stream, cx, chunk))? {
                0 => return Poll::Ready(Ok(0)),
                count => frames.receive(&chunk[..count])?,
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Returns how much was read.
fn read(
    stream: &mut Box<dyn Stream>,
    cx: &mut Context<'_>,
    out: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut out = ReadBuf::new(out);
    ready!(Pin::new(stream).poll_read(cx, &mut out))?;
    Poll::Ready(Ok(out.filled().len()))
}
