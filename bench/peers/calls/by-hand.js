// What calls cost without a client: requests that differ in a number alone, in as few messages as can
// be, and nothing of a reply is read. Nobody can make calls from a page for less.

import { measure, N, PROCEDURE, VALUE } from "./measure.js";

class Socket {
  #socket;
  #request;
  #unsent = [];
  #number = 0;
  #waiting = [];
  #turn = new MessageChannel();

  /** @param {[string, string]} request what stands before and behind the number */
  constructor(request) {
    this.#request = request;
    this.#turn.port1.onmessage = () => this.#send();
  }

  connect({ url, login, passcode, vhost }) {
    this.#socket = new WebSocket(url, "v12.stomp");
    this.#socket.binaryType = "arraybuffer";
    return new Promise((resolve) => {
      this.#socket.onopen = () => this.#socket.send(
        `CONNECT\naccept-version:1.2\nlogin:${login}\npasscode:${passcode}\nhost:${vhost}\n\n\0`,
      );
      this.#socket.onmessage = () => {
        this.#socket.onmessage = () => this.#waiting.shift()(VALUE);
        resolve();
      };
    });
  }

  /** Is rejected when the connection is lost. */
  lost() {
    return new Promise((_, reject) => {
      this.#socket.onclose = ({ code }) => reject(new Error(`close code ${code}`));
    });
  }

  /** Sends the first request at once, and those that follow in this turn together. */
  call() {
    const [before, behind] = this.#request;
    this.#unsent.push(before, String(this.#number++).padStart(12, "0"), behind);
    if (this.#waiting.length === 0) this.#send();
    else if (this.#unsent.length === 3) this.#turn.port2.postMessage(null);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close() {
    this.#socket.onclose = null;
    this.#socket.close(1000);
    this.#turn.port1.close();
  }

  #send() {
    if (this.#unsent.length > 0) this.#socket.send(this.#unsent.join(""));
    this.#unsent = [];
  }
}

async function calls(options) {
  const headers = {
    destination: `/exchange/${options.queue}/calls`,
    "reply-to": "/temp-queue/rpc",
    "content-type": "application/json",
    type: PROCEDURE,
    "correlation-id": crypto.randomUUID().slice(0, -12),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const socket = new Socket([`SEND\n${lines.join("\n")}`, `\n\n${N}\0`]);
  await socket.connect(options);
  try {
    return await measure(() => socket.call(), socket.lost(), options);
  } finally {
    socket.close();
  }
}

window.bench = { calls };
