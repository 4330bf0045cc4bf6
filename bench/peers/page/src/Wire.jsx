import { useEffect, useState } from "react";
import { watchWire } from "./rpc.js";

export function Wire({ rpc }) {
  const [lines, setLines] = useState([]);
  const [held, setHeld] = useState(false);
  useEffect(() => (held ? undefined : watchWire(rpc, setLines)), [rpc, held]);
  return (
    <section aria-label="Wire">
      <h2>Wire</h2>
      <div className="row">
        <button type="button" aria-pressed={held} onClick={() => setHeld(!held)}>
          {held ? "Go on" : "Hold"}
        </button>
        <button type="button" onClick={() => setLines([])}>
          Clear
        </button>
      </div>
      <ol className="wire" data-testid="wire">
        {lines
          .slice(-50)
          .reverse()
          .map(({ key, sent, text }) => (
            <li key={key} data-direction={sent ? "sent" : "received"}>
              <details>
                <summary>{text.split("\n", 1)[0] || "heart-beat"}</summary>
                <pre>{text}</pre>
              </details>
            </li>
          ))}
      </ol>
    </section>
  );
}
