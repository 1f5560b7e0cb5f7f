// How numbers are written for people; the same in every language of the browser, as the rest of the page is English.

const counts = new Intl.NumberFormat("en");

export const count = value => counts.format(value);

/** A fraction as a percentage, a dash where there is none; what is there but rounds to nothing is not written as nothing. */
export function percent(fraction, digits = 1) {
  const least = 10 ** -digits;
  return !Number.isFinite(fraction) ? "–" : fraction > 0 && 100 * fraction < least / 2 ? `< ${least} %` : `${(100 * fraction).toFixed(digits)} %`;
}

/** A share that is in per cent already. */
export const score = (value, digits = 1) => Number.isFinite(value) ? value.toFixed(digits) : "–";

export function milliseconds(value) {
  if (!Number.isFinite(value)) {
    return "–";
  }
  if (value < 9.95) {
    return `${value.toFixed(1)} ms`;
  }
  return value < 999.5 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(value < 9995 ? 2 : 1)} s`;
}

export function bytes(value) {
  return value < 1e6 ? `${Math.max(1, Math.round(value / 1e3))} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** A large number with three digits and k or M. */
export function short(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) {
    return "–";
  }
  if (size >= 1e4) {
    const [scaled, unit] = size >= 1e6 ? [value / 1e6, "M"] : [value / 1e3, "k"];
    return `${Number(scaled.toPrecision(3))}${unit}`;
  }
  return size >= 1e-3 || value === 0 ? String(Number(value.toPrecision(3))) : value.toExponential(1).replace("e-0", "e-");
}

/** #rrggbb as its three bytes. */
export function rgb(color) {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16 & 255, value >> 8 & 255, value & 255];
}
