// The images of this page in a row: which one is shown, how far each is.

import { byId, make, setText } from "./dom.js";
import { thumbnail } from "./picture.js";

const marks = { waiting: ["…", "waiting"], sending: ["…", "being segmented"], failed: ["!", "failed"], done: ["", "done"] };

export class Strip {
  #list = byId("strip"); #rows = new Map();

  onSelect = () => {};
  onRemove = () => {};

  show(items, current) {
    for (const [item, row] of this.#rows) {
      if (!items.includes(item)) {
        row.element.remove();
        this.#rows.delete(item);
      }
    }
    for (const item of items) {
      if (!this.#rows.has(item)) {
        const row = this.#make(item);
        this.#rows.set(item, row);
        this.#list.append(row.element);
      }
      this.update(item, current);
    }
  }

  update(item, current) {
    const row = this.#rows.get(item);
    if (!row) {
      return;
    }
    const [mark, state] = marks[item.state];
    row.button.setAttribute("aria-current", String(item === current));
    row.button.setAttribute("aria-label", `${item.name}, ${state}`);
    row.mark.hidden = !mark;
    row.mark.classList.toggle("bad", item.state === "failed");
    setText(row.mark, mark);
    if (item === current && !row.wasCurrent) {
      row.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    row.wasCurrent = item === current;
  }

  focus(item) {
    this.#rows.get(item)?.button.focus();
  }

  #make(item) {
    const canvas = make("canvas", { width: 1, height: 1, "aria-hidden": "true" });
    const mark = make("span", { className: "mark", "aria-hidden": "true" });
    const button = make("button", { type: "button", className: "thumb", title: item.name, onclick: () => this.onSelect(item) }, canvas, mark);
    const remove = make("button", { type: "button", className: "remove", textContent: "×", "aria-label": `Remove ${item.name}`, onclick: () => this.onRemove(item) });
    button.addEventListener("keydown", event => this.#key(event, item));
    // What the browser cannot read the server cannot either, and says so.
    thumbnail(item.file, canvas).catch(() => {});
    return { element: make("li", {}, button, remove), button, mark, wasCurrent: false };
  }

  #key(event, item) {
    const items = [...this.#rows.keys()];
    const at = items.indexOf(item);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined && items[to]) {
      event.preventDefault();
      this.onSelect(items[to]);
      this.focus(items[to]);
    } else if (event.key === "Delete") {
      event.preventDefault();
      this.onRemove(item);
    }
  }
}
