// The chooser of models and the card of the chosen one.

import { byId, make, swatch } from "./dom.js";
import { score, short } from "./format.js";

export class ModelChooser {
  #select = byId("model"); #models = [];

  onChange = () => {};

  constructor() {
    this.#select.addEventListener("change", () => {
      this.#showCard();
      this.onChange(this.current);
    });
  }

  get current() { return this.#models.find(m => m.name === this.#select.value) ?? null; }

  show(models) {
    this.#models = models;
    this.#select.replaceChildren(...models.map(m => make("option", { value: m.name, textContent: m.name })));
    this.#select.value = (models.find(m => m.default) ?? models[0])?.name ?? "";
    this.#select.disabled = models.length === 0;
    this.#showCard();
  }

  #showCard() {
    const model = this.current;
    byId("card").hidden = !model;
    if (!model) {
      return;
    }
    const facts = [["Name", model.name], ["Net", model.net], ["Parameters", short(model.parameters)], ["Classes", String(model.classes.length)]];
    if (model.trainedOn) {
      facts.push(["Trained on", model.trainedOn]);
    }
    const { metrics } = model;
    if (metrics) {
      facts.push(["Mean IU", `${score(metrics.meanIoU)} %`], ["Pixel accuracy", `${score(metrics.pixelAccuracy)} %`]);
    }
    const list = make("dl", { className: "facts" }, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]));
    byId("card-body").replaceChildren(list, this.#classes(model));
  }

  #classes({ classes, metrics }) {
    const perClass = metrics?.perClass ?? [];
    const rows = classes.map((c, i) => make("tr", {},
      make("th", { scope: "row" }, swatch(c.color), c.name),
      make("td", { textContent: perClass.length > 0 ? score(perClass[i] ?? NaN) : "" })));
    return make("details", {}, make("summary", { textContent: perClass.length > 0 ? "IU of each class, per cent" : "All classes" }),
      make("table", { className: "scores" }, make("tbody", {}, ...rows)));
  }
}
