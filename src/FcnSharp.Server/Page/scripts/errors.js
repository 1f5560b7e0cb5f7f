// Every error in words: what happened, and what to do.

const words = {
  broken: ["This file is not a readable image", "Open it in an image program, save it as PNG or JPEG, and drop that file."],
  format: ["This kind of file is not read here", "Save the image as PNG, JPEG or WebP, and drop that file."],
  large: ["This image is too large for the server", "Make it smaller, or ask for a larger limit where the server is started."],
  unfit: ["This image cannot be segmented here", "Make it smaller, or choose another model."],
  busy: ["The server is busy", "Wait a little and try again."],
  late: ["The server took too long", "Try again, or make the image smaller."],
  gone: ["The server does not answer", "Check that it is still running and that you are connected; this page tries again by itself."],
  key: ["The server wants its API key", "Give the key that it was started with."],
  foreign: ["The server does not take images from this page", "Open the page at the address that the server was started with, or start it with this one allowed."],
  missing: ["The model is no longer there", "Reload the page to see which models the server has now."],
  view: ["The answer could not be shown", "This browser has too little memory for an image of this size; make it smaller."],
  failed: ["The server could not do this", "Try again; if it stays so, look at the server's log."],
};

/** Title and text for an error of the API, or for anything else that was thrown. */
export function explain(error) {
  const [title, remedy] = words[error.kind] ?? words.view;
  const detail = error.detail ? `${error.detail.replace(/[.\s]+$/, "")}. ` : "";
  return { title, text: detail + remedy };
}

/** Whether the same request may succeed later. */
export const mayPass = error => ["busy", "late", "gone", "failed"].includes(error.kind);
