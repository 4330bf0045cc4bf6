import { memo, useState } from "react";

const SHOWN = 100;

export function CallList({ rpc, calls, all }) {
  const [filter, setFilter] = useState("all");
  const chosen = filter === "all" ? all : all.filter((call) => call.state === filter);
  return (
    <section aria-label="Calls">
      <h2>Calls</h2>
      <div className="row">
        <select aria-label="Show" value={filter} onChange={(event) => setFilter(event.target.value)}>
          {["all", "queued", "running", "done", "failed", "cancelled"].map((state) => (
            <option key={state}>{state}</option>
          ))}
        </select>
        <button type="button" disabled={!all.length} onClick={() => download(all)}>
          Export as CSV
        </button>
        <span>
          {chosen.length > SHOWN ? `the newest ${SHOWN} of ${chosen.length}` : chosen.length} calls
        </span>
      </div>
      <ol className="calls" data-testid="calls">
        {chosen.slice(0, SHOWN).map((call) => (
          <Row
            key={call.id}
            call={call}
            state={call.state}
            progress={call.done}
            onCancel={() => rpc.cancel(call.id)}
            onRepeat={() => calls.run(rpc, call.n, 30_000).outcome.catch(() => {})}
          />
        ))}
      </ol>
    </section>
  );
}

const Row = memo(
  function Row({ call, state, onCancel, onRepeat }) {
    const ended = ["done", "failed", "cancelled"].includes(state);
    return (
      <li data-testid="call-row" data-state={state}>
        <span>fib({call.n})</span>
        <span className="state">{state}</span>
        <span>{call.value ?? call.error ?? (call.total && `${Math.round((100 * call.done) / call.total)} %`)}</span>
        <span>{call.worker}</span>
        <span>{call.roundTrip && `${call.roundTrip.toFixed(1)} ms`}</span>
        <button type="button" onClick={ended ? onRepeat : onCancel}>
          {ended ? "Repeat" : "Cancel"}
        </button>
      </li>
    );
  },
  (was, is) => was.call === is.call && was.state === is.state && was.progress === is.progress,
);

function download(all) {
  const cell = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
  const rows = all.map((call) =>
    [new Date(call.begun).toISOString(), call.n, call.state, call.value, call.code, call.error, call.worker, call.roundTrip]
      .map(cell)
      .join(","),
  );
  const text = ["begun,n,state,value,code,error,worker,round_trip_ms", ...rows].join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "calls.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
