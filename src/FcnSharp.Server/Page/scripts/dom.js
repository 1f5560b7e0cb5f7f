// Small helpers for the document. Text always goes in as text: nothing that a server or a file is called becomes markup.

export const byId = id => document.getElementById(id);

/** Makes an element: properties by name (aria-* and data-* as attributes, on* as listeners), then children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name.includes("-") || name === "role" || name === "for" || name === "scope" || name === "colspan") {
      element.setAttribute(name, value);
    } else {
      element[name] = value;
    }
  }
  element.append(...children);
  return element;
}

/** Makes an element of SVG with its attributes. */
export function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A square in a class's colour; decoration, as the name stands beside it. */
export function swatch(color) {
  const element = make("i", { className: "swatch", "aria-hidden": "true" });
  element.style.backgroundColor = color;
  return element;
}

/** Sets a text only where it changes: a live region speaks again on every write. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
