//! What can go wrong between a worker and its broker.

use std::time::Duration;

use thiserror::Error;

use crate::TlsError;

/// The broker will not have this worker, and trying again will not change its mind.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// The broker does not know the user, or its password is another.
    #[error(
        "the broker at {broker} refused the login of user {user:?}; is the password right? It said: {said}"
    )]
    Login {
        /// Its address.
        broker: String,
        /// The user's name.
        user: String,
        /// The broker's own words.
        said: String,
    },
    /// The virtual host does not exist, or the user may not enter it.
    #[error(
        "the broker at {broker} refused the virtual host {virtual_host:?} to user {user:?}. It \
         said: {said}"
    )]
    VirtualHost {
        /// Its address.
        broker: String,
        /// The virtual host's name.
        virtual_host: String,
        /// The user's name.
        user: String,
        /// The broker's own words.
        said: String,
    },
    /// There is no encrypted connection.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The user may not declare, bind or consume what the service needs.
    #[error(
        "user {user:?} lacks a permission that a worker needs. The broker at {broker} said: {said}"
    )]
    Permission {
        /// Its address.
        broker: String,
        /// The user's name.
        user: String,
        /// The broker's own words.
        said: String,
    },
}

/// Why there is no connection, or no longer one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum BrokerError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the broker did not answer within {0:?}")]
    TimedOut(Duration),
    /// The broker ended the subscription, as it does when the queue is deleted.
    #[error("the queue is gone")]
    QueueGone,
    #[error("{0}")]
    Lost(String),
}
