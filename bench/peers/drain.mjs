// The server of RabbitMQ's sixth tutorial on amqplib, which takes as many requests as it is told.
//
// Usage: drain.mjs AMQP_URL QUEUE PREFETCH

import { argv } from "node:process";
import amqplib from "amqplib";

function fib(n) {
  return n === 0 || n === 1 ? n : fib(n - 1) + fib(n - 2);
}

const [amqp, queue, prefetch] = argv.slice(2);
const connection = await amqplib.connect(amqp, { noDelay: true });
const channel = await connection.createChannel();
await channel.prefetch(Number(prefetch));
await channel.consume(queue, (message) => {
  const response = fib(Number(message.content.toString()));
  channel.sendToQueue(message.properties.replyTo, Buffer.from(response.toString()), {
    correlationId: message.properties.correlationId,
  });
  channel.ack(message);
});
