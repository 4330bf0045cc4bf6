//! Which RabbitMQ a broker is, as it says when it greets us.

/// Major and minor version, from a `server` header such as `RabbitMQ/4.3.6`.
pub(crate) fn rabbitmq_version(server: &str) -> Option<(u32, u32)> {
    let version = server.strip_prefix("RabbitMQ/")?;
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}
