// Loads the model and runs it, in a thread of its own: the page stays alive meanwhile.

import { metadataOf } from "./metadata.js";

const runtime = "./node_modules/onnxruntime-web/dist/";
const remedy = "fcn export --model MODEL --out model.onnx --argmax --with-preprocessing";
let ort = null;
let session = null;

const actions = { load, segment };

self.addEventListener("message", async ({ data: { id, what, ...details } }) => {
  try {
    const result = await actions[what](details);
    self.postMessage({ id, result }, result.map ? [result.map.buffer] : []);
  } catch (error) {
    self.postMessage({ id, error: lineOf(error) });
  }
});

/** Errors of the runtime may be texts of several lines, or numbers. */
function lineOf(error) {
  const text = String(error?.message ?? error).replace(/\s+/g, " ");
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

async function load({ address, backend }) {
  const model = await read(address);
  const classes = classesOf(model);
  const wanted = backend === "auto" ? await hasGraphics() ? "webgpu" : "wasm" : backend;
  try {
    await open(model, wanted);
    return { classes, bytes: model.length, backend: nameOf(wanted) };
  } catch (error) {
    if (backend !== "auto" || wanted === "wasm") {
      throw error;
    }
  }
  await open(model, "wasm");
  return { classes, bytes: model.length, backend: nameOf("wasm") };
}

async function read(address) {
  const name = address.slice(address.lastIndexOf("/") + 1);
  let answer;
  try {
    answer = await fetch(address);
  } catch {
    throw new Error("The web server of this page does not answer; start it again and reload the page.");
  }
  if (!answer.ok) {
    throw new Error(`${name} is not beside the page (the web server says ${answer.status}); make it by: ${remedy}`);
  }
  return new Uint8Array(await answer.arrayBuffer());
}

/** The classes by the file's own description, which also tells whether it is the kind of model that this page feeds. */
function classesOf(model) {
  let metadata;
  try {
    metadata = metadataOf(model);
  } catch (error) {
    throw new Error(`model.onnx is broken or no ONNX model (${error.message}); make it anew by: ${remedy}`);
  }
  if (!metadata.classes || !metadata.input?.startsWith("image: bytes")) {
    throw new Error(`model.onnx does not take images as bytes, or names no classes; make it by: ${remedy}`);
  }
  return JSON.parse(metadata.classes).classes;
}

async function hasGraphics() {
  try {
    const adapter = await navigator.gpu?.requestAdapter();
    return Boolean(adapter) && !adapter.info?.isFallbackAdapter;
  } catch {
    return false;
  }
}

async function open(model, backend) {
  try {
    ort = await import(`${runtime}ort.${backend}.min.mjs`);
  } catch {
    throw new Error("onnxruntime-web is not beside the page; run npm install in its folder and reload.");
  }
  // What goes wrong is told on the page.
  ort.env.logLevel = "fatal";
  // Threads share memory, which browsers allow where the web server asks for isolation (serve.js does).
  ort.env.wasm.numThreads = threads();
  try {
    session = await ort.InferenceSession.create(model, { executionProviders: [backend], logSeverityLevel: 4 });
  } catch (error) {
    throw new Error(`model.onnx cannot be used by ${nameOf(backend)} (${lineOf(error)}); choose another way to compute, or make it anew by: ${remedy}`);
  }
  if (!session.outputNames.includes("classes")) {
    throw new Error(`model.onnx gives ${session.outputNames.join(", ")}, not classes; make it by: ${remedy}`);
  }
}

const threads = () => self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency || 1) : 1;

const nameOf = backend => backend === "webgpu" ? "WebGPU" : `WebAssembly with SIMD, ${threads() === 1 ? "1 thread" : `${threads()} threads`}`;

async function segment({ width, height, pixels }) {
  const image = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < image.length; from += 4) {
    image[to++] = pixels[from];
    image[to++] = pixels[from + 1];
    image[to++] = pixels[from + 2];
  }
  const start = performance.now();
  let classes;
  try {
    ({ classes } = await session.run({ image: new ort.Tensor("uint8", image, [1, height, width, 3]) }));
  } catch (error) {
    throw new Error(`The image of ${width}x${height} pixels cannot be computed (${lineOf(error)}); choose a smaller one, or another way to compute.`);
  }
  const milliseconds = performance.now() - start;
  // A copy: what the runtime gives may be a view of its own memory.
  const map = classes.data.slice();
  classes.dispose();
  return { map, milliseconds };
}
