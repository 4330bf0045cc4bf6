/** The calls that were made, newest first; listeners are told once a frame. */
export class Calls {
  static KEPT = 10_000;
  #calls = [];
  #snapshot = this.#calls;
  #listeners = new Set();
  #frame = 0;

  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = () => this.#snapshot;

  /** Makes a call and follows it to its end. */
  run(rpc, n, deadlineMs) {
    const entry = { n, state: "waiting", begun: Date.now() };
    const { id, outcome } = rpc.call(n, deadlineMs, ({ worker, done, total }) =>
      this.#change(entry, { state: "running", worker, done, total }),
    );
    entry.id = id;
    this.#calls.unshift(entry);
    if (this.#calls.length > Calls.KEPT) this.#calls.pop();
    this.#change(entry, { state: "queued" });
    outcome.then(
      (reply) => this.#change(entry, { state: "done", ...reply }),
      ({ code, message }) =>
        this.#change(entry, { state: code === "cancelled" ? "cancelled" : "failed", code, error: message }),
    );
    return { entry, outcome };
  }

  #change(entry, change) {
    Object.assign(entry, change);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#snapshot = [...this.#calls];
      this.#listeners.forEach((listener) => listener());
    });
  }
}
