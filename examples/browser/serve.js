// Serves this folder to this machine: node serve.js [PORT]. Any web server does; this one also asks browsers to isolate the page, without
// which they do not let WebAssembly use threads.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(fileURLToPath(import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript",
  ".wasm": "application/wasm", ".onnx": "application/octet-stream",
};

/** The file of an address; null where there is none, or none that a page needs. */
async function find(address) {
  try {
    const name = decodeURIComponent(new URL(address, "http://localhost").pathname);
    const file = path.join(root, name.endsWith("/") ? `${name}index.html` : name);
    return file.startsWith(root + path.sep) && types[path.extname(file)] && (await stat(file)).isFile() ? file : null;
  } catch {
    return null;
  }
}

const server = createServer(async (request, response) => {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  const file = await find(request.url);
  if (!file) {
    response.writeHead(404, { "Content-Type": "text/plain" }).end("There is no such file.\n");
    return;
  }
  response.writeHead(200, { "Content-Type": types[path.extname(file)], "Cache-Control": "no-cache" });
  createReadStream(file).on("error", () => response.destroy()).pipe(response);
});

server.on("error", error => {
  console.error(`error: cannot listen (${error.code}); name another port: node serve.js 8001`);
  process.exit(1);
});
server.listen(Number(process.argv[2] ?? 8000), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
