export function Field({ label, testid, onChange, ...input }) {
  return (
    <label>
      {label}
      <input data-testid={testid} onChange={(event) => onChange(event.target.value)} autoComplete="off" {...input} />
    </label>
  );
}
