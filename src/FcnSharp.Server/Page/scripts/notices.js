// What the page tells besides the image: the banner, the spoken line, the question for the key.

import { byId, make, setText } from "./dom.js";

/** Says something to screen readers. */
export const announce = text => setText(byId("announcer"), text);

/** Shows a line over the page with what can be done; null takes it away. */
export function banner(text, action, onAction) {
  const [box, button] = [byId("banner"), byId("banner-action")];
  box.hidden = !text;
  setText(byId("banner-text"), text ?? "");
  button.hidden = !action;
  setText(button, action ?? "");
  button.onclick = onAction ?? null;
}

/** Asks for the API key; null when the user gave none, undefined when it is being asked for already. */
export function askForKey(wasWrong) {
  if (byId("key-dialog")) {
    return Promise.resolve(undefined);
  }
  const input = make("input", { id: "key-input", type: "password", autocomplete: "off", spellcheck: false, required: true });
  const cancel = make("button", { type: "button", id: "key-cancel", className: "button", textContent: "Cancel" });
  const form = make("form", { method: "dialog" },
    make("h2", { id: "key-title", textContent: wasWrong ? "That key was not accepted" : "This server asks for a key" }),
    make("p", { textContent: "Give the API key that the server was started with. It stays in this page's memory and is gone when you close it." }),
    make("label", { for: "key-input", textContent: "API key" }),
    input,
    make("div", { className: "buttons end" }, cancel, make("button", { type: "submit", className: "button primary", textContent: "Use the key" })));
  const dialog = make("dialog", { id: "key-dialog", "aria-labelledby": "key-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise(resolve => {
    let given = null;
    form.addEventListener("submit", () => { given = input.value.trim() || null; });
    cancel.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(given);
    });
  });
}
