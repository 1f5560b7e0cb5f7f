// One curve against the training steps, as SVG as wide as its place, in the page's colours.

import { make, makeSvg, setText } from "../dom.js";
import { count, short } from "../format.js";
import { smooth, thin, ticks } from "./curve.js";

const [height, left, right, top, bottom] = [220, 46, 10, 10, 42];

export class Chart {
  #title; #note; #format; #marked; #smoothed; #range;
  #svg = makeSvg("svg", { height, role: "img" });
  #points = []; #last = 0; #width = 0; #axes = null; #cursor = null;

  /** format writes a value; marked draws each point; smoothed draws a moving average over the pale points; range fixes the values. */
  constructor(title, { format = short, marked = false, smoothed = false, range = null } = {}) {
    [this.#title, this.#format, this.#marked, this.#smoothed, this.#range] = [title, format, marked, smoothed, range];
    this.#note = make("p");
    this.element = make("figure", { className: "chart card" }, make("figcaption", {}, make("h3", { textContent: title }), this.#note), this.#svg);
    this.#svg.addEventListener("pointermove", event => this.#point(event));
    this.#svg.addEventListener("pointerleave", () => this.#unpoint());
    new ResizeObserver(() => this.#svg.clientWidth !== this.#width && this.#redraw()).observe(this.#svg);
  }

  draw(points, note, lastStep) {
    [this.#points, this.#last, this.note] = [points, lastStep, note];
    this.element.hidden = points.length === 0;
    this.#redraw();
    setText(this.#note, note);
  }

  #redraw() {
    this.#width = this.#svg.clientWidth;
    const points = this.#points;
    if (points.length === 0 || this.#width === 0) {
      return;
    }
    const average = this.#smoothed ? smooth(points) : null;
    const axes = this.#axes = new Axes(this.#width, Math.max(this.#last, points.at(-1).step), this.#bounds(points, average));
    this.#svg.replaceChildren(...axes.parts(this.#format));
    this.#line(average ? "raw" : "line", thin(points));
    if (average) {
      this.#line("line", average);
    }
    if (this.#marked) {
      this.#svg.append(...thin(points).map(p => makeSvg("circle", { cx: axes.x(p.step).toFixed(1), cy: axes.y(p.value).toFixed(1), r: 3.2 })));
    }
    this.#cursor = makeSvg("path", { class: "cursor" });
    this.#svg.append(this.#cursor);
    const [first, last] = [average?.[0] ?? points[0], average?.at(-1) ?? points.at(-1)];
    this.#svg.setAttribute("aria-label", `${this.#title}: ${this.#format(first.value)} at step ${count(first.step)}, ${this.#format(last.value)} at step ${count(last.step)}`);
  }

  #bounds(points, average) {
    if (this.#range) {
      return ticks(...this.#range, 5);
    }
    const values = thin(points).map(p => p.value);
    // A single spike must not press the curve flat: what towers over the average is drawn at the upper edge.
    const highest = average ? Math.min(Math.max(...values), 1.2 * Math.max(...average.map(p => p.value))) : Math.max(...values);
    return ticks(Math.min(0, ...values), highest, 4);
  }

  #line(kind, points) {
    this.#svg.append(makeSvg("polyline", { class: kind, points: points.map(p => `${this.#axes.x(p.step).toFixed(1)},${this.#axes.y(p.value).toFixed(1)}`).join(" ") }));
  }

  #point(event) {
    const box = this.#svg.getBoundingClientRect();
    const step = this.#axes.step(event.clientX - box.left);
    // Points come in the order of their steps.
    let [low, high] = [0, this.#points.length - 1];
    while (low < high) {
      const middle = low + high >> 1;
      [low, high] = this.#points[middle].step < step ? [middle + 1, high] : [low, middle];
    }
    const before = this.#points[Math.max(0, low - 1)];
    const point = step - before.step < this.#points[low].step - step ? before : this.#points[low];
    setText(this.#note, `step ${count(point.step)}: ${this.#format(point.value)}`);
    this.#cursor.setAttribute("d", `M${this.#axes.x(point.step).toFixed(1)} ${top}V${height - bottom}`);
  }

  #unpoint() {
    setText(this.#note, this.note);
    this.#cursor.removeAttribute("d");
  }
}

/** From steps and values to places of the drawing. */
class Axes {
  #width; #last; #ticks;

  constructor(width, last, values) {
    [this.#width, this.#last, this.#ticks] = [width, Math.max(1, last), values];
  }

  x(step) { return left + step / this.#last * (this.#width - left - right); }

  y(value) {
    const [low, high] = [this.#ticks[0], this.#ticks.at(-1)];
    return height - bottom - (Math.min(high, Math.max(low, value)) - low) / (high - low) * (height - top - bottom);
  }

  step(x) { return (x - left) / (this.#width - left - right) * this.#last; }

  parts(format) {
    const base = height - bottom;
    const rows = this.#ticks.flatMap(value => [
      makeSvg("path", { class: "grid", d: `M${left} ${this.y(value).toFixed(1)}H${this.#width - right}` }),
      makeSvg("text", { x: left - 8, y: (this.y(value) + 4).toFixed(1), "text-anchor": "end" }, format(value)),
    ]);
    const columns = ticks(0, this.#last, Math.max(2, Math.floor(this.#width / 80))).filter(step => step <= this.#last).flatMap(step => [
      makeSvg("path", { class: "axis", d: `M${this.x(step).toFixed(1)} ${base}v5` }),
      makeSvg("text", { x: this.x(step).toFixed(1), y: base + 19, "text-anchor": "middle" }, short(step)),
    ]);
    return [...rows, ...columns, makeSvg("path", { class: "axis", d: `M${left} ${base}H${this.#width - right}` }),
      makeSvg("text", { x: (left + this.#width - right) / 2, y: height - 4, "text-anchor": "middle" }, "training step")];
  }
}
