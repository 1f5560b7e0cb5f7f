// Mask, overlay and figures as files.

import { byId, make } from "./dom.js";
import { fromDataUrl } from "./png.js";
import { merge } from "./picture.js";

/** Wires the buttons; current() gives what is shown: item, bitmap, overlay, opacity. */
export function offerDownloads(current, onError) {
  const actions = {
    "download-mask": async ({ item }) => save(new Blob([await fromDataUrl(item.answer.mask)], { type: "image/png" }), nameOf(item, ".mask.png")),
    "download-overlay": async ({ item, bitmap, overlay, opacity }) => {
      const blob = await new Promise(done => merge(bitmap, overlay, opacity).toBlob(done, "image/png"));
      save(blob, nameOf(item, ".overlay.png"));
    },
    "download-json": async ({ item }) => {
      // The pictures have buttons of their own.
      const { mask, confidence, ...figures } = item.answer;
      save(new Blob([JSON.stringify({ file: item.name, ...figures })], { type: "application/json" }), nameOf(item, ".json"));
    },
  };
  for (const [id, action] of Object.entries(actions)) {
    byId(id).addEventListener("click", () => action(current()).catch(onError));
  }
}

const nameOf = (item, ending) => item.name.replace(/\.[^.]*$/, "") + ending;

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make("a", { href: url, download: name }).click();
  // The browser has taken its copy of the address by then.
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
