// Wheel, drag, pinch and keys on the view.

const step = 1.25;
const stride = 48;

/**
 * Wires a view's canvas. onPoint(x, y) tells where a pointer is, in CSS pixels of the canvas, onPoint(null) that it left;
 * onKeyMove tells that the keyboard moved the view; keys has further actions by key.
 */
export function wire(canvas, view, { onPoint, onKeyMove, keys }) {
  const pointers = new Map();

  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const { x, y } = placeOf(canvas, event);
    // A touchpad's pinch comes as a wheel with Ctrl and small deltas.
    view.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), x, y);
  }, { passive: false });

  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, placeOf(canvas, event));
    canvas.classList.add("grabbing");
    view.crosshair = false;
    onPoint(placeOf(canvas, event).x, placeOf(canvas, event).y);
  });

  canvas.addEventListener("pointermove", event => {
    const place = placeOf(canvas, event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      onPoint(place.x, place.y);
      return;
    }
    if (pointers.size === 1) {
      view.panBy(place.x - before.x, place.y - before.y);
    } else {
      pinch([...pointers.entries()].find(([id]) => id !== event.pointerId)[1], before, place);
    }
    pointers.set(event.pointerId, place);
  });

  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, event => {
      pointers.delete(event.pointerId);
      canvas.classList.toggle("grabbing", pointers.size > 0);
    });
  }
  canvas.addEventListener("pointerleave", event => event.pointerType === "mouse" && onPoint(null));
  canvas.addEventListener("dblclick", event => view.zoomBy(2, event.offsetX, event.offsetY));

  function pinch(other, before, after) {
    const distance = p => Math.hypot(p.x - other.x, p.y - other.y);
    // About the middle of the fingers before, which then goes where their middle is now.
    view.zoomBy(distance(after) / Math.max(1, distance(before)), (before.x + other.x) / 2, (before.y + other.y) / 2);
    view.panBy((after.x - before.x) / 2, (after.y - before.y) / 2);
  }

  const moves = {
    ArrowLeft: () => view.panBy(stride, 0), ArrowRight: () => view.panBy(-stride, 0),
    ArrowUp: () => view.panBy(0, stride), ArrowDown: () => view.panBy(0, -stride),
    "+": () => view.zoomBy(step), "=": () => view.zoomBy(step), "-": () => view.zoomBy(1 / step),
    0: () => view.fit(), 1: () => view.zoomBy(1 / view.zoom),
  };
  canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const move = moves[event.key];
    const action = move ?? keys[event.key.toLowerCase()];
    if (!action) {
      return;
    }
    event.preventDefault();
    view.crosshair = true;
    action();
    view.redraw();
    if (move) {
      onKeyMove();
    }
  });
  canvas.addEventListener("blur", () => {
    view.crosshair = false;
    view.redraw();
  });
}

function placeOf(canvas, event) {
  const box = canvas.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}
