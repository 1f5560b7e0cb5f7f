// The image on the stage, with all that its drawing needs.

import { decode, fromDataUrl } from "./png.js";
import { bitmapOf, paint, pixelColors, shrinkOf } from "./picture.js";
import { rgb } from "./format.js";

export class Shown {
  overlay = document.createElement("canvas");

  /** Decodes an answer and its image. */
  static async open(item) {
    const { answer, file } = item;
    const shown = new Shown();
    const [mask, confidence] = await Promise.all([answer.mask, answer.confidence].map(async url => url ? decode(await fromDataUrl(url)) : null));
    const { width, height } = mask;
    const bitmap = await bitmapOf(file, width, height);
    return Object.assign(shown, { item, answer, width, height, bitmap, ids: mask.values, confidence, shrink: shrinkOf(width, height),
      classes: new Map(answer.classes.map(c => [c.id, c])) });
  }

  /** Paints the overlay anew. */
  repaint(hidden, highlighted) {
    const classes = [...this.classes.values()].map(c => ({ id: c.id, color: rgb(c.color) }));
    paint(this.overlay, this, this.shrink, pixelColors(classes, hidden, highlighted));
  }

  /** Class and confidence of a pixel. */
  at({ x, y }) {
    const i = y * this.width + x;
    const most = this.confidence?.values instanceof Uint16Array ? 65535 : 255;
    return { ...this.classes.get(this.ids[i]), confidence: this.confidence ? this.confidence.values[i] / most : NaN };
  }

  close() {
    this.bitmap.close();
  }
}
