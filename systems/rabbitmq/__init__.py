"""RabbitMQ, the message broker, from Debian's packages."""
