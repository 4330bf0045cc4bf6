//! Passwords of the broker's users: made at random, and hashed as RabbitMQ keeps them.

use std::fmt;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// As many random bytes as nobody guesses.
const RANDOM_BYTES: usize = 32;

/// The length of the salt that RabbitMQ expects before the hash, in bytes.
const SALT_BYTES: usize = 4;

/// What [`Password::hash`] is by RabbitMQ's name.
pub(crate) const HASHING_ALGORITHM: &str = "rabbit_password_hashing_sha256";

/// A password; printing it, for debugging, does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// A new one of 43 characters, none of which a URL would have to encode.
    ///
    /// # Panics
    /// The operating system has no random bytes to give.
    #[must_use]
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<RANDOM_BYTES>()))
    }

    /// The one of the user `worker` on all nodes that this process starts: those of a cluster have
    /// their users in common.
    pub(crate) fn of_worker() -> &'static Self {
        static OF_WORKER: LazyLock<Password> = LazyLock::new(Password::random);
        &OF_WORKER
    }

    /// The one that everybody may know.
    pub(crate) fn public(password: &str) -> Self {
        Self(password.to_owned())
    }

    /// The password itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What RabbitMQ takes for a user's `password_hash` in definitions, with a new salt: see
    /// [Credentials and Passwords](https://www.rabbitmq.com/docs/passwords#computing-password-hash).
    #[must_use]
    pub(crate) fn hash(&self) -> String {
        self.salted(random())
    }

    fn salted(&self, salt: [u8; SALT_BYTES]) -> String {
        let hash = Sha256::new().chain_update(salt).chain_update(&self.0);
        let mut salted = salt.to_vec();
        salted.extend(hash.finalize());
        STANDARD.encode(salted)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_rabbitmqs_own() {
        // The example of RabbitMQ's documentation.
        let hash = Password::public("test12").salted([0x90, 0x8d, 0xc6, 0x0a]);
        assert_eq!(hash, "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR");
    }

    #[test]
    fn no_password_is_like_another_and_none_is_printed() {
        let [one, other] = [Password::random(), Password::random()];
        assert_ne!(one, other);
        assert_ne!(one.hash(), one.hash(), "the salt is new each time");
        assert_eq!(one.reveal().len(), 43);
        assert_eq!(format!("{one:?}"), "Password");
    }
}
