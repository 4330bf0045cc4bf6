"""The client of RabbitMQ's sixth tutorial, with a timeout and several requests in flight.

Prints one line for each n, in the order given: `fib(30) = 832040`.
Exits with 1 if a reply did not come in time.
"""

import argparse
import sys
import time
import uuid

import pika


class FibonacciRpcClient:
    def __init__(self, amqp, queue):
        self.queue = queue
        self.connection = pika.BlockingConnection(pika.URLParameters(amqp))
        self.channel = self.connection.channel()
        declared = self.channel.queue_declare(queue="", exclusive=True)
        self.callback_queue = declared.method.queue
        self.channel.basic_consume(
            queue=self.callback_queue,
            on_message_callback=self.on_response,
            auto_ack=True,
        )
        self.responses = {}

    def on_response(self, ch, method, props, body):
        if props.correlation_id in self.responses:
            self.responses[props.correlation_id] = body.decode()

    def call_all(self, numbers, timeout):
        ids = [self.send(n) for n in numbers]
        deadline = time.monotonic() + timeout
        while None in self.responses.values():
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.connection.process_data_events(time_limit=left)
        return [self.responses.pop(corr_id) for corr_id in ids]

    def send(self, n):
        corr_id = str(uuid.uuid4())
        self.responses[corr_id] = None
        self.channel.basic_publish(
            exchange="",
            routing_key=self.queue,
            properties=pika.BasicProperties(
                reply_to=self.callback_queue,
                correlation_id=corr_id,
            ),
            body=str(n),
        )
        return corr_id


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--amqp", default="amqp://guest:guest@127.0.0.1:5672/%2f")
    parser.add_argument("--queue", default="rpc_queue")
    parser.add_argument("--timeout", type=float, default=30, help="seconds")
    parser.add_argument("n", nargs="+")
    args = parser.parse_args()

    client = FibonacciRpcClient(args.amqp, args.queue)
    responses = client.call_all(args.n, args.timeout)
    for n, response in zip(args.n, responses):
        if response is None:
            response = f"no reply within {args.timeout:g} s"
        print(f"fib({n}) = {response}")
    sys.exit(1 if None in responses else 0)


if __name__ == "__main__":
    main()
