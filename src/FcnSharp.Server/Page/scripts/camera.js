// A picture from the camera. It is on only while its dialog is open.

import { byId, setText } from "./dom.js";

const refusals = {
  NotAllowedError: "The browser was told not to use the camera. Allow it for this page in the address bar, then open this again.",
  NotFoundError: "No camera was found. Connect one, then open this again.",
  NotReadableError: "Another program uses the camera. Close it, then open this again.",
};

/** Offers the camera where the browser has one to offer: on this machine's own address, or over HTTPS. */
export function offerCamera(onFile) {
  if (!navigator.mediaDevices?.getUserMedia) {
    return;
  }
  const [dialog, video, text, shoot] = ["camera-dialog", "camera-video", "camera-text", "camera-shoot"].map(byId);
  for (const id of ["camera-open", "camera-more"]) {
    byId(id).hidden = false;
    byId(id).addEventListener("click", open);
  }
  byId("camera-cancel").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);
  shoot.addEventListener("click", take);

  async function open() {
    text.hidden = true;
    shoot.disabled = true;
    dialog.showModal();
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
      if (!dialog.open) {
        stream.getTracks().forEach(track => track.stop());
        return;
      }
      video.srcObject = stream;
      await video.play();
      shoot.disabled = false;
    } catch (error) {
      setText(text, refusals[error.name] ?? "The camera could not be started. Choose an image instead.");
      text.hidden = false;
    }
  }

  function stop() {
    video.srcObject?.getTracks().forEach(track => track.stop());
    video.srcObject = null;
  }

  async function take() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    dialog.close();
    const blob = await new Promise(done => canvas.toBlob(done, "image/png"));
    const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "-");
    onFile(new File([blob], `camera ${time}.png`, { type: "image/png" }));
  }
}
