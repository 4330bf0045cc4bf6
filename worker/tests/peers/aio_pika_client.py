"""The asynchronous client of RabbitMQ's sixth tutorial, with a timeout; all calls at once.

Prints one line for each n, in the order given: `fib(30) = 832040`.
Exits with 1 if a reply did not come in time.
"""

import argparse
import asyncio
import sys
import uuid

import aio_pika


class FibonacciRpcClient:
    def __init__(self, queue):
        self.queue = queue
        self.futures = {}

    async def connect(self, amqp):
        self.connection = await aio_pika.connect(amqp)
        self.channel = await self.connection.channel()
        self.callback_queue = await self.channel.declare_queue(exclusive=True)
        await self.callback_queue.consume(self.on_response, no_ack=True)
        return self

    async def on_response(self, message):
        future = self.futures.pop(message.correlation_id, None)
        if future is not None:
            future.set_result(message.body.decode())

    async def call(self, n, timeout):
        correlation_id = str(uuid.uuid4())
        future = asyncio.get_running_loop().create_future()
        self.futures[correlation_id] = future
        await self.channel.default_exchange.publish(
            aio_pika.Message(
                str(n).encode(),
                correlation_id=correlation_id,
                reply_to=self.callback_queue.name,
            ),
            routing_key=self.queue,
        )
        try:
            return await asyncio.wait_for(future, timeout)
        except asyncio.TimeoutError:
            return None


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--amqp", default="amqp://guest:guest@127.0.0.1:5672/%2f")
    parser.add_argument("--queue", default="rpc_queue")
    parser.add_argument("--timeout", type=float, default=30, help="seconds")
    parser.add_argument("n", nargs="+")
    args = parser.parse_args()

    client = await FibonacciRpcClient(args.queue).connect(args.amqp)
    async with client.connection:
        calls = (client.call(n, args.timeout) for n in args.n)
        responses = await asyncio.gather(*calls)
    for n, response in zip(args.n, responses):
        if response is None:
            response = f"no reply within {args.timeout:g} s"
        print(f"fib({n}) = {response}")
    return 1 if None in responses else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
