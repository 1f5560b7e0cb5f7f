// Where images come from: dropped, pasted, chosen.

import { byId } from "./dom.js";

/** Calls onFiles with the files of each way; files of any kind, as the server says best what is wrong with one. */
export function listen(onFiles) {
  const input = byId("files");
  for (const id of ["choose", "choose-more"]) {
    byId(id).addEventListener("click", () => input.click());
  }
  input.addEventListener("change", () => {
    onFiles([...input.files]);
    // The same file chosen again is a change only so.
    input.value = "";
  });

  document.addEventListener("paste", event => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      onFiles(files);
    }
  });

  drop(byId("veil"), onFiles);
}

function drop(veil, onFiles) {
  let depth = 0;
  const hasFiles = event => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const show = change => {
    depth = change === 0 ? 0 : Math.max(0, depth + change);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", event => hasFiles(event) && show(1));
  addEventListener("dragleave", event => hasFiles(event) && show(-1));
  addEventListener("dragover", event => {
    if (hasFiles(event)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    }
  });
  addEventListener("drop", event => {
    show(0);
    if (hasFiles(event)) {
      event.preventDefault();
      onFiles([...event.dataTransfer.files]);
    }
  });
}
