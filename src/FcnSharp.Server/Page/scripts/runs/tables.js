// The figures of each class, what was taken for what, and the settings.

import { byId, make, swatch } from "../dom.js";
import { count, score } from "../format.js";

/** Bars of the classes' IU. */
export function showClasses(classes, evaluation) {
  byId("classes-section").hidden = !evaluation;
  if (!evaluation) {
    return;
  }
  const { step, perClass } = evaluation;
  byId("classes-note").textContent = `Intersection over union on the held-out images${step ? `, after step ${count(step)}` : ""}.`;
  const rows = classes.map((c, i) => {
    const bar = make("i");
    bar.style.width = `${perClass[i] ?? 0}%`;
    return make("tr", {}, make("th", { scope: "row" }, swatch(c.color), c.name),
      make("td", { className: "bars" }, make("div", { className: "meter", "aria-hidden": "true" }, bar)), make("td", { className: "number", textContent: score(perClass[i] ?? NaN) }));
  });
  byId("classes").replaceChildren(make("table", {},
    make("thead", {}, make("tr", {}, make("th", { scope: "col", textContent: "Class" }), make("td", {}), make("th", { scope: "col", className: "number", textContent: "IU %" }))),
    make("tbody", {}, ...rows)));
}

/** The confusion matrix, each row as shares of its pixels. */
export function showConfusion(classes, evaluation) {
  const matrix = evaluation?.confusion;
  byId("confusion-section").hidden = !matrix;
  if (!matrix) {
    return;
  }
  const digits = classes.length < 12 ? 1 : 0;
  const head = make("tr", {}, make("th", { scope: "col", textContent: "truth ↓  predicted →" }), ...classes.map(c => make("th", { scope: "col", textContent: c.name, title: c.name })));
  const rows = matrix.map((row, truth) => {
    const total = row.reduce((sum, pixels) => sum + pixels, 0);
    return make("tr", {}, make("th", { scope: "row" }, swatch(classes[truth].color), classes[truth].name),
      ...row.map((pixels, predicted) => cell(pixels, total, truth === predicted, digits)));
  });
  byId("confusion").replaceChildren(make("table", { className: "confusion" }, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function cell(pixels, total, isHit, digits) {
  if (pixels === 0) {
    return make("td", { className: "none", textContent: total === 0 ? "–" : "·" });
  }
  const share = pixels / total;
  // The square root lifts small confusions, which are what one looks for, out of the background.
  const strength = isHit ? share : Math.sqrt(share);
  const element = make("td", { textContent: score(100 * share, digits), title: `${count(pixels)} pixels` });
  // No stronger than the theme's text can be read on.
  element.style.backgroundColor = `rgb(var(--${isHit ? "hit" : "miss"}) / calc(var(--heat) * ${strength.toFixed(3)}))`;
  return element;
}

export function showSettings(settings) {
  const entries = Object.entries(settings);
  byId("settings-section").hidden = entries.length === 0;
  byId("settings").replaceChildren(...entries.map(([name, value]) => make("tr", {}, make("th", { scope: "row", textContent: name }), make("td", { textContent: value }))));
}
