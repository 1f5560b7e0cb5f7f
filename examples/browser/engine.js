// A model that computes beside the page. Take this file, worker.js and metadata.js into a page of your own:
//
//   const engine = new Engine();
//   const { classes } = await engine.load("model.onnx");          // [{ name, color }]
//   const { map } = await engine.segment(context.getImageData(0, 0, width, height));   // the class of each pixel

export class Engine {
  #worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  #calls = new Map();
  #count = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data: { id, result, error } }) => {
      const { resolve, reject } = this.#calls.get(id);
      this.#calls.delete(id);
      error ? reject(new Error(error)) : resolve(result);
    });
    this.#worker.addEventListener("error", event => {
      event.preventDefault();
      this.#calls.forEach(({ reject }) => reject(new Error("This browser cannot start worker.js; it has to be one of 2023 or later.")));
      this.#calls.clear();
    });
  }

  /**
   * Loads a model that was exported with --argmax --with-preprocessing.
   * backend is wasm, webgpu, or auto: WebGPU where the browser has a graphics processor for it. Gives { classes, backend, bytes }.
   */
  load(address, backend = "auto") { return this.#call("load", { address: new URL(address, location.href).href, backend }); }

  /** The class of each pixel of an ImageData: { map, milliseconds }. */
  segment({ width, height, data }) { return this.#call("segment", { width, height, pixels: data }); }

  /** Ends the worker and gives its memory back. */
  close() { this.#worker.terminate(); }

  #call(what, details) {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, what, ...details });
    });
  }
}
