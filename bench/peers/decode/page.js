import { measure } from "./measure.js";
import { decode } from "./stompjs.js";

window.bench = {
  decode: async ({ url, chunkBytes }) => {
    const response = await fetch(url);
    return measure(decode, await response.arrayBuffer(), chunkBytes);
  },
};
