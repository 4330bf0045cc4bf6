import { RxStomp, RxStompState } from "@stomp/rx-stomp";
import { BehaviorSubject, Subject } from "rxjs";

const REPLY_QUEUE = "/temp-queue/rpc";
const PING_EVERY_MS = 1000;
const WIRE_LINES = 200;

/** Why a call has no result. */
export class Failure extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Calls the workers behind one queue. */
export class Rpc {
  clientId = crypto.randomUUID();
  state$ = new BehaviorSubject("connecting");
  workers$ = new BehaviorSubject(undefined);
  wire$ = new Subject();
  #stomp = new RxStomp();
  #pending = new Map();
  #queue;
  #pongs = new Map();
  #pingTimer;

  constructor({ url, login, passcode, vhost, queue }) {
    this.#queue = queue;
    this.#stomp.configure({
      brokerURL: url,
      connectHeaders: { login, passcode, host: vhost },
      reconnectDelay: 1000,
      logRawCommunication: true,
      debug: (line) => this.wire$.observed && this.wire$.next(line),
    });
    this.#stomp.connectionState$.subscribe((state) => {
      const online = state === RxStompState.OPEN;
      this.state$.next(online ? "online" : state === RxStompState.CONNECTING ? "connecting" : "offline");
      if (!online) this.workers$.next(undefined);
    });
    this.#stomp.connected$.subscribe(() => {
      this.#resend();
      this.#ping();
    });
    this.#stomp.unhandledMessage$.subscribe((message) => this.#take(message));
    this.#stomp
      .watch({
        destination: `/exchange/rpc.bounce/${this.clientId}`,
        // A queue whose name the broker makes up: the page's user may have no other.
        subHeaders: { "x-queue-name": "", "x-queue-type": "classic", exclusive: "true" },
      })
      .subscribe((message) => this.#takeBounce(message));
    this.#pingTimer = setInterval(() => this.#ping(), PING_EVERY_MS);
    this.#stomp.activate();
  }

  close() {
    clearInterval(this.#pingTimer);
    for (const id of this.#pending.keys()) this.#settle(id, new Failure("cancelled", "the client was closed"));
    this.#stomp.deactivate();
  }

  /** Begins a call of fib(n): its id and its outcome. */
  call(n, deadlineMs, onProgress) {
    const id = crypto.randomUUID();
    const outcome = new Promise((resolve, reject) => {
      const begun = performance.now();
      const timer = setTimeout(
        () => this.#settle(id, new Failure("deadline_exceeded", `no reply within ${deadlineMs} ms`)),
        deadlineMs,
      );
      const call = { n, resolve, reject, timer, begun, until: begun + deadlineMs, onProgress };
      this.#pending.set(id, call);
      if (this.#stomp.connected()) this.#send(id, call);
    });
    return { id, outcome };
  }

  cancel(id) {
    if (this.#settle(id, new Failure("cancelled", "the call was cancelled"))) {
      this.#control({ type: "cancel", "correlation-id": id });
    }
  }

  #send(id, call) {
    const headers = {
      "reply-to": REPLY_QUEUE,
      "correlation-id": id,
      "content-type": "application/json",
      expiration: `${Math.max(1, Math.ceil(call.until - performance.now()))}`,
      type: "fibonacci",
    };
    if (call.onProgress) headers["x-progress-ms"] = "100";
    this.#stomp.publish({
      destination: `/exchange/${this.#queue}/${this.clientId}`,
      body: String(call.n),
      headers,
    });
  }

  /** Calls whose connection was lost are sent again: the same n has the same result. */
  #resend() {
    for (const [id, call] of this.#pending) this.#send(id, call);
  }

  #control(headers) {
    if (!this.#stomp.connected()) return;
    this.#stomp.publish({
      destination: `/exchange/${this.#queue}.control/${this.clientId}`,
      body: "",
      headers,
    });
  }

  #ping() {
    if (document.hidden || !this.#stomp.connected()) return;
    this.#pongs = new Map();
    this.#control({ type: "ping", "correlation-id": crypto.randomUUID(), "reply-to": REPLY_QUEUE });
  }

  #take(message) {
    const { type, "correlation-id": id, "x-worker": worker, "x-compute-us": computeUs } = message.headers;
    const call = this.#pending.get(id);
    switch (type) {
      case "pong": {
        const pong = JSON.parse(message.body);
        this.#pongs.set(pong.id, pong);
        return this.workers$.next([...this.#pongs.values()]);
      }
      case "started":
        return call?.onProgress?.({ worker });
      case "progress":
        return call?.onProgress?.({ worker, ...JSON.parse(message.body) });
      case "fault": {
        const { code, error } = JSON.parse(message.body);
        return this.#settle(id, new Failure(code, error));
      }
      case "result": {
        const compute = computeUs && computeUs / 1000;
        return this.#settle(id, undefined, { value: JSON.parse(message.body), worker, compute });
      }
    }
  }

  #takeBounce({ headers }) {
    const { type, "correlation-id": id, "x-first-death-reason": reason } = headers;
    if (type === "ping") return this.workers$.next([]);
    if (type === "cancel") return;
    const failures = {
      expired: new Failure("deadline_exceeded", "no worker took the call in time"),
      maxlen: new Failure("resource_exhausted", "the queue is full"),
      rejected: new Failure("internal", "a worker rejected the call"),
    };
    this.#settle(id, failures[reason] ?? new Failure("unavailable", "no worker is there"));
  }

  #settle(id, failure, reply) {
    const call = this.#pending.get(id);
    if (!call) return false;
    this.#pending.delete(id);
    clearTimeout(call.timer);
    if (failure) call.reject(failure);
    else call.resolve({ ...reply, roundTrip: performance.now() - call.begun });
    return true;
  }
}

/** The last lines of what goes over the wire; passcodes are hidden. */
export function watchWire(rpc, onLines) {
  let lines = [];
  let next = 0;
  let frame = 0;
  const subscription = rpc.wire$.subscribe((text) => {
    const sent = text.startsWith(">>>");
    const shown = text.replace(/^(>>>|<<<) /, "").replace(/passcode:.*/, "passcode:•••");
    lines = [...lines.slice(1 - WIRE_LINES), { key: next++, sent, text: shown }];
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      onLines(lines);
    });
  });
  return () => {
    subscription.unsubscribe();
    cancelAnimationFrame(frame);
  };
}
