//! How a command fails, and with which exit code.

use std::{fmt, process::ExitCode, time::Duration};

use tokio::time::timeout;
use warren_client::{CallError, Client, ConnectionState, Disconnect, TlsError};
use warren_contract::Code;

/// The exit code of every failure, unless their kinds are to be told.
const FAILED: u8 = 1;

/// To this, the number of the failure's code in gRPC is added. grpcurl does the same.
const KIND_OFFSET: u8 = 64;

/// How shells call the end by Ctrl-C: 128, and the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// A failure in the words that are printed: a code for programs, a message for people.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: Code,
    pub(super) message: String,
    is_interrupt: bool,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            is_interrupt: false,
        }
    }

    /// The user ended it by Ctrl-C.
    pub(super) fn interrupted(message: impl Into<String>) -> Self {
        Self {
            is_interrupt: true,
            ..Self::new(Code::Cancelled, message)
        }
    }

    pub(super) fn exit_code(&self, by_kind: bool) -> ExitCode {
        if self.is_interrupt {
            INTERRUPTED
        } else if by_kind {
            KIND_OFFSET + grpc_number(self.code)
        } else {
            FAILED
        }
        .into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<&Disconnect> for Failure {
    fn from(reason: &Disconnect) -> Self {
        Self::new(reason.code(), reason.to_string())
    }
}

/// Waits until the client is online.
///
/// It fails if that is not so in time, and at once if a person has to mend something before.
pub(super) async fn online(client: &Client, within: Duration) -> Result<(), Failure> {
    let mut state = client.connection();
    let known = state.wait_for(|state| match state {
        ConnectionState::Online { .. } | ConnectionState::Closed => true,
        ConnectionState::Offline { reason, .. } => reason.is_refusal(),
        ConnectionState::Connecting { .. } => false,
    });
    // Whether the time is over, or the state is known, it is looked at below.
    let _ = timeout(within, known).await;
    match &*client.connection().borrow() {
        ConnectionState::Online { .. } => Ok(()),
        ConnectionState::Offline { reason, .. } => Err(reason.into()),
        ConnectionState::Connecting { url, .. } => Err(Failure::new(
            Code::Unavailable,
            format!("not connected to {url} within {within:?}"),
        )),
        ConnectionState::Closed => Err(Failure::new(Code::Cancelled, "the client was closed")),
    }
}

/// What is wrong with the files that the options name.
impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        Self::new(Code::InvalidArgument, error.to_string())
    }
}

/// The table of exit codes, for `--help`.
pub(super) fn exit_codes() -> String {
    let mut kinds: Vec<_> = Code::ALL
        .map(|code| (KIND_OFFSET + grpc_number(code), code))
        .into();
    kinds.sort_unstable_by_key(|&(number, _)| number);
    let kinds: String = kinds
        .iter()
        .map(|(number, code)| format!("\n         {number} {code}"))
        .collect();
    format!(
        "Exit codes:\n  \
         {:>3}  It went well.\n  \
         {FAILED:>3}  It failed; stderr tells how, as `code: message`. With --exit-codes it is, by \
         the code:{kinds}\n  \
         {:>3}  The command line is wrong.\n  \
         {INTERRUPTED:>3}  It was ended by Ctrl-C.",
        0, 2
    )
}

/// <https://grpc.io/docs/guides/status-codes/>
const fn grpc_number(code: Code) -> u8 {
    match code {
        Code::Cancelled => 1,
        Code::InvalidArgument => 3,
        Code::DeadlineExceeded => 4,
        Code::PermissionDenied => 7,
        Code::ResourceExhausted => 8,
        Code::OutOfRange => 11,
        Code::Unimplemented => 12,
        Code::Internal => 13,
        Code::Unavailable => 14,
        Code::Unauthenticated => 16,
    }
}
