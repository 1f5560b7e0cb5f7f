// What the page tells besides the image: the banner, the spoken line, the question for the key.

import { byId, setText } from "./dom.js";

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
  const [dialog, input] = [byId("key-dialog"), byId("key-input")];
  if (dialog.open) {
    return Promise.resolve(undefined);
  }
  setText(byId("key-title"), wasWrong ? "That key was not accepted" : "This server asks for a key");
  input.value = "";
  dialog.showModal();
  return new Promise(resolve => {
    let given = null;
    byId("key-form").onsubmit = () => { given = input.value.trim() || null; };
    byId("key-cancel").onclick = () => dialog.close();
    dialog.onclose = () => {
      input.value = "";
      resolve(given);
    };
  });
}
