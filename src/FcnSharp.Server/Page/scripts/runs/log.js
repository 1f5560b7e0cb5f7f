// The log of a run, read on as it grows.

import { getJson } from "../api.js";

export class RunLog {
  #path; #next = 0;

  loss = [];
  learningRate = [];
  meanIoU = [];

  constructor(name) {
    this.#path = `/v1/runs/${encodeURIComponent(name)}/log`;
  }

  /** Reads what is new; whether there was anything. */
  async read() {
    let isNew = false;
    for (;;) {
      const { entries, next, restarted } = await getJson(`${this.#path}?after=${this.#next}`);
      if (restarted) {
        this.#clear();
      }
      entries.forEach(entry => this.#add(entry));
      isNew ||= restarted || entries.length > 0;
      if (next === this.#next) {
        return isNew;
      }
      this.#next = next;
    }
  }

  #clear() {
    [this.loss, this.learningRate, this.meanIoU] = [[], [], []];
  }

  #add({ step, loss, learningRate, meanIoU }) {
    for (const [points, value] of [[this.loss, loss], [this.learningRate, learningRate], [this.meanIoU, meanIoU]]) {
      if (value !== undefined) {
        points.push({ step, value });
      }
    }
  }
}
