//! From a broker's address to a connection.

use std::{io, sync::Mutex, time::Duration};

use lapin::{AsyncTcpStream, Connection, ConnectionProperties, ErrorKind};
use tokio::{io::AsyncReadExt, net::TcpStream, sync::oneshot, time::timeout};

use super::{
    ACCESS_REFUSED, AMQPScheme, BrokerUrl, NOT_ALLOWED, Tls, TlsError, refused_with,
    runtime::runtime,
    socket::{Socket, Stream},
};
use crate::{Refusal, error::BrokerError};

/// How long the broker may take to say whether it accepts the worker's certificate.
const VERDICT: Duration = Duration::from_secs(5);

/// How the broker's words end when the virtual host, or the user, has as many connections as it may
/// have. There is room again when others end.
const LIMIT_REACHED: &str = "is reached";

/// Connects to the broker, and logs in, under a name that its operators see.
pub(super) async fn connect(
    url: &BrokerUrl,
    tls: &Tls,
    name: &str,
) -> Result<Connection, BrokerError> {
    let stream = open(url, tls)
        .await
        .map_err(|error| lost(url, tls, &error))?;
    // The library reads on a thread of its own, which would wait for ever for a broker that says
    // nothing: it has to be told when this future is dropped.
    let (made, wanted) = oneshot::channel();
    let socket = Mutex::new(Some(Socket::new(stream, Some(wanted))));
    // The library would like to open the stream by itself, and to try again, by itself, where a
    // broker ends the first one without a word.
    let take = async move |_, _| {
        let socket = socket.lock().ok().and_then(|mut socket| socket.take());
        let socket = socket.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        Ok(AsyncTcpStream::Plain(socket))
    };
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    match Connection::connector(url.uri().clone(), runtime(), take, properties).await {
        Ok(connection) => {
            // Nobody listens any more if the broker has ended it already.
            let _ = made.send(());
            Ok(connection)
        }
        Err(error) => Err(explain(url, tls, &error).await),
    }
}

async fn open(url: &BrokerUrl, tls: &Tls) -> io::Result<Box<dyn Stream>> {
    let uri = url.uri();
    let host = uri.authority.host.as_str();
    if uri.scheme == AMQPScheme::AMQP && *tls != Tls::default() {
        return Err(io::Error::other(TlsError::NotEncrypted));
    }
    let stream = TcpStream::connect((host, uri.authority.port)).await?;
    stream.set_nodelay(true)?;
    Ok(match uri.scheme {
        AMQPScheme::AMQP => Box::new(stream),
        AMQPScheme::AMQPS => Box::new(tls.greet(host, stream).await?),
    })
}

async fn explain(url: &BrokerUrl, tls: &Tls, error: &lapin::Error) -> BrokerError {
    let uri = url.uri();
    let broker = url.to_string();
    let user = uri.authority.userinfo.username.clone();
    match (refused_with(error), error.kind()) {
        (Some((ACCESS_REFUSED, said)), _) => Refusal::Login { broker, user, said }.into(),
        // The broker has one code for both.
        (Some((NOT_ALLOWED, said)), _) if said.ends_with(LIMIT_REACHED) => BrokerError::Lost(said),
        (Some((NOT_ALLOWED, said)), _) => Refusal::VirtualHost {
            broker,
            virtual_host: uri.vhost.clone(),
            user,
            said,
        }
        .into(),
        (_, ErrorKind::IOError(error)) => match verdict(url, tls).await {
            Some(verdict) => lost(url, tls, &verdict),
            None => lost(url, tls, error),
        },
        _ => BrokerError::Lost(error.to_string()),
    }
}

/// What the broker says of the worker's certificate, or of its absence.
///
/// Since TLS 1.3 it says so when the worker takes the greeting for over, and speaks already. It
/// hangs up on that, and its word is lost more often than not, unless the worker keeps silent.
async fn verdict(url: &BrokerUrl, tls: &Tls) -> Option<io::Error> {
    if url.uri().scheme == AMQPScheme::AMQP {
        return None;
    }
    let heard = timeout(VERDICT, async {
        let mut stream = open(url, tls).await?;
        stream.read_u8().await
    });
    heard.await.ok()?.err()
}

fn lost(url: &BrokerUrl, tls: &Tls, error: &io::Error) -> BrokerError {
    match tls.explain(&url.uri().authority.host, error) {
        Some(error) => Refusal::Tls(error).into(),
        None => BrokerError::Lost(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// The longest that anything here takes, on a busy machine.
    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn nothing_is_left_of_an_attempt_that_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let url = format!("amqp://{address}").parse().expect("an address");
        let tls = Tls::default();
        let mut greeting = [0; 8];
        let mut stream = tokio::select! {
            connected = connect(&url, &tls, "name") => panic!("{connected:?}"),
            silent = async {
                let (mut stream, _) = listener.accept().await?;
                stream.read_exact(&mut greeting).await?;
                io::Result::Ok(stream)
            } => silent.expect("the worker speaks first"),
        };
        assert_eq!(&greeting, b"AMQP\0\0\x09\x01");
        let end = timeout(LIMIT, stream.read_u8()).await;
        let end = end.expect("the connection ends").expect_err("it ends");
        assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    }
}
