//! What to do about what a broker lacks.

use warren_contract::{BOUNCE_EXCHANGE, DEFAULT_SERVICE, Topology};

use super::connection::Refusal;
use crate::{Config, Mode};

/// The user who comes with RabbitMQ, and may do everything.
const ADMINISTRATOR: &str = "guest";

/// The queues whose names the broker makes up. Nobody can declare these names.
const SERVER_NAMED: &str = r"^amq\.gen-.*$";

const LOG: &str = "look into the broker's log";

pub(super) fn login(login: &str) -> String {
    let mut words = format!(
        "check login and passcode, and that this user exists: rabbitmqctl add_user {login} …"
    );
    if login == ADMINISTRATOR {
        words.push_str("; `guest` may log in from the broker's own machine only");
    }
    words
}

pub(super) fn vhost(config: &Config) -> String {
    let missing = format!("rabbitmqctl add_vhost {}", quoted(&config.vhost));
    either(&missing, &permissions(config))
}

/// What to do about an exchange.
pub(super) fn exchange(config: &Config, refusal: &Refusal) -> String {
    let declare = format!(
        "start a worker (warren-worker --queue {}), which declares it, or import \
         rabbitmq/definitions.json, or take the name of a service that is there",
        quoted(&config.queue)
    );
    match refusal {
        Refusal::Missing(_) => declare,
        Refusal::Denied(_) => permissions(config),
        Refusal::MissingOrDenied => either(&declare, &permissions(config)),
        Refusal::Other(_) => LOG.to_owned(),
    }
}

fn either(missing: &str, denied: &str) -> String {
    format!("if it is not there: {missing}\nif it is: {denied}")
}

/// What to do about the temporary queue for replies, which the broker makes.
pub(super) fn replies(config: &Config, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Other(_) => LOG.to_owned(),
        _ => permissions(config),
    }
}

/// What to do about the default exchange.
pub(super) fn publishing(config: &Config, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Other(_) => LOG.to_owned(),
        _ => format!(
            "log in as a user who may publish straight to queues, as `guest` may from the broker's \
             own machine; or {}",
            permissions(config)
        ),
    }
}

pub(super) fn no_worker(config: &Config) -> String {
    format!(
        "start one, on the same broker and virtual host: warren-worker --amqp amqp://… --queue {}",
        quoted(&config.queue)
    )
}

pub(super) fn no_queue(config: &Config) -> String {
    format!(
        "start a worker (warren-worker --queue {}), which declares and binds it, or import \
         rabbitmq/definitions.json",
        quoted(&config.queue)
    )
}

/// What gives the user all that a call needs, and what the definitions give.
fn permissions(config: &Config) -> String {
    if config.login == ADMINISTRATOR {
        return format!("give `{ADMINISTRATOR}` back its right to do everything there");
    }
    let [configure, write, read] = patterns(config);
    format!(
        "rabbitmqctl set_permissions -p {vhost} {user} {configure} {write} {read}\n\
         (in place of all that `{login}` may do there now; the broker of `cargo xtask up` has no \
         rabbitmqctl, but its management page does the same)",
        login = config.login,
        vhost = quoted(&config.vhost),
        user = quoted(&config.login),
        configure = quoted(&configure),
        write = quoted(&write),
        read = quoted(&read),
    )
}

/// What calls need to configure, to write and to read.
fn patterns(config: &Config) -> [String; 3] {
    let topology = Topology::new(&config.queue);
    match config.mode {
        Mode::Warren => [
            SERVER_NAMED.to_owned(),
            write_pattern(&topology),
            format!(r"^(amq\.gen-.*|{})$", literally(BOUNCE_EXCHANGE)),
        ],
        Mode::Tutorial => [SERVER_NAMED, r"^amq\.default$", SERVER_NAMED].map(str::to_owned),
    }
}

/// What calls need to write to, and what the definitions let `web` write to: whoever is given the one
/// is not to lose the other.
fn write_pattern(topology: &Topology) -> String {
    let known = Topology::new(DEFAULT_SERVICE);
    let mut names = Vec::new();
    for service in [&known, topology] {
        let exchange = literally(service.exchange());
        if !names.contains(&exchange) {
            names.extend([exchange, literally(&service.control_exchange())]);
        }
    }
    format!(r"^({}|amq\.gen-.*)$", names.join("|"))
}

/// What a queue needs that hands nothing back.
pub(super) fn bounces(config: &Config) -> String {
    let queue = quoted(&config.queue);
    format!(
        "delete queue and exchange {queue} and start a worker, which declares both so that they do\n\
         or, by policies, give the queue dead-letter-exchange {BOUNCE_EXCHANGE}, and the exchange \
         alternate-exchange {BOUNCE_EXCHANGE}"
    )
}

/// Takes a name as itself in a pattern.
fn literally(name: &str) -> String {
    let mut pattern = String::new();
    for character in name.chars() {
        if !character.is_alphanumeric() && !matches!(character, '_' | '-' | ' ') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// Takes words as one for a shell.
fn quoted(words: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    if !words.is_empty() && words.chars().all(plain) {
        words.to_owned()
    } else {
        format!("'{}'", words.replace('\'', r"'\''"))
    }
}
