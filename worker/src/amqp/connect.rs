//! From a broker's address to a connection.

use std::{io, sync::Mutex, time::Duration};

use lapin::{AsyncTcpStream, Connection, ConnectionProperties, ErrorKind};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

use super::{
    ACCESS_REFUSED, AMQPScheme, BrokerUrl, NOT_ALLOWED, Tls, TlsError, refused_with,
    runtime::runtime,
    socket::{Socket, Stream},
};
use crate::{Refusal, error::BrokerError};

/// How long the broker may take to say whether it accepts the worker's certificate.
const VERDICT: Duration = Duration::from_secs(5);

/// Connects to the broker, and logs in, under a name that its operators see.
pub(super) async fn connect(
    url: &BrokerUrl,
    tls: &Tls,
    name: &str,
) -> Result<Connection, BrokerError> {
    let stream = open(url, tls)
        .await
        .map_err(|error| lost(url, tls, &error))?;
    let stream = Mutex::new(Some(stream));
    // The library would like to open the stream by itself, and to try again, by itself, where a
    // broker ends the first one without a word.
    let take = async move |_, _| {
        let stream = stream.lock().ok().and_then(|mut stream| stream.take());
        let stream = stream.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        Ok(AsyncTcpStream::Plain(Socket::new(stream)))
    };
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    match Connection::connector(url.uri().clone(), runtime(), take, properties).await {
        Ok(connection) => Ok(connection),
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
    let user = uri.authority.userinfo.username.clone();
    match (refused_with(error), error.kind()) {
        (Some((ACCESS_REFUSED, said)), _) => Refusal::Login { user, said }.into(),
        (Some((NOT_ALLOWED, said)), _) => Refusal::VirtualHost {
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
