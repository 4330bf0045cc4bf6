"""A server that answers each request rightly, and says much besides that a client has to drop.

Before the answer come two messages that cannot be read (one of an unknown type, one without a
correlation id) and an answer to a request that nobody made; after it comes another answer, a
wrong one.
"""

import argparse
import uuid

import pika

from pika_server import fib


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--amqp", default="amqp://guest:guest@127.0.0.1:5672/%2f")
    parser.add_argument("--queue", default="rpc_queue")
    args = parser.parse_args()

    connection = pika.BlockingConnection(pika.URLParameters(args.amqp))
    channel = connection.channel()

    def on_request(ch, method, props, body):
        def say(kind, correlation_id, text):
            properties = pika.BasicProperties(
                content_type="application/json", type=kind, correlation_id=correlation_id
            )
            ch.basic_publish(
                exchange="", routing_key=props.reply_to, properties=properties, body=text
            )

        say("gossip", props.correlation_id, "0")
        say("result", None, "0")
        say("result", str(uuid.uuid4()), "0")
        say("result", props.correlation_id, str(fib(int(body))))
        say("result", props.correlation_id, "0")
        ch.basic_ack(delivery_tag=method.delivery_tag)

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue=args.queue, on_message_callback=on_request)
    print(" [x] Awaiting RPC requests", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main()
