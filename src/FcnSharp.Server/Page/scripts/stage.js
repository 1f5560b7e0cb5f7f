// The stage: the shown image, what lies over it, and what is said in its place while there is none.

import { byId, setText } from "./dom.js";
import { percent } from "./format.js";
import { explain } from "./errors.js";
import { View } from "./view.js";
import { wire } from "./gestures.js";
import { Compare } from "./compare.js";
import { announce } from "./notices.js";

export class Stage {
  #canvas = byId("canvas"); #readout = byId("readout"); #opacity = byId("opacity");
  #shown = null;
  #view = new View(this.#canvas);
  #compare = new Compare(byId("divider"), byId("compare"), this.#view);

  constructor() {
    wire(this.#canvas, this.#view, {
      onPoint: (x, y) => this.#tell(x === null ? null : this.#view.pixelAt(x, y)),
      onKeyMove: () => this.#tell(this.#view.middle(), true),
      keys: { c: () => this.#compare.toggle(), "[": () => this.#setOpacity(-10), "]": () => this.#setOpacity(10) },
    });
    this.#opacity.addEventListener("input", () => this.#setOpacity(0));
    byId("zoom-in").addEventListener("click", () => this.#view.zoomBy(1.5));
    byId("zoom-out").addEventListener("click", () => this.#view.zoomBy(1 / 1.5));
    byId("zoom-fit").addEventListener("click", () => this.#view.fit());
    this.#view.onMove = () => {
      setText(byId("zoom-value"), `${Math.round(100 * this.#view.zoom)} %`);
      // While there is nothing to move in the image, a finger scrolls the page.
      this.#canvas.style.touchAction = this.#view.isFitted ? "pan-y" : "none";
    };
    this.#setOpacity(0);
  }

  get opacity() { return this.#view.opacity; }

  /** Shows an image with its overlay; null shows none. */
  show(shown, label = "") {
    this.#shown = shown;
    this.#canvas.hidden = !shown;
    byId("tools").hidden = !shown;
    byId("divider").hidden = !shown || !this.#compare.isOn;
    this.#tell(null);
    if (shown) {
      this.#canvas.setAttribute("aria-label", label);
      byId("stage").style.setProperty("--ratio", shown.width / shown.height);
      this.#view.show(shown.bitmap, shown.overlay, shown.width, shown.height);
    } else {
      this.#view.show(null, null);
    }
  }

  redraw() { this.#view.redraw(); }

  /** Says what is going on where no image is, or in a corner over the last one: { title, text, bad, busy, action, onAction }. */
  say(message) {
    const box = byId("status");
    box.hidden = !message;
    if (!message) {
      return;
    }
    box.classList.toggle("bad", Boolean(message.bad));
    box.classList.toggle("over", Boolean(this.#shown));
    byId("spinner").hidden = !message.busy;
    setText(byId("status-title"), message.title);
    setText(byId("status-text"), message.text ?? "");
    const button = byId("status-action");
    button.hidden = !message.action;
    button.parentElement.hidden = !message.action;
    setText(button, message.action ?? "");
    button.onclick = message.onAction ?? null;
  }

  /** Says what went wrong with an image. */
  sayError(error, action, onAction) {
    const { title, text } = explain(error);
    this.say({ title, text, bad: true, action, onAction });
    announce(`${title}. ${text}`);
  }

  #setOpacity(change) {
    this.#opacity.value = Number(this.#opacity.value) + change;
    this.#view.opacity = this.#opacity.value / 100;
    setText(byId("opacity-value"), `${this.#opacity.value} %`);
    this.#view.redraw();
  }

  #tell(pixel, aloud = false) {
    this.#readout.hidden = !pixel || !this.#shown;
    if (this.#readout.hidden) {
      return;
    }
    const { name, color, confidence } = this.#shown.at(pixel);
    const [square, title, rest] = this.#readout.children;
    square.style.backgroundColor = color;
    setText(title, name ?? "no class");
    setText(rest, `${Number.isFinite(confidence) ? `${percent(confidence, 0)} sure · ` : ""}${pixel.x}, ${pixel.y}`);
    if (aloud) {
      announce(`${name}, ${percent(confidence, 0)} sure`);
    }
  }
}
