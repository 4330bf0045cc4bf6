/** The demonstration service's procedure, what it is asked, and what it answers. */
export const PROCEDURE = "fibonacci";
export const N = 5;
export const VALUE = 5;

/** How many calls are made before those that count, as a part of these. */
const WARM_UP = 0.5;

/**
 * Makes `count` calls, always `inFlight` of them at once, after some that warm the page up.
 *
 * @param {() => Promise<number>} call makes one call
 * @param {Promise<never>} lost is rejected when the connection is lost, and the calls with it
 * @param {{count: number, inFlight: number}} how
 * @returns {Promise<{seconds: number, p50: number, p99: number}>} how long they took together, and
 *   the median and the 99th percentile of each alone, in milliseconds
 */
export async function measure(call, lost, { count, inFlight }) {
  const calls = (count) => Promise.race([makeCalls(call, count, inFlight), lost]);
  await calls(Math.ceil(count * WARM_UP));
  const begin = performance.now();
  const latencies = await calls(count);
  const seconds = (performance.now() - begin) / 1000;
  latencies.sort((a, b) => a - b);
  const quantile = (part) => latencies[Math.ceil(part * count) - 1];
  return { seconds, p50: quantile(0.5), p99: quantile(0.99) };
}

/** Gives how long each call took, in milliseconds. */
async function makeCalls(call, count, inFlight) {
  const latencies = new Float64Array(count);
  let made = 0;
  const caller = async () => {
    while (made < count) {
      const number = made++;
      const begin = performance.now();
      const value = await call();
      latencies[number] = performance.now() - begin;
      if (value !== VALUE) throw new Error(`fib(${N}) is ${VALUE}, not ${value}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, caller));
  return latencies;
}
