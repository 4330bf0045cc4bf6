//! Starts a private RabbitMQ node from the configuration in this folder.
