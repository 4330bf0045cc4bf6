//! A way to a node that can be cut, and that can fall silent.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// How much is passed on at once.
const CHUNK: usize = 16 * 1024;

/// Passes connections on to a port of 127.0.0.1, until they are cut or frozen. All of them end
/// when this is dropped.
#[derive(Debug)]
#[must_use = "the connections end on drop"]
pub struct Proxy {
    address: SocketAddr,
    target: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    accepted: AtomicUsize,
    closing: AtomicBool,
    connections: Mutex<Vec<Arc<Connection>>>,
}

#[derive(Debug)]
struct Connection {
    inside: TcpStream,
    outside: TcpStream,
    frozen: AtomicBool,
    /// How many of the two directions have come to their end.
    ended: AtomicUsize,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1, for what is to go to the port `target` there.
    ///
    /// # Errors
    /// The operating system gave no port.
    pub fn to(target: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for inside in listener.incoming() {
                if accepting.closing.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(inside) = inside {
                    // Whoever connects while nobody listens behind us finds the connection closed.
                    let _ = accepting.pass_on(inside, target);
                }
            }
        });
        Ok(Self {
            address,
            target,
            shared,
        })
    }

    /// `url` with this proxy's port in place of the one that it goes to.
    #[must_use]
    pub fn instead_of_target(&self, url: &str) -> String {
        let port = |address: SocketAddr| format!(":{}/", address.port());
        url.replacen(&port(self.target), &port(self.address), 1)
    }

    /// How many connections were passed on, ended ones included.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Ends every connection that there is, in sight of both sides, and says how many that were.
    /// New ones are passed on.
    pub fn cut(&self) -> usize {
        let mut connections = self.shared.lock();
        for connection in connections.iter() {
            connection.end();
        }
        std::mem::take(&mut *connections).len()
    }

    /// Swallows whatever comes from now on, from both sides, on every connection that there is,
    /// and says how many that were. Neither side is told, not even when the other one closes. New
    /// connections are passed on.
    pub fn freeze(&self) -> usize {
        let connections = self.shared.lock();
        let still_open = |connection: &&Arc<Connection>| {
            connection.ended.load(Ordering::SeqCst) == 0
                && !connection.frozen.swap(true, Ordering::SeqCst)
        };
        connections.iter().filter(still_open).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // It wakes the thread that accepts; should it fail, that thread has ended already.
        let _ = TcpStream::connect(self.address);
        self.cut();
    }
}

impl Shared {
    fn pass_on(self: &Arc<Self>, inside: TcpStream, target: SocketAddr) -> io::Result<()> {
        // Held until it is on the list, so that what the target has seen can be cut and frozen.
        let mut connections = self.lock();
        let outside = TcpStream::connect(target)?;
        // A frame is passed on as it comes: heart-beats and round trips are not to be delayed.
        inside.set_nodelay(true)?;
        outside.set_nodelay(true)?;
        let there = (inside.try_clone()?, outside.try_clone()?);
        let back = (outside.try_clone()?, inside.try_clone()?);
        let connection = Arc::new(Connection {
            inside,
            outside,
            frozen: AtomicBool::new(false),
            ended: AtomicUsize::new(0),
        });
        connections.push(Arc::clone(&connection));
        self.accepted.fetch_add(1, Ordering::SeqCst);
        for (from, to) in [there, back] {
            let shared = Arc::clone(self);
            let connection = Arc::clone(&connection);
            thread::Builder::new().spawn(move || {
                connection.copy(from, to);
                if connection.ended.fetch_add(1, Ordering::SeqCst) == 1 {
                    shared.forget(&connection);
                }
            })?;
        }
        Ok(())
    }

