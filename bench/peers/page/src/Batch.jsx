import { useEffect, useRef, useState } from "react";
import { Field } from "./Field.jsx";

const DEADLINE_MS = 30_000;
const BARS = 24;

export function Batch({ rpc, calls, online }) {
  const [fields, setFields] = useState({ from: "1", to: "20", count: "1000", inFlight: "100" });
  const [summary, setSummary] = useState();
  const stop = useRef();
  useEffect(() => () => stop.current?.(), []);
  const set = (name) => (value) => setFields({ ...fields, [name]: value });
  const running = summary?.state === "running";
  const valid = Object.values(fields).every((value) => /^\d+$/.test(value)) && +fields.from <= +fields.to;

  const submit = (event) => {
    event.preventDefault();
    stop.current = run(rpc, calls, fields, setSummary);
  };

  return (
    <section aria-label="Batch">
      <h2>Batch</h2>
      <form onSubmit={submit}>
        <Field label="From n" testid="batch-from" value={fields.from} onChange={set("from")} />
        <Field label="to n" testid="batch-to" value={fields.to} onChange={set("to")} />
        <Field label="Calls" testid="batch-count" value={fields.count} onChange={set("count")} />
        <Field label="In flight" testid="batch-in-flight" value={fields.inFlight} onChange={set("inFlight")} />
        <button type="submit" data-testid="batch-run" disabled={!online || !valid || running}>
          Run
        </button>
        <button type="button" data-testid="batch-stop" disabled={!running} onClick={() => stop.current()}>
          Stop
        </button>
      </form>
      {summary && <Summary {...summary} />}
    </section>
  );
}

/** Makes the calls, and tells of them once a frame; returns how to stop it. */
function run(rpc, calls, { from, to, count, inFlight }, tell) {
  const begun = performance.now();
  const times = [];
  const failures = {};
  const span = +to - +from + 1;
  const pending = new Set();
  let made = 0;
  let failed = 0;
  let frame = 0;
  let ended = false;

  const say = () => {
    frame = 0;
    const seconds = (performance.now() - begun) / 1000;
    const sorted = Float64Array.from(times).sort();
    tell({
      state: ended ? "ended" : "running",
      count: +count,
      done: times.length,
      failed,
      failures: { ...failures },
      rps: times.length / seconds,
      p50: sorted[Math.floor(sorted.length * 0.5)],
      p99: sorted[Math.floor(sorted.length * 0.99)],
      sorted,
    });
  };
  const fill = () => {
    while (!ended && made < +count && pending.size < +inFlight) {
      const { entry, outcome } = calls.run(rpc, +from + (made++ % span), DEADLINE_MS);
      pending.add(entry.id);
      outcome
        .then(
          (reply) => times.push(reply.roundTrip),
          ({ code }) => {
            failed++;
            failures[code] = (failures[code] ?? 0) + 1;
          },
        )
        .then(() => {
          pending.delete(entry.id);
          fill();
          if (made === +count && !pending.size) ended = true;
          frame ||= requestAnimationFrame(say);
        });
    }
  };
  fill();
  return () => {
    ended = true;
    for (const id of pending) rpc.cancel(id);
  };
}

function Summary({ state, count, done, failed, failures, rps, p50 = 0, p99 = 0, sorted }) {
  const bars = new Array(BARS).fill(0);
  for (const time of sorted) bars[Math.min(BARS - 1, Math.floor((time / (p99 * 1.1)) * BARS))]++;
  const highest = Math.max(...bars, 1);
  return (
    <div
      data-testid="batch-summary"
      data-state={state}
      data-done={done}
      data-failed={failed}
      data-rps={rps.toFixed(1)}
      data-p50-ms={p50.toFixed(2)}
      data-p99-ms={p99.toFixed(2)}
    >
      <progress value={done + failed} max={count} aria-label="Batch" />
      <p>
        {done} done, {failed} failed, {rps.toFixed(0)} calls/s, p50 {p50.toFixed(1)} ms, p99 {p99.toFixed(1)} ms
        {Object.entries(failures).map(([code, times]) => (
          <span className="error" key={code}> {code}: {times}</span>
        ))}
      </p>
      <svg className="histogram" viewBox={`0 0 ${BARS} 10`} preserveAspectRatio="none" role="img" aria-label="Round trips">
        {bars.map((bar, at) => (
          <rect key={at} x={at + 0.1} width="0.8" y={10 - (10 * bar) / highest} height={(10 * bar) / highest} />
        ))}
      </svg>
    </div>
  );
}
