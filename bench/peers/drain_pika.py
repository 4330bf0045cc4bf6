"""The server of RabbitMQ's sixth tutorial on pika, which takes as many requests as it is told.

Usage: drain_pika.py AMQP_URL QUEUE PREFETCH
"""

import sys

import pika


def fib(n):
    if n == 0:
        return 0
    elif n == 1:
        return 1
    else:
        return fib(n - 1) + fib(n - 2)


def on_request(channel, method, props, body):
    channel.basic_publish(
        exchange="",
        routing_key=props.reply_to,
        properties=pika.BasicProperties(correlation_id=props.correlation_id),
        body=str(fib(int(body))),
    )
    channel.basic_ack(delivery_tag=method.delivery_tag)


def main():
    amqp, queue, prefetch = sys.argv[1:]
    connection = pika.BlockingConnection(pika.URLParameters(amqp))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=int(prefetch))
    channel.basic_consume(queue=queue, on_message_callback=on_request)
    channel.start_consuming()


if __name__ == "__main__":
    main()
