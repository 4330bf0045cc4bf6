import { useState } from "react";
import { Field } from "./Field.jsx";

const LARGEST_N = 50;

export function CallPanel({ rpc, calls, all, online }) {
  const [n, setN] = useState("30");
  const [deadline, setDeadline] = useState("30");
  const [shown, setShown] = useState();
  // The entry is changed in place; `all` is anew whenever one was.
  const call = all.includes(shown) ? shown : undefined;
  const under = call && !["done", "failed", "cancelled"].includes(call.state);
  const valid = /^\d+$/.test(n) && +n <= LARGEST_N && +deadline > 0;

  const submit = (event) => {
    event.preventDefault();
    const { entry, outcome } = calls.run(rpc, +n, +deadline * 1000);
    outcome.catch(() => {});
    setShown(entry);
  };

  return (
    <section aria-label="Call">
      <h2>Call</h2>
      <form onSubmit={submit}>
        <Field label="n" testid="n" value={n} onChange={setN} inputMode="numeric" />
        <Field label="Deadline, s" testid="deadline" value={deadline} onChange={setDeadline} inputMode="decimal" />
        <button type="submit" data-testid="call" disabled={!online || !valid}>
          Call
        </button>
        <button type="button" data-testid="cancel" disabled={!under} onClick={() => rpc.cancel(call.id)}>
          Cancel
        </button>
      </form>
      {!valid && <p className="error">n is a whole number from 0 to {LARGEST_N}; a deadline is over 0 s.</p>}
      {under && (
        <progress data-testid="progress" value={call.total ? call.done / call.total : undefined} aria-label="Progress" />
      )}
      {call?.state === "done" && (
        <p className="result">
          fib({call.n}) = <output data-testid="result" data-n={call.n}>{call.value}</output>
          <small>
            {call.worker}, {call.roundTrip.toFixed(1)} ms, of which it computed {call.compute?.toFixed(1)} ms
          </small>
        </p>
      )}
      {call?.error && (
        <p className="error" data-testid="error" data-code={call.code} role="alert">
          {call.code}: {call.error}
        </p>
      )}
    </section>
  );
}
