// The pictures of the latest evaluation: strips of image, truth, prediction and errors, cut into four.

import { getBlob, getJson } from "../api.js";
import { byId, make, swatch } from "../dom.js";

const gap = 4;
const names = ["image", "truth", "prediction", "errors"];
// As the trainer paints wrong pixels.
const wrong = "#ff4820";

export class Samples {
  #shown = "";

  /** Shows a run's pictures where they are other ones than those that are shown. */
  async show(run) {
    const path = `/v1/runs/${encodeURIComponent(run.name)}/samples`;
    const { samples } = await getJson(path);
    const key = JSON.stringify([run.name, samples]);
    if (key === this.#shown) {
      return;
    }
    this.#shown = key;
    const rows = await Promise.all(samples.map(async (sample, i) => this.#row(await createImageBitmap(await getBlob(`${path}/${encodeURIComponent(sample.file)}`)), i)));
    if (key === this.#shown) {
      byId("samples").replaceChildren(...rows);
      byId("samples-section").hidden = rows.length === 0;
      byId("key").replaceChildren(...[...run.classes, { color: wrong, name: "wrong" }].map(c => make("li", {}, swatch(c.color), c.name)));
    }
  }

  #row(strip, index) {
    const width = (strip.width - gap * (names.length - 1)) / names.length;
    const pictures = names.map((name, i) => {
      const canvas = make("canvas", { width, height: strip.height, role: "img", "aria-label": `Held-out image ${index + 1}: ${name}` });
      canvas.getContext("2d").drawImage(strip, i * (width + gap), 0, width, strip.height, 0, 0, width, strip.height);
      return canvas;
    });
    strip.close();
    return make("div", { className: "sample card" }, ...pictures);
  }
}
