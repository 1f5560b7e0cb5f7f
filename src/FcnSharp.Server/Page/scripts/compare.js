// The slider between before (left of it) and after (right of it).

export class Compare {
  #divider; #button; #view; #position = 0.5;

  constructor(divider, button, view) {
    [this.#divider, this.#button, this.#view] = [divider, button, view];
    button.addEventListener("click", () => this.toggle());
    divider.addEventListener("pointerdown", event => divider.setPointerCapture(event.pointerId));
    divider.addEventListener("pointermove", event => {
      if (divider.hasPointerCapture(event.pointerId)) {
        const box = divider.parentElement.getBoundingClientRect();
        this.#move((event.clientX - box.left) / box.width);
      }
    });
    divider.addEventListener("keydown", event => {
      const to = { ArrowLeft: this.#position - 0.02, ArrowDown: this.#position - 0.02, ArrowRight: this.#position + 0.02, ArrowUp: this.#position + 0.02,
        PageDown: this.#position - 0.1, PageUp: this.#position + 0.1, Home: 0, End: 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        this.#move(to);
      }
    });
  }

  get isOn() { return this.#view.split !== null; }

  toggle(on = !this.isOn) {
    this.#button.setAttribute("aria-pressed", String(on));
    this.#divider.hidden = !on;
    this.#view.split = on ? this.#position : null;
    this.#move(this.#position);
  }

  #move(position) {
    this.#position = Math.min(1, Math.max(0, position));
    const percent = Math.round(100 * this.#position);
    this.#divider.style.left = `${100 * this.#position}%`;
    this.#divider.setAttribute("aria-valuenow", String(percent));
    this.#divider.setAttribute("aria-valuetext", `image up to ${percent} per cent of the width, classes beyond`);
    if (this.isOn) {
      this.#view.split = this.#position;
    }
    this.#view.redraw();
  }
}
