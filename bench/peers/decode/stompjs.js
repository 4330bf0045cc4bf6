import { FrameImpl, Parser } from "@stomp/stompjs";

/** Decodes a stream as stompjs's client does, and reads what the caller of a procedure reads. */
export function decode(chunks) {
  let frames = 0;
  let read = 0;
  const onFrame = (raw) => {
    const frame = FrameImpl.fromRawFrame(raw, true);
    frames += 1;
    if (frame.command !== "MESSAGE") return;
    read += frame.headers["subscription"].length;
    read += frame.headers["correlation-id"].length;
    read += frame.binaryBody.length;
  };
  const parser = new Parser(onFrame, () => {});
  for (const chunk of chunks) parser.parseChunk(chunk);
  return { frames, read };
}
