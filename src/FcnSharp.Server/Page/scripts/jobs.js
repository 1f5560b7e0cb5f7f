// The images of this page and their way through the server: waiting, sending, done or failed; tried again where that may help.

import { ApiError, isThere, segment } from "./api.js";
import { mayPass } from "./errors.js";

const atOnce = 2;
const mostTries = 6;
const lookAgain = 2500;

export class Jobs extends EventTarget {
  #items = []; #active = 0; #next = 1; #timer = 0; #paused = null; #looking = false;

  /** The model that images are sent to; nothing is sent before there is one. */
  model = "";

  get items() { return this.#items; }

  /** Why nothing is sent now: "gone" or "key"; null while all is well. */
  get paused() { return this.#paused; }

  add(files) {
    const items = [...files].map(file => ({ id: this.#next++, file, name: file.name || "Pasted image", state: "waiting", tries: 0, readyAt: 0 }));
    this.#items.push(...items);
    this.#tell("list");
    this.#pump();
    return items;
  }

  remove(item) {
    item.abort?.abort();
    this.#items = this.#items.filter(other => other !== item);
    this.#tell("list");
  }

  /** Sends an image again, by the present model; now, whatever it waited for. */
  retry(item) {
    if (item.state !== "sending") {
      Object.assign(item, { state: "waiting", error: null, tries: 0, readyAt: 0 });
      this.#tell("change", item);
    }
    this.#pump();
  }

  /** Goes on after the key was given, or the server is back. */
  resume() {
    this.#paused = null;
    for (const item of this.#items) {
      item.readyAt = 0;
    }
    this.#tell("paused");
    this.#pump();
  }

  /** Without the key there are no answers: what waits has failed until somebody tries again. */
  giveUp() {
    this.#paused = null;
    for (const item of this.#items.filter(i => i.state === "waiting")) {
      Object.assign(item, { state: "failed", error: new ApiError("key", "") });
      this.#tell("change", item);
    }
  }

  /** Stops sending, and looks out for a server that is gone. */
  pause(kind) {
    this.#paused = kind;
    this.#tell("paused");
    if (kind === "gone" && !this.#looking) {
      this.#lookOut();
    }
  }

  async #lookOut() {
    this.#looking = true;
    while (this.#paused === "gone") {
      await new Promise(done => setTimeout(done, lookAgain));
      if (this.#paused === "gone" && await isThere()) {
        this.resume();
      }
    }
    this.#looking = false;
  }

  #pump() {
    clearTimeout(this.#timer);
    const waiting = this.#items.filter(item => item.state === "waiting");
    const now = performance.now();
    for (const item of waiting.filter(i => i.readyAt <= now)) {
      if (this.#paused || !this.model || this.#active >= atOnce) {
        return;
      }
      this.#send(item);
    }
    const later = waiting.filter(item => item.readyAt > now).map(item => item.readyAt - now);
    if (later.length > 0) {
      this.#timer = setTimeout(() => this.#pump(), Math.min(...later));
    }
  }

  async #send(item) {
    this.#active++;
    Object.assign(item, { state: "sending", model: this.model, abort: new AbortController() });
    this.#tell("change", item);
    const start = performance.now();
    try {
      item.answer = await segment(item.file, item.model, item.abort.signal);
      Object.assign(item, { state: "done", error: null, roundTrip: performance.now() - start });
    } catch (error) {
      this.#failed(item, error);
    }
    this.#active--;
    if (this.#items.includes(item)) {
      this.#tell("change", item);
    }
    this.#pump();
  }

  #failed(item, error) {
    item.error = error;
    if (error.kind === "gone" || error.kind === "key") {
      item.state = "waiting";
      this.pause(error.kind);
    } else if (mayPass(error) && error.kind === "busy" && ++item.tries < mostTries) {
      const seconds = error.retryAfter || Math.min(16, 2 ** item.tries);
      Object.assign(item, { state: "waiting", readyAt: performance.now() + 1000 * seconds });
    } else {
      item.state = "failed";
    }
  }

  #tell(type, item) {
    this.dispatchEvent(Object.assign(new Event(type), { item }));
  }
}
