// The page of training runs: asks for what is new while anybody looks.

import { byId, make, setText } from "../dom.js";
import * as api from "../api.js";
import { explain } from "../errors.js";
import { count, score, short } from "../format.js";
import { announce, askForKey, banner } from "../notices.js";
import { Chart } from "./chart.js";
import { RunList } from "./list.js";
import { RunLog } from "./log.js";
import { Samples } from "./samples.js";
import { showClasses, showConfusion, showSettings } from "./tables.js";
import { smooth } from "./curve.js";

const often = 2000;
const seldom = 15000;
const [list, samples] = [new RunList(), new Samples()];
const charts = {
  loss: new Chart("Training loss", { smoothed: true }),
  meanIoU: new Chart("Mean IU, held-out images", { marked: true, range: [0, 100], format: value => score(value, Number.isInteger(value) ? 0 : 1) }),
  learningRate: new Chart("Learning rate"),
};
let current = null;
let log = null;
let shownStep = -1;
let timer = 0;
let turn = 0;
let keyWasGiven = false;

async function refresh() {
  clearTimeout(timer);
  const mine = ++turn;
  let wait = often;
  try {
    const { runs } = await api.getJson("/v1/runs");
    if (mine !== turn) {
      return;
    }
    banner(null);
    choose(runs);
    list.show(runs, current);
    byId("none").hidden = runs.length > 0;
    byId("content").hidden = runs.length === 0;
    if (current) {
      await showRun(mine);
    }
    wait = runs.some(r => r.state === "running") ? often : seldom;
  } catch (error) {
    if (error.kind === "key") {
      await giveKey();
      return;
    }
    const { title, text } = explain(error);
    banner(`${title}. ${text}`, "Try now", refresh);
  }
  // A page that nobody sees asks for nothing; it is asked again when it is seen.
  if (mine === turn && !document.hidden) {
    timer = setTimeout(refresh, wait);
  }
}

function choose(runs) {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const name = (runs.find(r => r.name === wanted) ?? runs.find(r => r.name === current) ?? runs[0])?.name ?? null;
  if (name !== current) {
    current = name;
    log = name && new RunLog(name);
    shownStep = -1;
  }
}

async function showRun(mine) {
  const [name, reading] = [current, log];
  const isNew = await reading.read();
  if (mine !== turn || name !== current) {
    return;
  }
  const run = await api.getJson(`/v1/runs/${encodeURIComponent(name)}`);
  if (mine !== turn || name !== current) {
    return;
  }
  showHead(run);
  if (isNew || shownStep < 0) {
    showCurves(run);
  }
  const step = run.evaluation?.step ?? 0;
  if (step !== shownStep) {
    if (shownStep > 0) {
      announce(`Evaluated after step ${count(step)}: mean IU ${score(run.evaluation.meanIoU)} per cent.`);
    }
    shownStep = step;
    showClasses(run.classes, run.evaluation);
    showConfusion(run.classes, run.evaluation);
    showSettings(run.settings);
  }
  await samples.show(run);
}

function showHead(run) {
  setText(byId("run-name"), run.name);
  setText(byId("run-what"), [run.net, run.parameters && `${short(run.parameters)} parameters`, run.dataset].filter(Boolean).join(" · "));
  byId("run-state").replaceChildren(make("i", { className: `dot ${run.state}`, "aria-hidden": "true" }), run.state);
  const share = run.steps ? Math.min(1, run.step / run.steps) : run.state === "finished" ? 1 : 0;
  byId("progress").firstElementChild.style.width = `${100 * share}%`;
  byId("progress").setAttribute("aria-valuenow", String(Math.round(100 * share)));
  const loss = log.loss.length > 0 ? mean(log.loss.slice(-Math.max(1, Math.ceil(log.loss.length / 40))).map(p => p.value)) : NaN;
  const figures = [
    ["Step", count(run.step), run.steps ? `of ${count(run.steps)}` : ""],
    ["Loss", Number.isFinite(loss) ? loss.toPrecision(3) : "–", "mean of the last steps"],
    ["Learning rate", short(log.learningRate.at(-1)?.value ?? NaN), "of the last step"],
    ["Best mean IU", Number.isFinite(run.meanIoU) ? `${score(run.meanIoU)} %` : "–", run.bestStep ? `after step ${count(run.bestStep)}` : "no evaluation yet"],
  ];
  byId("figures").replaceChildren(...figures.map(([name, value, note]) =>
    make("div", {}, make("dt", { textContent: name }), make("dd", {}, value, make("small", { textContent: note })))));
}

const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;

function showCurves(run) {
  const last = run.state === "running" ? run.step : Math.max(run.step, log.loss.at(-1)?.step ?? 0);
  const average = smooth(log.loss).at(-1);
  charts.loss.draw(log.loss, average ? "each step, and their moving average" : "", last);
  charts.learningRate.draw(log.learningRate, `now ${short(log.learningRate.at(-1)?.value ?? NaN)}`, last);
  charts.meanIoU.draw(log.meanIoU, Number.isFinite(run.meanIoU) ? `per cent; best ${score(run.meanIoU)} at step ${count(run.bestStep)}` : "", last);
}

async function giveKey() {
  const key = await askForKey(keyWasGiven);
  if (key) {
    keyWasGiven = true;
    api.setKey(key);
    refresh();
  } else if (key === null) {
    banner("The server wants its API key.", "Give the key", giveKey);
  }
}

list.onSelect = name => {
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  refresh();
};
addEventListener("hashchange", refresh);
document.addEventListener("visibilitychange", () => document.hidden ? clearTimeout(timer) : refresh());
byId("charts").append(...Object.values(charts).map(c => c.element));
refresh();
api.getJson("/page/features.json").then(features => { byId("segment-link").hidden = !features.segment; }).catch(() => {});
