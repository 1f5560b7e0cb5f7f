// The image on the screen's side: the browser's bitmap of it, and the overlay painted from the class of each pixel.

// Some browsers draw nothing on a larger canvas; the view of a larger image has every n-th pixel, its class ids stay whole.
const mostPixels = 16e6;

/** How many pixels along a side become one in the view. */
export const shrinkOf = (width, height) => Math.ceil(Math.sqrt(Math.max(1, width * height / mostPixels)));

/** The bitmap of a file, upright as the server sees it too. */
export async function bitmapOf(file, width, height) {
  const shrink = shrinkOf(width, height);
  const size = shrink > 1 ? { resizeWidth: Math.ceil(width / shrink), resizeHeight: Math.ceil(height / shrink), resizeQuality: "medium" } : {};
  return createImageBitmap(file, { imageOrientation: "from-image", ...size });
}

/** A small canvas of a file for the strip. */
export async function thumbnail(file, canvas) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image", resizeHeight: 120, resizeQuality: "medium" });
  canvas.width = Math.min(bitmap.width, 240);
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, (canvas.width - bitmap.width) / 2, 0);
  bitmap.close();
}

/** The colour of each class id as a 32-bit pixel: nothing where it is hidden; where one is highlighted, a veil over all others. */
export function pixelColors(classes, hidden, highlighted) {
  const bytes = new Uint8ClampedArray(4 * (1 + Math.max(255, ...classes.map(c => c.id))));
  const colors = new Uint32Array(bytes.buffer);
  for (const { id, color } of classes) {
    const shown = !hidden.has(id) && (highlighted === null || highlighted === id);
    bytes.set(shown ? [...color, 255] : highlighted === null ? [0, 0, 0, 0] : [18, 23, 29, 225], 4 * id);
  }
  return colors;
}

/** Paints ids (width x height) on a canvas of every shrink-th pixel. */
export function paint(canvas, { ids, width, height }, shrink, colors) {
  const [columns, rows] = [Math.ceil(width / shrink), Math.ceil(height / shrink)];
  if (canvas.width !== columns || canvas.height !== rows) {
    [canvas.width, canvas.height] = [columns, rows];
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let y = 0, out = 0; y < rows; y++) {
    for (let x = 0, at = y * shrink * width; x < columns; x++, at += shrink) {
      pixels[out++] = colors[ids[at]];
    }
  }
  context.putImageData(image, 0, 0);
}

/** Image and overlay in one canvas, as they are seen. */
export function merge(bitmap, overlay, opacity) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [overlay.width, overlay.height];
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  context.globalAlpha = opacity;
  context.drawImage(overlay, 0, 0);
  return canvas;
}
