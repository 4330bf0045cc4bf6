import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { Batch } from "./Batch.jsx";
import { CallPanel } from "./CallPanel.jsx";
import { CallList } from "./CallList.jsx";
import { Settings } from "./Settings.jsx";
import { Calls } from "./store.js";
import { Wire } from "./Wire.jsx";

export function useObservable(subject) {
  const [value, setValue] = useState(subject.value);
  useEffect(() => {
    const subscription = subject.subscribe(setValue);
    return () => subscription.unsubscribe();
  }, [subject]);
  return value;
}

const STATES = { connecting: "Connecting…", online: "Online", offline: "Offline, trying again…" };

export function App({ rpc, config, onSettings }) {
  const calls = useMemo(() => new Calls(), []);
  const all = useSyncExternalStore(calls.subscribe, calls.snapshot);
  const state = useObservable(rpc.state$);
  const workers = useObservable(rpc.workers$);
  return (
    <>
      <header>
        <h1>RPC through RabbitMQ</h1>
        <p className="status" data-testid="connection" data-state={state}>
          {STATES[state]} <code>{config.url}</code>
        </p>
        <p data-testid="workers" data-count={workers?.length}>
          {workers === undefined ? "Workers unknown" : `${workers.length} workers`}
          {workers?.map((worker) => (
            <span className="worker" key={worker.id}>
              {worker.name} · {worker.busy}/{worker.concurrency} busy · {worker.served} served
            </span>
          ))}
        </p>
      </header>
      <main>
        <CallPanel rpc={rpc} calls={calls} all={all} online={state === "online"} />
        <CallList rpc={rpc} calls={calls} all={all} />
        <Batch rpc={rpc} calls={calls} online={state === "online"} />
        <Wire rpc={rpc} />
        <Settings config={config} onSettings={onSettings} />
      </main>
    </>
  );
}
