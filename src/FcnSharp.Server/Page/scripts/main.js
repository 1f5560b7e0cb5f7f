// Puts the page together: what happens when an image comes, is chosen, or is answered.

import { byId, make, setText } from "./dom.js";
import * as api from "./api.js";
import { explain } from "./errors.js";
import { bytes, count, milliseconds, percent } from "./format.js";
import { Jobs } from "./jobs.js";
import { Legend } from "./legend.js";
import { ModelChooser } from "./model.js";
import { Shown } from "./shown.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { announce, askForKey, banner } from "./notices.js";
import { listen } from "./sources.js";
import { offerCamera } from "./camera.js";
import { offerDownloads } from "./downloads.js";

const [jobs, legend, stage, strip, models] = [new Jobs(), new Legend(), new Stage(), new Strip(), new ModelChooser()];
let current = null;
let shown = null;
let opening = null;
let keyWasGiven = false;
let countdown = 0;
let isLoaded = false;

function addFiles(files) {
  if (files.length > 0) {
    const [first] = jobs.add(files);
    select(first);
  }
}

function select(item) {
  current = item;
  if (item && item.state !== "waiting" && item.model !== jobs.model) {
    jobs.retry(item);
  }
  strip.show(jobs.items, current);
  refresh();
}

function remove(item) {
  const at = jobs.items.indexOf(item);
  jobs.remove(item);
  const next = jobs.items[Math.min(at, jobs.items.length - 1)] ?? null;
  if (item === current) {
    select(next);
  }
  if (next) {
    strip.focus(next);
  } else {
    byId("choose").focus();
  }
}

/** Shows the present state of the chosen image. */
function refresh() {
  clearTimeout(countdown);
  const none = !current;
  byId("empty").hidden = !none;
  byId("shelf").hidden = none;
  document.body.classList.toggle("empty-board", none);
  if (none) {
    clear();
    stage.say(null);
  } else if (current.state === "done") {
    open(current);
  } else {
    if (shown?.item !== current) {
      clear();
    }
    sayState(current);
  }
}

function clear() {
  opening = null;
  shown?.close();
  shown = null;
  stage.show(null);
  for (const id of ["result", "legend-panel", "downloads"]) {
    byId(id).hidden = true;
  }
}

function sayState(item) {
  if (item.state === "failed") {
    if (shown) {
      clear();
    }
    stage.sayError(item.error, "Try again", () => jobs.retry(item));
  } else if (jobs.paused) {
    stage.sayError(item.error ?? new api.ApiError(jobs.paused, ""), jobs.paused === "key" ? "Give the key" : "Try now", () => jobs.paused === "key" ? giveKey() : jobs.resume());
  } else if (item.error && item.state === "waiting") {
    const seconds = Math.max(1, Math.ceil((item.readyAt - performance.now()) / 1000));
    const { title } = explain(item.error);
    stage.say({ title, text: `It has more requests than it takes. The next try is in ${seconds} s.`, busy: true, action: "Try now", onAction: () => jobs.retry(item) });
    if (item.tries === 1) {
      announce(`${title}. The page tries again by itself.`);
    }
    countdown = setTimeout(refresh, 500);
  } else {
    stage.say({ title: item.state === "sending" ? "Segmenting…" : "Waiting for its turn…", text: item.name, busy: true });
  }
}

async function open(item) {
  const { answer } = item;
  if (shown?.answer === answer) {
    stage.say(null);
    return;
  }
  opening = answer;
  try {
    const next = await Shown.open(item);
    if (opening !== answer) {
      next.close();
      return;
    }
    shown?.close();
    shown = next;
    legend.show(answer.classes);
    repaint();
    stage.show(shown, `${item.name}, ${count(shown.width)} by ${count(shown.height)} pixels, segmented into ${answer.classes.length} classes`);
    stage.say(null);
    showResult(item);
  } catch (error) {
    if (opening === answer) {
      clear();
      stage.sayError(error);
    }
  }
}

function repaint() {
  if (shown) {
    shown.repaint(legend.hidden, legend.highlighted);
    stage.redraw();
  }
}

function showResult({ name, file, answer, roundTrip }) {
  for (const id of ["result", "legend-panel", "downloads"]) {
    byId(id).hidden = false;
  }
  const { queue, decode, compute, encode } = answer.milliseconds ?? {};
  setText(byId("result-name"), name);
  setText(byId("result-facts"), `${count(answer.width)} × ${count(answer.height)} pixels, ${bytes(file.size)}`);
  const times = [["Waited", queue], ["Read", decode], ["Computed", compute], ["Written", encode]];
  byId("times").replaceChildren(...times.map(([title, value]) => make("div", { className: title === "Computed" ? "total" : "" },
    make("dt", { textContent: title }), make("dd", { textContent: milliseconds(value) }))));
  byId("times").title = `${milliseconds(roundTrip)} from sending to the answer`;
  const most = answer.classes.slice(0, 3).map(c => `${c.name} ${percent(c.share, 0)}`).join(", ");
  announce(`${name} is segmented in ${milliseconds(compute)}: ${most}.`);
}

async function giveKey() {
  const key = await askForKey(keyWasGiven);
  if (key === undefined) {
    return;
  }
  if (key === null) {
    jobs.giveUp();
    refresh();
    banner("The server wants its API key.", "Give the key", giveKey);
    return;
  }
  keyWasGiven = true;
  api.setKey(key);
  banner(null);
  if (isLoaded) {
    for (const item of jobs.items.filter(i => i.error?.kind === "key")) {
      jobs.retry(item);
    }
    jobs.resume();
  } else {
    load();
  }
}

/** What the page needs from the server before anything else; asked again until it is there. */
async function load() {
  try {
    models.show(await api.models());
    isLoaded = true;
    jobs.model = models.current?.name ?? "";
    banner(null);
    jobs.resume();
  } catch (error) {
    if (error.kind === "key") {
      jobs.pause("key");
    } else {
      jobs.pause("gone");
      const { title, text } = explain(error);
      banner(`${title}. ${text}`, "Try now", load);
    }
  }
}

function onPaused() {
  if (jobs.paused === "gone") {
    const { title, text } = explain({ kind: "gone" });
    banner(`${title}. ${text}`, "Try now", () => jobs.resume());
    announce(title);
  } else if (jobs.paused === "key") {
    giveKey();
  } else {
    banner(null);
    if (!isLoaded) {
      load();
    }
  }
  refresh();
}

async function offerRuns() {
  const features = await api.getJson("/page/features.json");
  byId("runs-link").hidden = !features.runs;
}

jobs.addEventListener("list", () => strip.show(jobs.items, current));
jobs.addEventListener("paused", onPaused);
jobs.addEventListener("change", ({ item }) => {
  strip.update(item, current);
  if (item === current && item.state === "done" && item.model !== jobs.model) {
    // The model was changed while the image was on its way.
    jobs.retry(item);
  } else if (item === current) {
    refresh();
  } else if (item.state === "failed") {
    announce(`${item.name}: ${explain(item.error).title}`);
  }
});
legend.onChange = repaint;
strip.onSelect = select;
strip.onRemove = remove;
models.onChange = model => {
  jobs.model = model.name;
  if (current) {
    jobs.retry(current);
  }
};
listen(addFiles);
offerCamera(file => addFiles([file]));
offerDownloads(() => ({ ...shown, item: shown.item, opacity: stage.opacity }), error => stage.sayError(error));
document.body.classList.add("empty-board");
load();
offerRuns().catch(() => {});
