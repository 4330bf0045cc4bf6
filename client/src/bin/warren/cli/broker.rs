//! Where the broker is and who we are there: the options that all commands share.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use warren_client::{Config, Mode, NoUrl, Passcode, PasscodeSource, Tls, TlsError, Token, Urls};
use warren_contract::Code;

use super::failure::Failure;

/// The longest passcode that a file may hold, in bytes with the end of its line. A longer file is
/// another one than was meant.
const MAX_PASSCODE_BYTES: usize = 4096;

#[derive(Args)]
#[command(next_help_heading = "Broker")]
pub(super) struct Broker {
    /// The Web-STOMP endpoint of the broker: ws://… or wss://….
    ///
    /// Of a cluster, those of several nodes: by this option several times, or with commas between
    /// them. They are tried in random order, the next one after each failure.
    #[arg(
        long = "url",
        value_name = "URL",
        global = true,
        env = "WARREN_URL",
        value_delimiter = ',',
        default_value = "ws://127.0.0.1:15674/ws"
    )]
    urls: Vec<String>,
    /// For wss://, a PEM file with the authorities to trust instead of the system's.
    #[arg(long, global = true, env = "WARREN_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// For wss://, a PEM file with the certificate to show to a broker that asks for one.
    #[arg(
        long,
        global = true,
        env = "WARREN_CLIENT_CERT",
        value_name = "FILE",
        requires = "client_key"
    )]
    client_cert: Option<PathBuf>,
    /// A PEM file with the private key of that certificate.
    #[arg(
        long,
        global = true,
        env = "WARREN_CLIENT_KEY",
        value_name = "FILE",
        requires = "client_cert"
    )]
    client_key: Option<PathBuf>,
    /// The broker's user [default: web; guest with --tutorial].
    #[arg(long, global = true, env = "WARREN_LOGIN")]
    login: Option<String>,
    /// That user's password [default: web; guest with --tutorial]. All users of this machine see
    /// it here, in the list of processes; the environment variable or --passcode-file keep it to
    /// you.
    #[arg(long, global = true, env = "WARREN_PASSCODE", hide_env_values = true)]
    passcode: Option<String>,
    /// A file with that password, or a token, on its only line; it is read anew for each connection.
    #[arg(
        long,
        global = true,
        env = "WARREN_PASSCODE_FILE",
        value_name = "FILE",
        conflicts_with = "passcode"
    )]
    passcode_file: Option<PathBuf>,
    /// The virtual host.
    #[arg(long, global = true, env = "WARREN_VHOST", default_value = "/")]
    vhost: String,
    /// The service to call; its queue has the same name.
    #[arg(long, global = true, env = "WARREN_QUEUE", default_value = "rpc_queue")]
    queue: String,
    /// Publish straight to the queue, as the programs of RabbitMQ's sixth tutorial do. It works
    /// with their servers, and on a broker without Warren's exchanges.
    #[arg(long, global = true)]
    tutorial: bool,
}

impl Broker {
    /// Whether the service may be one of the tutorials' servers, which tell nothing of themselves.
    pub(super) fn is_tutorial(&self) -> bool {
        self.tutorial
    }

    /// What a client needs to know. Reads the files that the options name.
    pub(super) fn config(self) -> Result<Config, Failure> {
        let mode = if self.tutorial {
            Mode::Tutorial
        } else {
            Mode::Warren
        };
        let defaults = Config::default().in_mode(mode);
        let passcode = match &self.passcode_file {
            Some(path) => Some(passcode_in(path)?),
            None => self.passcode.clone().map(Passcode::from),
        };
        let urls = Urls::listed(&self.urls.join(","))?;
        Ok(Config {
            tls: self.tls()?,
            urls,
            login: self.login.unwrap_or(defaults.login),
            passcode: passcode.unwrap_or(defaults.passcode),
            vhost: self.vhost,
            queue: self.queue,
            ..defaults
        })
    }

    fn tls(&self) -> Result<Tls, TlsError> {
        let mut tls = Tls::default();
        if let Some(path) = &self.ca_file {
            tls = tls.with_ca_file(path)?;
        }
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            tls = tls.with_client_certificate(certificate, key)?;
        }
        Ok(tls)
    }
}

/// The option, or the variable, names no URL.
impl From<NoUrl> for Failure {
    fn from(error: NoUrl) -> Self {
        Self::new(Code::InvalidArgument, error.to_string())
    }
}

/// The passcode that stands in a file at the time of each connection. It has to be there now.
fn passcode_in(path: &Path) -> Result<Passcode, Failure> {
    read_passcode(path)?;
    let path = path.to_owned();
    let source = PasscodeSource::new(move || {
        let token = read_passcode(&path).map(|passcode| Token {
            passcode,
            lifetime: None,
        });
        async { token.map_err(|failure| failure.message) }
    });
    Ok(source.into())
}

fn read_passcode(path: &Path) -> Result<String, Failure> {
    let failure = |why: &str| {
        let message = format!("the passcode file {} {why}", path.display());
        Failure::new(Code::InvalidArgument, message)
    };
    let text = read_to_limit(path).map_err(|error| failure(&format!("cannot be read: {error}")))?;
    if text.len() > MAX_PASSCODE_BYTES {
        return Err(failure(&format!("has over {MAX_PASSCODE_BYTES} bytes")));
    }
    let text = String::from_utf8(text).map_err(|_| failure("is not UTF-8"))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    match line.strip_suffix('\r').unwrap_or(line) {
        "" => Err(failure("is empty")),
        line if line.contains('\n') => Err(failure("has more than one line")),
        line => Ok(line.to_owned()),
    }
}

/// Reads a file, at most one byte more than a passcode may have.
fn read_to_limit(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_PASSCODE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
