// The page: an image goes in, overlay, legend and time come out.

import { Engine } from "./engine.js";

// Larger images are made smaller: the net was trained on images of less than this, and memory and time grow with the pixels.
const mostPixels = 1_000_000;

const byId = id => document.getElementById(id);
const [status, error, choose, backend] = ["status", "error", "choose", "backend"].map(byId);
let engine = null;
let model = null;
let turn = 0;
let last = null;

function tell(text) {
  status.textContent = text;
  error.hidden = true;
}

function fail(text) {
  status.textContent = "";
  error.textContent = text;
  error.hidden = false;
}

async function load() {
  const mine = ++turn;
  engine?.close();
  [engine, model] = [new Engine(), null];
  choose.disabled = true;
  byId("controls").hidden = false;
  tell("Loading the model…");
  try {
    const loaded = await engine.load("model.onnx", backend.value);
    if (mine !== turn) {
      return;
    }
    model = loaded;
    choose.disabled = false;
    tell(`Ready: ${model.classes.length} classes, ${(model.bytes / 1e6).toFixed(1)} MB, computed by ${model.backend}.`);
    if (last) {
      segment(last);
    }
  } catch (reason) {
    if (mine === turn) {
      fail(reason.message);
    }
  }
}

/** The pixels of an image file, upright, as they are stored: no colour profile is applied. */
async function read(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new Error(`${file.name} is no image that this browser can read; choose a PNG, JPEG or WebP.`);
  }
  const scale = Math.min(1, Math.sqrt(mostPixels / (bitmap.width * bitmap.height)));
  const canvas = byId("image");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.parentElement.style.setProperty("--ratio", canvas.width / canvas.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const size = [bitmap.width, bitmap.height];
  bitmap.close();
  return { pixels: context.getImageData(0, 0, canvas.width, canvas.height), size };
}

async function segment(file) {
  last = file;
  if (!model) {
    return;
  }
  const mine = ++turn;
  tell(`Segmenting ${file.name}…`);
  try {
    const { pixels, size } = await read(file);
    const { width, height } = pixels;
    const { map, milliseconds } = await engine.segment(pixels);
    if (mine !== turn) {
      return;
    }
    paint(map, width, height);
    list(map);
    const shrunk = width === size[0] ? "" : `, computed at ${width} × ${height}`;
    byId("facts").textContent = `${file.name}: ${size[0]} × ${size[1]} pixels${shrunk}, ${Math.round(milliseconds)} ms by ${model.backend}.`;
    byId("result").hidden = false;
    tell(`Segmented ${file.name} in ${Math.round(milliseconds)} ms.`);
    // For programs that build on this page.
    document.dispatchEvent(new CustomEvent("segmented", { detail: { width, height, map, milliseconds, backend: model.backend } }));
  } catch (reason) {
    if (mine === turn) {
      byId("result").hidden = true;
      fail(reason.message);
    }
  }
}

function paint(map, width, height) {
  const canvas = byId("overlay");
  [canvas.width, canvas.height] = [width, height];
  const bytes = Uint8Array.from(model.classes.flatMap(({ color }) => [...[1, 3, 5].map(at => Number.parseInt(color.slice(at, at + 2), 16)), 255]));
  const colors = new Uint32Array(bytes.buffer);
  const picture = new ImageData(width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  map.forEach((id, pixel) => { pixels[pixel] = colors[id]; });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

/** The classes that occur, the largest first. */
function list(map) {
  const counts = new Array(model.classes.length).fill(0);
  map.forEach(id => counts[id]++);
  const found = [...counts.keys()].filter(id => counts[id] > 0).sort((a, b) => counts[b] - counts[a]);
  byId("legend").replaceChildren(...found.map(id => {
    const [row, square, share] = ["li", "i", "span"].map(tag => document.createElement(tag));
    square.style.backgroundColor = model.classes[id].color;
    const percent = 100 * counts[id] / map.length;
    share.textContent = percent < 0.05 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
    row.append(square, model.classes[id].name, share);
    return row;
  }));
}

function take(files) {
  if (files?.length > 0) {
    segment(files[0]);
  }
}

choose.addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", event => {
  take(event.target.files);
  // The same file chosen again is a change only so.
  event.target.value = "";
});
byId("opacity").addEventListener("input", event => { byId("overlay").style.opacity = event.target.value / 100; });
byId("overlay").style.opacity = 0.6;
backend.addEventListener("change", load);
backend.querySelector("[value=webgpu]").disabled = !navigator.gpu;
addEventListener("paste", event => take(event.clipboardData?.files));
addEventListener("dragover", event => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
addEventListener("dragleave", event => event.relatedTarget || document.body.classList.remove("dragging"));
addEventListener("drop", event => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  take(event.dataTransfer.files);
});
load();
