// Calls as one makes them with stompjs alone: a map from each correlation id to what awaits its
// reply. Replies to a temporary queue belong to no subscription, so stompjs calls them unhandled.

import { Client } from "@stomp/stompjs";
import { measure, N, PROCEDURE } from "./measure.js";

class RpcClient {
  #pending = new Map();
  #client;
  #destination;

  constructor({ url, login, passcode, vhost, queue }) {
    this.#destination = `/exchange/${queue}/calls`;
    this.#client = new Client({
      brokerURL: url,
      connectHeaders: { login, passcode, host: vhost },
      onUnhandledMessage: (message) => this.#take(message),
    });
  }

  connect() {
    return new Promise((resolve, reject) => {
      this.#client.onConnect = resolve;
      this.#client.onStompError = (frame) => reject(new Error(frame.headers.message));
      this.#client.activate();
    });
  }

  call(procedure, request) {
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#client.publish({
        destination: this.#destination,
        headers: {
          "reply-to": "/temp-queue/rpc",
          "correlation-id": id,
          "content-type": "application/json",
          type: procedure,
        },
        body: JSON.stringify(request),
      });
    });
  }

  /** Is rejected when the connection is lost. */
  lost() {
    return new Promise((_, reject) => {
      this.#client.onWebSocketClose = ({ code }) => reject(new Error(`close code ${code}`));
    });
  }

  close() {
    return this.#client.deactivate();
  }

  #take(message) {
    const id = message.headers["correlation-id"];
    const call = this.#pending.get(id);
    if (!call) return;
    this.#pending.delete(id);
    const reply = JSON.parse(message.body);
    if (message.headers.type === "fault") call.reject(new Error(reply.error));
    else call.resolve(reply);
  }
}

async function calls(options) {
  const rpc = new RpcClient(options);
  await rpc.connect();
  try {
    return await measure(() => rpc.call(PROCEDURE, N), rpc.lost(), options);
  } finally {
    await rpc.close();
  }
}

window.bench = { calls };
