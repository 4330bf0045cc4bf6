//! What proves to the broker who we are: a passcode that stays, or one that is asked for anew.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

/// The broker user's password, or a token in its place.
#[derive(Clone, PartialEq, Eq)]
pub enum Passcode {
    /// One that stays, such as a password.
    Fixed(String),
    /// One that is asked for, such as a token of OAuth 2.0, which RabbitMQ takes with its plugin
    /// [`rabbitmq_auth_backend_oauth2`](https://www.rabbitmq.com/docs/oauth2).
    Source(PasscodeSource),
}

/// A passcode that a [`PasscodeSource`] gives.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The passcode.
    pub passcode: String,
    /// For how long it is good from now on, at least 2 s.
    ///
    /// A connection is changed for another one, with another token, before that is over. A machine
    /// that sleeps may not count the time: what runs out meanwhile is replaced once the broker has
    /// refused it. `None` is
    /// not known: the token is then used for one connection, for as long as that lasts.
    pub lifetime: Option<Duration>,
}

/// Gives a token whenever a new one is needed: to connect, unless the last one is good for some
/// time yet, and before that one runs out.
///
/// ```
/// use std::time::Duration;
/// use warren_client::{Config, PasscodeSource, Token};
///
/// # async fn fetch() -> Result<String, std::io::Error> { Ok(String::new()) }
/// let source = PasscodeSource::new(|| async {
///     let passcode = fetch().await?;
///     Ok::<_, std::io::Error>(Token {
///         passcode,
///         lifetime: Some(Duration::from_secs(300)),
///     })
/// });
/// let config = Config {
///     passcode: source.into(),
///     ..Config::default()
/// };
/// ```
#[derive(Clone)]
pub struct PasscodeSource(Arc<Ask>);

#[cfg(not(target_arch = "wasm32"))]
type Ask = dyn Fn() -> Asked + Send + Sync;
#[cfg(target_arch = "wasm32")]
type Ask = dyn Fn() -> Asked;

/// A token on its way, or why there is none, in words.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) type Asked = Pin<Box<dyn Future<Output = Result<Token, String>> + Send>>;
#[cfg(target_arch = "wasm32")]
pub(crate) type Asked = Pin<Box<dyn Future<Output = Result<Token, String>>>>;

impl PasscodeSource {
    /// How long a source may take to answer.
    pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);

    /// A source that asks by this function. It may take [10 s](Self::ANSWER_WITHIN); after that, and
    /// after an error, it is asked again, at first soon, then every 15 s or so.
    ///
    /// What the error says is told to callers, so it must not show a token.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn new<F, A, E>(ask: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<Token, E>> + Send + 'static,
        E: fmt::Display + 'static,
    {
        Self(Arc::new(move || Box::pin(in_words(ask()))))
    }

    /// A source that asks by this function. It may take [10 s](Self::ANSWER_WITHIN); after that, and
    /// after an error, it is asked again, at first soon, then every 15 s or so.
    ///
    /// What the error says is told to callers, so it must not show a token.
    #[cfg(target_arch = "wasm32")]
    pub fn new<F, A, E>(ask: F) -> Self
    where
        F: Fn() -> A + 'static,
        A: Future<Output = Result<Token, E>> + 'static,
        E: fmt::Display + 'static,
    {
        Self(Arc::new(move || Box::pin(in_words(ask()))))
    }

    /// Asks for a token.
    pub(crate) fn ask(&self) -> Asked {
        (self.0)()
    }

    /// What to say if it does not answer in time.
    pub(crate) fn overdue() -> String {
        format!("it did not come within {:?}", Self::ANSWER_WITHIN)
    }
}

async fn in_words<E: fmt::Display>(
    asked: impl Future<Output = Result<Token, E>>,
) -> Result<Token, String> {
    asked.await.map_err(|error| error.to_string())
}

impl Passcode {
    /// The one that stays, if it does.
    #[must_use]
    pub fn fixed(&self) -> Option<&str> {
        match self {
            Self::Fixed(passcode) => Some(passcode),
            Self::Source(_) => None,
        }
    }

    pub(crate) fn source(&self) -> Option<&PasscodeSource> {
        match self {
            Self::Fixed(_) => None,
            Self::Source(source) => Some(source),
        }
    }
}

impl From<String> for Passcode {
    fn from(passcode: String) -> Self {
        Self::Fixed(passcode)
    }
}

impl From<&str> for Passcode {
    fn from(passcode: &str) -> Self {
        Self::Fixed(passcode.to_owned())
    }
}

impl From<PasscodeSource> for Passcode {
    fn from(source: PasscodeSource) -> Self {
        Self::Source(source)
    }
}

/// A source is itself and its clones.
impl PartialEq for PasscodeSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for PasscodeSource {}

/// Shows nothing of it but its kind.
impl fmt::Debug for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed(_) => "Fixed",
            Self::Source(_) => "Source",
        })
    }
}

impl fmt::Debug for PasscodeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasscodeSource")
    }
}

/// Shows everything but the passcode.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
