"""The server of RabbitMQ's sixth tutorial.

With --json it answers `{"response": 832040, "error": null}`, as services that grew out of the
tutorial do; a request that is no number then gets `{"response": null, "error": "<why>"}`.
"""

import argparse
import json

import pika


def fib(n):
    if n == 0:
        return 0
    elif n == 1:
        return 1
    else:
        return fib(n - 1) + fib(n - 2)


def plain(body):
    n = int(body)
    print(f" [.] fib({n})")
    return str(fib(n))


def enveloped(body):
    try:
        n = int(body)
        if n < 0:
            raise ValueError(f"n is {n}; it must not be negative")
    except ValueError as error:
        return json.dumps({"response": None, "error": str(error)})
    print(f" [.] fib({n})")
    return json.dumps({"response": fib(n), "error": None})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--amqp", default="amqp://guest:guest@127.0.0.1:5672/%2f")
    parser.add_argument("--queue", default="rpc_queue")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    answer = enveloped if args.json else plain

    connection = pika.BlockingConnection(pika.URLParameters(args.amqp))
    channel = connection.channel()
    channel.queue_declare(queue=args.queue)

    def on_request(ch, method, props, body):
        response = answer(body)
        ch.basic_publish(
            exchange="",
            routing_key=props.reply_to,
            properties=pika.BasicProperties(correlation_id=props.correlation_id),
            body=response,
        )
        ch.basic_ack(delivery_tag=method.delivery_tag)

    channel.basic_qos(prefetch_count=1)
    channel.basic_consume(queue=args.queue, on_message_callback=on_request)
    print(" [x] Awaiting RPC requests", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    main()
