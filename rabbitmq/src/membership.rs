//! What a node knows of the cluster that it is in.

use std::fmt;

/// Which cluster a node is in, and which of its nodes it is.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    number: usize,
    name: String,
    epmd_port: u16,
    cookie: Cookie,
}

impl Membership {
    /// The node `number` of a cluster, counted from 1.
    pub(crate) fn new(number: usize, epmd_port: u16, cookie: Cookie) -> Self {
        Self {
            number,
            name: name(number),
            epmd_port,
            cookie,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn epmd_port(&self) -> u16 {
        self.epmd_port
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie.0
    }

    /// The lines of `rabbitmq.conf`. The first node waits for nobody, and the others join it: were
    /// all of them to find each other, two that look at the same time could each found a cluster.
    pub(crate) fn configuration(&self) -> String {
        let seeds = if self.number == 1 {
            vec![1]
        } else {
            vec![1, self.number]
        };
        let seeds = seeds.into_iter().map(name).enumerate();
        let seeds = seeds.map(|(index, name)| {
            format!(
                "cluster_formation.classic_config.nodes.{} = {name}\n",
                index + 1
            )
        });
        format!(
            "cluster_formation.peer_discovery_backend = classic_config\n{}",
            seeds.collect::<String>()
        )
    }
}

fn name(number: usize) -> String {
    format!("warren-{number}@localhost")
}

/// What the nodes of a cluster know each other by; who has it can do everything to them.
#[derive(Clone)]
pub(crate) struct Cookie(String);

impl Cookie {
    /// One that nobody can guess, or what the operating system said instead of random bits.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let (high, low) = (getrandom::u64()?, getrandom::u64()?);
        Ok(Self(format!("{high:016x}{low:016x}")))
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_not_shown() {
        let cookie = Cookie::random().expect("random bits");
        let secret = cookie.0.clone();
        let membership = Membership::new(1, 4369, cookie);
        assert!(!format!("{membership:?}").contains(&secret));
        assert_eq!(membership.cookie(), secret);
    }
}
