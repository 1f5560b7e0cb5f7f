// The canvas that shows image and overlay: where they lie, and drawing them. Only what is in sight is drawn, once a frame.

const most = 64;

export class View {
  #canvas; #context; #frame = 0;
  #bitmap = null; #overlay = null; #width = 1; #height = 1;
  #scale = 1; #left = 0; #top = 0; #fitted = true;

  /** Whether the middle is marked: for the keyboard, which has no pointer. */
  crosshair = false;
  /** Opacity of the overlay, 0 to 1. */
  opacity = 0.6;
  /** The place of the divider from the left of the canvas, 0 to 1; null shows the overlay everywhere. */
  split = null;
  /** Called after what is in sight has moved. */
  onMove = () => {};

  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Shows another image of so many pixels; null shows none. */
  show(bitmap, overlay, width = 1, height = 1) {
    const same = bitmap && width === this.#width && height === this.#height;
    [this.#bitmap, this.#overlay, this.#width, this.#height] = [bitmap, overlay, width, height];
    if (!same || this.#fitted) {
      this.fit();
    }
    this.redraw();
  }

  get zoom() { return this.#scale; }

  /** Whether the whole image is in sight, as large as it can be. */
  get isFitted() { return this.#fitted; }

  #least() { return Math.min(this.#canvas.clientWidth / this.#width, this.#canvas.clientHeight / this.#height) || 1; }

  /** The whole image in the middle. */
  fit() {
    this.#fitted = true;
    this.#scale = this.#least();
    this.#left = (this.#canvas.clientWidth - this.#width * this.#scale) / 2;
    this.#top = (this.#canvas.clientHeight - this.#height * this.#scale) / 2;
    this.#moved();
  }

  /** Zooms about a place of the canvas, in CSS pixels; about the middle where none is given. */
  zoomBy(factor, x = this.#canvas.clientWidth / 2, y = this.#canvas.clientHeight / 2) {
    const least = Math.min(1, this.#least());
    const scale = Math.min(most, Math.max(least, this.#scale * factor));
    const change = scale / this.#scale;
    this.#left = x - (x - this.#left) * change;
    this.#top = y - (y - this.#top) * change;
    this.#scale = scale;
    this.#fitted = scale <= this.#least() * 1.0001;
    this.#hold();
    this.#moved();
  }

  panBy(dx, dy) {
    this.#left += dx;
    this.#top += dy;
    this.#hold();
    this.#moved();
  }

  /** The pixel of the image under a place of the canvas; null beside it. */
  pixelAt(x, y) {
    const [column, row] = [Math.floor((x - this.#left) / this.#scale), Math.floor((y - this.#top) / this.#scale)];
    return this.#bitmap && column >= 0 && row >= 0 && column < this.#width && row < this.#height ? { x: column, y: row } : null;
  }

  middle() { return this.pixelAt(this.#canvas.clientWidth / 2, this.#canvas.clientHeight / 2); }

  redraw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** An image cannot be lost: it stays in the middle where it is smaller than the canvas, and covers it where it is larger. */
  #hold() {
    const within = (offset, size, room) => size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, offset));
    this.#left = within(this.#left, this.#width * this.#scale, this.#canvas.clientWidth);
    this.#top = within(this.#top, this.#height * this.#scale, this.#canvas.clientHeight);
  }

  #moved() {
    this.redraw();
    this.onMove();
  }

  #resize() {
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.max(1, Math.round(this.#canvas.clientWidth * ratio));
    this.#canvas.height = Math.max(1, Math.round(this.#canvas.clientHeight * ratio));
    if (this.#fitted) {
      this.fit();
    } else {
      this.#hold();
      this.#moved();
    }
    // A resized canvas is empty at once: waiting for a frame would flicker.
    this.#draw();
  }

  #draw() {
    const context = this.#context;
    const ratio = this.#canvas.width / Math.max(1, this.#canvas.clientWidth);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    if (!this.#bitmap) {
      return;
    }
    const place = [this.#left * ratio, this.#top * ratio, this.#width * this.#scale * ratio, this.#height * this.#scale * ratio];
    context.imageSmoothingQuality = "high";
    context.imageSmoothingEnabled = this.#scale * ratio < 4;
    context.drawImage(this.#bitmap, ...place);
    if (this.#overlay) {
      this.#drawOverlay(context, place);
    }
    if (this.crosshair) {
      this.#drawCrosshair(context, ratio);
    }
  }

  #drawOverlay(context, place) {
    context.save();
    if (this.split !== null) {
      const x = this.split * this.#canvas.width;
      context.beginPath();
      context.rect(x, 0, this.#canvas.width - x, this.#canvas.height);
      context.clip();
    }
    // Class borders stay sharp where a pixel is larger than the screen's.
    context.imageSmoothingEnabled = place[2] < this.#overlay.width;
    context.globalAlpha = this.opacity;
    context.drawImage(this.#overlay, ...place);
    context.restore();
  }

  #drawCrosshair(context, ratio) {
    const [x, y] = [Math.round(this.#canvas.width / 2) + 0.5, Math.round(this.#canvas.height / 2) + 0.5];
    for (const [width, color] of [[4, "rgba(0,0,0,0.65)"], [1.6, "#fff"]]) {
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + 4 * dx * ratio, y + 4 * dy * ratio);
        context.lineTo(x + 12 * dx * ratio, y + 12 * dy * ratio);
      }
      context.lineWidth = width * ratio;
      context.strokeStyle = color;
      context.stroke();
    }
  }
}