    fn forget(&self, gone: &Arc<Connection>) {
        self.lock()
            .retain(|connection| !Arc::ptr_eq(connection, gone));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.connections
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Connection {
    /// Passes on what comes, one way, until that way ends.
    fn copy(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut chunk = [0; CHUNK];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => {
                    if !self.frozen.load(Ordering::SeqCst) {
                        // The other side may have gone already.
                        let _ = to.shutdown(Shutdown::Write);
                    }
                    return;
                }
                Ok(length) => {
                    if self.frozen.load(Ordering::SeqCst) {
                        continue;
                    }
                    if to.write_all(&chunk[..length]).is_err() {
                        return self.end_unless_frozen();
                    }
                }
                Err(_) => return self.end_unless_frozen(),
            }
        }
    }

    fn end_unless_frozen(&self) {
        if !self.frozen.load(Ordering::SeqCst) {
            self.end();
        }
    }

    fn end(&self) {
        for side in [&self.inside, &self.outside] {
            // It may have gone already.
            let _ = side.shutdown(Shutdown::Both);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Long enough to see that nothing comes, where it would come in microseconds.
    const NOTHING: Duration = Duration::from_millis(200);

    /// Whatever will happen happens within this.
    const LIMIT: Duration = Duration::from_secs(30);

    /// Both sides of a connection through a proxy.
    fn pair() -> (Proxy, TcpListener, TcpStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let proxy = Proxy::to(port).expect("a free port");
        let (inside, outside) = connect(&proxy, &listener);
        (proxy, listener, inside, outside)
    }

    fn connect(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
        let inside = TcpStream::connect(proxy.address).expect("the proxy listens");
        let (outside, _) = listener.accept().expect("it is passed on");
        for side in [&inside, &outside] {
            side.set_read_timeout(Some(LIMIT)).expect("not zero");
        }
        (inside, outside)
    }

    fn assert_passes_on(mut from: &TcpStream, mut to: &TcpStream) {
        from.write_all(b"word").expect("it is open");
        let mut word = [0; 4];
        to.read_exact(&mut word).expect("it comes");
        assert_eq!(&word, b"word");
    }

    fn assert_hears_nothing(mut side: &TcpStream) {
        side.set_read_timeout(Some(NOTHING)).expect("not zero");
        let heard = side.read(&mut [0]).expect_err("neither a word nor an end");
        let kinds = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
        assert!(kinds.contains(&heard.kind()), "{heard}");
    }

    #[test]
    fn what_is_said_and_that_nothing_more_comes_is_passed_on() {
        let (proxy, _, inside, mut outside) = pair();
        assert_passes_on(&inside, &outside);
        assert_passes_on(&outside, &inside);
        inside.shutdown(Shutdown::Write).expect("it is open");
        assert_eq!(outside.read(&mut [0]).expect("an end"), 0);
        assert_passes_on(&outside, &inside);
        assert_eq!(proxy.accepted(), 1);
    }

    #[test]
    fn a_cut_ends_both_sides_and_not_what_comes_later() {
        let (proxy, listener, mut inside, mut outside) = pair();
        assert_eq!(proxy.cut(), 1);
        for side in [&mut inside, &mut outside] {
            assert_eq!(side.read(&mut [0]).expect("an end"), 0);
        }
        let (inside, outside) = connect(&proxy, &listener);
        assert_passes_on(&inside, &outside);
    }

    #[test]
    fn a_frozen_connection_is_silent_and_one_that_comes_later_is_not() {
        let (proxy, listener, mut inside, outside) = pair();
        assert_eq!(proxy.freeze(), 1);
        inside.write_all(b"word").expect("it is swallowed");
        assert_hears_nothing(&outside);
        drop(inside);
        assert_hears_nothing(&outside);
        assert_eq!(proxy.freeze(), 0, "it is frozen already, or gone");

        let (inside, outside) = connect(&proxy, &listener);
        assert_passes_on(&inside, &outside);
    }

    #[test]
    fn a_url_leads_through_the_proxy() {
        let (proxy, ..) = pair();
        let url = |port| format!("amqp://guest:guest@127.0.0.1:{port}/%2f");
        let through = proxy.instead_of_target(&url(proxy.target.port()));
        assert_eq!(through, url(proxy.address.port()));
    }
}
