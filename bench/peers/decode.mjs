// node decode.mjs STREAM CHUNK_BYTES: decodes the file STREAM by stompjs's parser, and prints how
// fast it was, as JSON.
import { readFileSync } from "node:fs";

import { measure } from "./decode/measure.js";
import { decode } from "./decode/stompjs.js";

const [path, chunkBytes] = process.argv.slice(2);
const file = readFileSync(path);
const stream = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
console.log(JSON.stringify(measure(decode, stream, Number(chunkBytes))));
