//! From a broker's address to a connection.

use std::{io, sync::Mutex};

use lapin::{AsyncTcpStream, Connection, ConnectionProperties, Result};
use tokio::net::TcpStream;

use super::{
    BrokerUrl,
    runtime::runtime,
    socket::{Socket, Stream},
};

/// Connects to the broker and logs in.
pub(super) async fn connect(
    url: &BrokerUrl,
    properties: ConnectionProperties,
) -> Result<Connection> {
    let stream = Mutex::new(Some(open(url).await?));
    // The library would like to open the stream by itself, and to try again, by itself, where a
    // broker ends the first one without a word.
    let take = async move |_, _| {
        let stream = stream.lock().ok().and_then(|mut stream| stream.take());
        let stream = stream.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        Ok(AsyncTcpStream::Plain(Socket::new(stream)))
    };
    Connection::connector(url.uri().clone(), runtime(), take, properties).await
}

async fn open(url: &BrokerUrl) -> io::Result<Box<dyn Stream>> {
    let authority = &url.uri().authority;
    let stream = TcpStream::connect((authority.host.as_str(), authority.port)).await?;
    stream.set_nodelay(true)?;
    Ok(Box::new(stream))
}
