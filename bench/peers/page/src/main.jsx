import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.jsx";
import { Rpc } from "./rpc.js";
import "./style.css";

const root = createRoot(document.getElementById("root"));
const config = await fetch("config.json", { cache: "no-cache" }).then((response) => response.json());

function show(config) {
  const rpc = new Rpc(config);
  const restart = (changed) => {
    rpc.close();
    show({ ...config, ...changed });
  };
  root.render(
    <StrictMode>
      <App key={rpc.clientId} rpc={rpc} config={config} onSettings={restart} />
    </StrictMode>,
  );
}

show(config);
