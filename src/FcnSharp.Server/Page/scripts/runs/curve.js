// Measured points made ready to draw: few enough for a page, whatever the length of the training.

const most = 300;

/** For each stretch its lowest and its highest point, so that the spread stays visible. */
export function thin(points) {
  if (points.length <= 2 * most) {
    return points;
  }
  const thinned = [];
  for (let i = 0; i < most; i++) {
    let [low, high] = [null, null];
    for (let at = Math.floor(i * points.length / most); at < Math.floor((i + 1) * points.length / most); at++) {
      const point = points[at];
      low = low === null || point.value < low.value ? point : low;
      high = high === null || point.value > high.value ? point : high;
    }
    thinned.push(...low === high ? [low] : low.step <= high.step ? [low, high] : [high, low]);
  }
  return thinned;
}

/** A centred moving average, over narrower windows towards both ends, so that it starts and ends where the points do. */
export function smooth(points) {
  const sums = new Float64Array(points.length + 1);
  points.forEach((point, i) => { sums[i + 1] = sums[i] + point.value; });
  const reach = Math.floor(points.length / 40);
  const step = Math.max(1, Math.floor(points.length / most));
  const smoothed = [];
  for (let i = 0; i < points.length; i = i + step < points.length || i === points.length - 1 ? i + step : points.length - 1) {
    const half = Math.min(reach, i, points.length - 1 - i);
    smoothed.push({ step: points[i].step, value: (sums[i + half + 1] - sums[i - half]) / (2 * half + 1) });
  }
  return smoothed;
}

/** Round numbers from at most min to at least max. */
export function ticks(min, max, about) {
  const span = max > min ? max - min : Math.max(1e-12, Math.abs(max));
  const magnitude = 10 ** Math.floor(Math.log10(span / about));
  const step = magnitude * [1, 2, 5, 10].find(s => s >= span / about / magnitude - 1e-9);
  const first = Math.floor(min / step + 1e-9);
  const last = Math.max(Math.ceil(max / step - 1e-9), first + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
