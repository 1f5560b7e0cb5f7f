// The classes of the image: colour, name, share of the area, a switch for each, and one that lifts it out.

import { byId, make, makeSvg, setText } from "./dom.js";
import { percent, rgb } from "./format.js";

const spotIcon = () => makeSvg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" },
  makeSvg("circle", { cx: 10, cy: 10, r: 3 }), makeSvg("path", { d: "M10 2v3M10 15v3M2 10h3M15 10h3" }));

export class Legend {
  #list = byId("legend"); #rows = new Map(); #pinned = null; #hovered = null;

  /** Ids of the classes that are not shown. */
  hidden = new Set();
  /** Called when what is shown has changed. */
  onChange = () => {};

  constructor() {
    byId("legend-all").addEventListener("click", () => this.#set(new Set()));
    byId("legend-none").addEventListener("click", () => this.#set(new Set(this.#rows.keys())));
  }

  /** The class that is lifted out: the one under the pointer, or the one that was pressed; null for none. */
  get highlighted() { return this.#hovered ?? this.#pinned; }

  /** Shows the classes of an answer, largest first; what was hidden or lifted stays so. */
  show(classes) {
    const ids = new Set(classes.map(c => c.id));
    this.#pinned = ids.has(this.#pinned) ? this.#pinned : null;
    this.#hovered = null;
    this.#rows.clear();
    this.#list.replaceChildren(...classes.map(c => this.#row(c)));
    this.#update();
  }

  #row({ id, name, color, share, confidence }) {
    const box = make("input", { type: "checkbox", id: `class-${id}` });
    const label = make("label", { for: `class-${id}`, className: "name", textContent: name, title: name });
    const bar = make("i");
    const spot = make("button", { type: "button", className: "spot", "aria-label": `Highlight ${name}`, "aria-pressed": "false", title: `Highlight ${name}` }, spotIcon());
    const row = make("li", { "data-class": String(id), title: Number.isFinite(confidence) ? `${name}: mean confidence ${percent(confidence)}` : name },
      box, label, make("span", { className: "share", textContent: percent(share) }), spot, make("span", { className: "meter", "aria-hidden": "true" }, bar));
    const [r, g, b] = rgb(color);
    box.style.setProperty("--class", color);
    box.style.setProperty("--on-class", 0.3 * r + 0.59 * g + 0.11 * b > 140 ? "#000" : "#fff");
    bar.style.width = `${Math.max(1, 100 * share)}%`;
    box.addEventListener("change", () => {
      this.hidden[box.checked ? "delete" : "add"](id);
      this.#update();
      this.onChange();
    });
    spot.addEventListener("click", () => {
      this.#pinned = this.#pinned === id ? null : id;
      this.#hovered = null;
      this.#update();
      this.onChange();
    });
    label.addEventListener("pointerenter", event => event.pointerType === "mouse" && this.#hover(id));
    label.addEventListener("pointerleave", () => this.#hover(null));
    this.#rows.set(id, { row, box, spot });
    return row;
  }

  #hover(id) {
    const to = id !== null && !this.hidden.has(id) ? id : null;
    if (to !== this.#hovered) {
      this.#hovered = to;
      this.onChange();
    }
  }

  #set(hidden) {
    this.hidden = hidden;
    this.#pinned = null;
    this.#update();
    this.onChange();
  }

  #update() {
    for (const [id, { row, box, spot }] of this.#rows) {
      box.checked = !this.hidden.has(id);
      row.classList.toggle("off", !box.checked);
      spot.setAttribute("aria-pressed", String(this.#pinned === id));
    }
    setText(byId("legend-title"), `Classes (${this.#rows.size})`);
  }
}
