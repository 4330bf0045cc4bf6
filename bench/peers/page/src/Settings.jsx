import { useState } from "react";
import { Field } from "./Field.jsx";

const NAMES = { url: "Broker", login: "Login", passcode: "Passcode", vhost: "Virtual host", queue: "Queue" };

export function Settings({ config, onSettings }) {
  const [fields, setFields] = useState(config);
  const valid = /^wss?:\/\//.test(fields.url);
  const submit = (event) => {
    event.preventDefault();
    onSettings(fields);
  };
  return (
    <section aria-label="Settings">
      <h2>Settings</h2>
      <form data-testid="settings" onSubmit={submit}>
        {Object.entries(NAMES).map(([name, label]) => (
          <Field
            key={name}
            label={label}
            testid={`settings-${name}`}
            type={name === "passcode" ? "password" : "text"}
            value={fields[name]}
            onChange={(value) => setFields({ ...fields, [name]: value })}
          />
        ))}
        <button type="submit" disabled={!valid}>
          Connect
        </button>
      </form>
      {!valid && <p className="error">The broker’s address begins with ws:// or wss://.</p>}
    </section>
  );
}
