//! Serves procedures behind RabbitMQ.
