"""The server of RabbitMQ's sixth tutorial on aio-pika, which answers as many requests at once as it
is told to take. As there, a request is acknowledged once the broker has confirmed its reply.

Usage: drain_aio_pika.py AMQP_URL QUEUE PREFETCH
"""

import asyncio
import sys

from aio_pika import Message, connect


def fib(n):
    if n == 0:
        return 0
    elif n == 1:
        return 1
    else:
        return fib(n - 1) + fib(n - 2)


async def main():
    amqp, name, prefetch = sys.argv[1:]
    connection = await connect(amqp)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=int(prefetch))
        queue = await channel.get_queue(name)
        exchange = channel.default_exchange

        async def on_request(message):
            async with message.process(requeue=False):
                response = str(fib(int(message.body.decode())))
                await exchange.publish(
                    Message(
                        body=response.encode(),
                        correlation_id=message.correlation_id,
                    ),
                    routing_key=message.reply_to,
                )

        await queue.consume(on_request)
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
