//! How the text of an option is read.

use std::{ffi::OsStr, net::SocketAddr, path::PathBuf};

use clap::{Arg, Command, Error, builder::TypedValueParser, error::ErrorKind};

use crate::{
    BrokerUrls, InvalidBrokerUrl,
    password::{NoPassword, Password},
};

/// Reads a broker's addresses. What clap says by itself of one that is none would show it, and a
/// password in it.
#[derive(Clone, Debug)]
pub(super) struct Address;

impl TypedValueParser for Address {
    type Value = BrokerUrls;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<BrokerUrls, Error> {
        let parsed = match value.to_str() {
            Some(text) => text
                .parse()
                .map_err(|why: InvalidBrokerUrl| why.to_string()),
            None => Err("it is not UTF-8".to_owned()),
        };
        parsed.map_err(|why| {
            let message = format!("--amqp (WARREN_AMQP) has no address of a broker: {why}\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

/// The path of a file that has a password in it now.
pub(super) fn password_file(path: &str) -> Result<PathBuf, NoPassword> {
    Password::in_file(path)?;
    Ok(path.into())
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse();
    address.map_err(|_| "it must be <IP address>:<port>, such as 127.0.0.1:9464".to_owned())
}
