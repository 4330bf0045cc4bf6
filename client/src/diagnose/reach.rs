//! Is anybody there, and do they offer a WebSocket for STOMP?

use std::{
    io::{self, ErrorKind},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::findings::{Check, Findings};
use crate::{
    Config,
    socket::{NotOpened, Place, Socket, Trust},
};

/// How long a name, a connection, and a WebSocket may take, each.
const WITHIN: Duration = Duration::from_secs(5);

/// How long a server that is no WebSocket's may take to show what it is.
const LOOK_WITHIN: Duration = Duration::from_secs(2);

/// How much of what such a server says is looked at, in bytes.
const LOOK_BYTES: usize = 5;

/// Opens the WebSocket; `None` if that fails.
pub(super) async fn reach(config: &Config, findings: &mut Findings<'_>) -> Option<Socket> {
    let url = config.urls.first();
    let place = match Place::of(url) {
        Ok(place) => place,
        Err(detail) => {
            let mend = "write it as ws://host:15674/ws, or wss://host:port/ws with TLS";
            findings.fail(Check::Address, detail, mend);
            return None;
        }
    };
    if let Err((detail, mend)) = connect(&place).await {
        findings.fail(Check::Address, detail, mend);
        return None;
    }
    let Place { host, port, .. } = &place;
    findings.pass(Check::Address, format!("{host} listens on port {port}"));

    let opened = timeout(WITHIN, Socket::try_open(url, &Trust::of(config))).await;
    let opened = opened.unwrap_or_else(|_| {
        let words = format!("nothing came within {WITHIN:?}");
        Err(NotOpened::NoHttp(words))
    });
    if let Err(NotOpened::Tls(words)) = &opened {
        let (detail, mend) = apart(words);
        findings.fail(Check::Tls, detail, mend);
        return None;
    }
    if place.encrypted {
        findings.pass(
            Check::Tls,
            "the certificate is trusted, valid, and for this name",
        );
    }
    match opened {
        Ok(socket) => {
            findings.pass(Check::WebSocket, "it is a WebSocket for STOMP");
            Some(socket)
        }
        Err(error) => {
            let (detail, mend) = explain(url, &place, error).await;
            findings.fail(Check::WebSocket, detail, mend);
            None
        }
    }
}

type Trouble = (String, String);

/// Makes a TCP connection, and drops it.
async fn connect(place: &Place) -> Result<(), Trouble> {
    let Place { host, port, .. } = place;
    let resolved = timeout(WITHIN, lookup_host((host.as_str(), *port))).await;
    let addresses: Vec<_> = match resolved {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => {
            let mend = "check its spelling, and this machine's name service";
            return Err((format!("no host is named `{host}` ({error})"), mend.into()));
        }
        Err(_) => {
            let mend = "check this machine's name service";
            return Err((
                format!("`{host}` was not looked up within {WITHIN:?}"),
                mend.into(),
            ));
        }
    };
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in addresses {
        match timeout(WITHIN, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => last = error,
            Err(_) => last = ErrorKind::TimedOut.into(),
        }
    }
    let detail = match last.kind() {
        ErrorKind::ConnectionRefused => format!("nobody listens on port {port} of {host}"),
        ErrorKind::TimedOut => format!("{host} does not answer on port {port}"),
        _ => format!("no connection to port {port} of {host}: {last}"),
    };
    let mend = match last.kind() {
        ErrorKind::ConnectionRefused => {
            "start RabbitMQ there, and its plugin: rabbitmq-plugins enable rabbitmq_web_stomp\nif \
             both run, take their port: 15674 unless web_stomp.tcp.port says otherwise; with TLS, \
             web_stomp.ssl.port"
        }
        _ => "check the host, the network, and the firewalls in between",
    };
    Err((detail, mend.into()))
}

/// Why there is no WebSocket.
async fn explain(url: &str, place: &Place, error: NotOpened) -> Trouble {
    let Place { port, .. } = place;
    let (detail, mend) = match error {
        NotOpened::Tls(words) => return apart(&words),
        NotOpened::OtherProtocol => (
            "it is a WebSocket, but for another protocol than STOMP".to_owned(),
            "take the port of rabbitmq_web_stomp, 15674; MQTT's is 15675",
        ),
        NotOpened::Http { status, location } => return http(url, *port, status, location),
        NotOpened::NoHttp(words) => match look(place).await {
            Some(Spoken::Amqp) => (
                format!("port {port} speaks AMQP, which is for the workers"),
                "take the port of Web-STOMP, 15674, and the path /ws",
            ),
            Some(Spoken::Stomp) => (
                format!("port {port} speaks STOMP without a WebSocket"),
                "take the port of Web-STOMP, 15674, and the path /ws",
            ),
            Some(Spoken::Tls) => (
                format!("port {port} speaks TLS"),
                "write the address with wss:// in place of ws://",
            ),
            None => (
                format!("port {port} does not answer as a WebSocket does ({words})"),
                "take the port of Web-STOMP, 15674, and the path /ws; if there is a proxy in \
                 between, let it pass WebSockets on",
            ),
        },
    };
    (detail, mend.to_owned())
}

/// What an HTTP status means where a WebSocket should be.
fn http(url: &str, port: u16, status: u16, location: Option<String>) -> Trouble {
    let mend = match status {
        301 | 302 | 303 | 307 | 308 => match location {
            Some(location) => format!("take the address that it names: {location}"),
            None => "ask who runs it for the address".to_owned(),
        },
        401 | 407 => "ask who runs what is in between for a way without a login of its own".into(),
        403 => "the server, or a proxy in between, does not let us in: ask who runs it".into(),
        404 if port == 15672 => {
            "this is the port of RabbitMQ's management page: take that of Web-STOMP, 15674".into()
        }
        404 => {
            "take the path /ws, or the one that web_stomp.ws_path says, and the port of Web-STOMP, \
                15674; RabbitMQ's management page, on 15672, has no WebSocket"
                .into()
        }
        500..=599 => {
            "if a proxy is in between, look whether it reaches RabbitMQ; if not, look into \
             RabbitMQ's log"
                .into()
        }
        _ => {
            "take the port of Web-STOMP, 15674, and the path /ws; if there is a proxy in between, \
              let it pass WebSockets on"
                .into()
        }
    };
    let detail = format!("`{url}` is no WebSocket: the answer is HTTP {status}");
    (detail, mend)
}

/// What is spoken on a port where it is not HTTP.
enum Spoken {
    Amqp,
    Stomp,
    Tls,
}

/// Says something to whoever listens that only HTTP knows, and looks at the answer.
async fn look(place: &Place) -> Option<Spoken> {
    let answer = async {
        let mut stream = TcpStream::connect((place.host.as_str(), place.port)).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n\0").await?;
        let mut bytes = [0; LOOK_BYTES];
        stream.read_exact(&mut bytes).await?;
        io::Result::Ok(bytes)
    };
    let bytes = timeout(LOOK_WITHIN, answer).await.ok()?.ok()?;
    if bytes.starts_with(b"AMQP") {
        Some(Spoken::Amqp)
    } else if bytes == *b"ERROR" {
        Some(Spoken::Stomp)
    } else if bytes.starts_with(&[0x15, 3]) {
        // An alert (RFC 8446, section 5.1).
        Some(Spoken::Tls)
    } else {
        None
    }
}

/// Words that say what is wrong, and after a semicolon what to do.
fn apart(words: &str) -> Trouble {
    let (detail, mend) = words
        .split_once("; ")
        .unwrap_or((words, "look at the certificates of both sides"));
    (detail.to_owned(), mend.to_owned())
}
