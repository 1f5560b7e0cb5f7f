// The runs there are.

import { byId, make, setText } from "../dom.js";
import { count, score } from "../format.js";

export class RunList {
  #rows = new Map();

  onSelect = () => {};

  show(runs, current) {
    const list = byId("runs");
    for (const [name, row] of this.#rows) {
      if (!runs.some(r => r.name === name)) {
        row.element.remove();
        this.#rows.delete(name);
      }
    }
    runs.forEach((run, at) => {
      const row = this.#rows.get(run.name) ?? this.#make(run);
      // Moving an element that is in its place would take the focus from it.
      if (list.children[at] !== row.element) {
        list.insertBefore(row.element, list.children[at] ?? null);
      }
      row.button.setAttribute("aria-current", String(run.name === current));
      row.dot.className = `dot ${run.state}`;
      row.dot.title = run.state;
      setText(row.state, `, ${run.state}`);
      setText(row.step, run.steps && run.state !== "finished" ? `step ${count(run.step)} of ${count(run.steps)}` : `${count(run.step)} steps`);
      setText(row.best, Number.isFinite(run.meanIoU) ? `IU ${score(run.meanIoU)} %` : "");
    });
  }

  #make(run) {
    const [dot, state, step, best] = [make("i", { "aria-hidden": "true" }), make("span", { className: "unseen" }), make("span"), make("span")];
    const button = make("button", { type: "button", className: "run", onclick: () => this.onSelect(run.name) },
      make("span", { className: "name" }, dot, run.name, state), make("span", { className: "detail" }, step, best));
    const row = { element: make("li", {}, button), button, dot, state, step, best };
    this.#rows.set(run.name, row);
    return row;
  }
}
