/** For how long a stream is decoded before it counts, and then while it counts, in milliseconds. */
const WARM_UP = 300;
const MEASURED = 700;

/**
 * Has a stream decoded again and again, in chunks such as a WebSocket brings.
 *
 * @param {(chunks: ArrayBuffer[]) => {frames: number, read: number}} decode decodes one stream,
 *   and tells how many frames it had, and how many bytes of them were read
 * @param {ArrayBuffer} stream
 * @param {number} chunkBytes the length of all chunks but the last
 * @returns {{bytesPerSecond: number, frames: number, read: number}}
 */
export function measure(decode, stream, chunkBytes) {
  const chunks = [];
  for (let at = 0; at < stream.byteLength; at += chunkBytes) {
    chunks.push(stream.slice(at, at + chunkBytes));
  }
  repeat(() => decode(chunks), WARM_UP);
  const { times, seconds, last } = repeat(() => decode(chunks), MEASURED);
  return { bytesPerSecond: (times * stream.byteLength) / seconds, ...last };
}

function repeat(work, milliseconds) {
  const begin = performance.now();
  let times = 0;
  let last;
  let passed;
  do {
    last = work();
    times += 1;
    passed = performance.now() - begin;
  } while (passed < milliseconds);
  return { times, seconds: passed / 1000, last };
}
