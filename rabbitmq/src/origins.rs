//! Which web pages a broker lets connect.

use crate::server::Server;

/// The first version of RabbitMQ that looks at where a page comes from.
const SINCE: [u32; 3] = [4, 2, 6];

/// The lines of `rabbitmq.conf` by which the Web-STOMP of `server` takes pages from these origins
/// (RFC 6454), such as `http://127.0.0.1:8080`, and refuses those from others with 403. Who names
/// no origin, as only programs do that are no browsers, is taken all the same.
///
/// `None` if that RabbitMQ does not know such lines, and would not start with them; that is, before
/// 4.2.6, or if it does not tell its version.
#[must_use]
pub fn allow_origins<O: AsRef<str>>(server: &Server, origins: &[O]) -> Option<String> {
    let version = server.version()?;
    knows_origins(&version).then(|| {
        let numbered = origins.iter().zip(1..);
        numbered
            .map(|(origin, number)| {
                format!("web_stomp.allow_origins.{number} = {}\n", origin.as_ref())
            })
            .collect()
    })
}

fn knows_origins(version: &str) -> bool {
    let numbers: Vec<u32> = version
        .split(|character: char| !character.is_ascii_digit())
        .map_while(|number| number.parse().ok())
        .collect();
    numbers.as_slice() >= SINCE.as_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_by_their_numbers() {
        for (version, expected) in [
            ("3.10.8", false),
            ("4.0.5", false),
            ("4.2.5", false),
            ("4.2.6", true),
            ("4.3.0-rc.1", true),
            ("4.10.0", true),
            ("10.0", true),
            ("unknown", false),
        ] {
            assert_eq!(knows_origins(version), expected, "{version}");
        }
    }
}
