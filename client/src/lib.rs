//! RPC over RabbitMQ's Web-STOMP, from a browser or from a terminal.
