// Which samples stand for the cloud, and arrows at them: as toylab/film/layers/spread.py and arrows.py.

/**
 * Choose samples that stay spread over the cloud, by farthest-point choice over several looks at it.
 * looks: arrays [n, 2] in shares of the stage, all finite. The first k of a choice are the choice of k.
 */
export function spreadChoice(looks, n, wanted) {
  const chosen = [], nearest = new Float64Array(n).fill(Infinity), apart = new Float64Array(n);
  const middles = looks.map((look) => {
    let x = 0, y = 0;
    for (let i = 0; i < n; i++) { x += look[2 * i]; y += look[2 * i + 1]; }
    return [x / n, y / n];
  });
  let best = Infinity;
  for (let i = 0; i < n; i++) {
    let x = 0, y = 0;
    looks.forEach((look, t) => { x += look[2 * i] - middles[t][0]; y += look[2 * i + 1] - middles[t][1]; });
    const far = Math.hypot(x, y);
    if (far < best) { best = far; chosen[0] = i; }
  }
  while (chosen.length < Math.min(wanted, n)) {
    const last = chosen[chosen.length - 1];
    apart.fill(0);
    for (const look of looks) {
      for (let i = 0; i < n; i++) apart[i] += Math.hypot(look[2 * i] - look[2 * last], look[2 * i + 1] - look[2 * last + 1]);
    }
    let farthest = 0;
    for (let i = 0; i < n; i++) nearest[i] = Math.min(nearest[i], apart[i]);
    for (const i of chosen) nearest[i] = -1;
    for (let i = 1; i < n; i++) if (nearest[i] > nearest[farthest]) farthest = i;
    chosen.push(farthest);
  }
  return chosen;
}

/**
 * One push for those that start close together: their mean, beside the foremost of them. Each in turn joins the
 * nearest that is kept, if that is nearer than `apart`; else it is kept.
 * places, pushes: [n, 2]; who has none that is finite is left out. Calls `put` with x, y, dx, dy of each.
 */
export function thinned(places, pushes, n, apart, clear, put) {
  const kept = [], joined = [];
  for (let i = 0; i < n; i++) {
    if (![0, 1].every((d) => Number.isFinite(places[2 * i + d]) && Number.isFinite(pushes[2 * i + d]))) continue;
    let nearest = null, least = Infinity;
    for (const one of kept) {
      const far = Math.hypot(places[2 * one] - places[2 * i], places[2 * one + 1] - places[2 * i + 1]);
      if (far < least) { least = far; nearest = one; }
    }
    if (nearest === null || least >= apart) { kept.push(i); nearest = i; }
    joined.push([i, nearest]);
  }
  for (const one of kept) {
    const mine = joined.filter(([, to]) => to === one).map(([i]) => i), x = places[2 * one], y = places[2 * one + 1];
    let dx = 0, dy = 0, front = 0;
    for (const i of mine) { dx += pushes[2 * i]; dy += pushes[2 * i + 1]; }
    dx /= mine.length;
    dy /= mine.length;
    const length = Math.hypot(dx, dy), ax = length > 0 ? dx / length : 0, ay = length > 0 ? dy / length : 0;
    for (const i of mine) front = Math.max(front, (places[2 * i] - x) * ax + (places[2 * i + 1] - y) * ay);
    put(x + ax * (front + clear), y + ay * (front + clear), dx, dy);
  }
}

/** An arrow's seven corners; nothing for one that is shorter than a pixel. All in shares of the stage. */
export function putArrow(store, shape, pixel, most, x, y, dx, dy) {
  let length = Math.hypot(dx, dy);
  if (!(length > pixel) || length === Infinity) return;
  const ax = dx / length, ay = dy / length;
  length = Math.min(length, most);
  const size = Math.min(1, length / (shape.whole * pixel)), half = shape.half * pixel * Math.sqrt(size);
  const neck = length - shape.head * pixel * size, wing = shape.wing * pixel * size;
  const put = (along, across) => store.put(x + ax * along - ay * across, y + ay * along + ax * across);
  put(0, half);
  put(neck, half);
  put(neck, wing);
  put(length, 0);
  put(neck, -wing);
  put(neck, -half);
  put(0, -half);
  store.close();
}

// Ten thousand classes of length, each wider by a five-hundredth: from 1e-5 to 5e3 shares of the stage.
const FINEST = 1e-5, WIDER = Math.log(1.002), CLASSES = 10000;

/** All lengths that were ever seen, so that one scale fits a run. */
export class Lengths {
  constructor() { Object.assign(this, { counts: new Uint32Array(CLASSES), total: 0 }); }

  add(length) {
    if (!Number.isFinite(length)) return;
    this.counts[Math.min(CLASSES - 1, Math.max(0, Math.round(Math.log(Math.max(length, FINEST) / FINEST) / WIDER)))] += 1;
    this.total += 1;
  }

  /** The length that a share of all does not exceed, as numpy's percentile; 0 where none was seen. */
  at(share) {
    const place = share * (this.total - 1), low = Math.floor(place);
    return this.total ? this.inOrder(low) + (this.inOrder(Math.min(low + 1, this.total - 1)) - this.inOrder(low)) * (place - low) : 0;
  }

  inOrder(number) {
    let left = number;
    for (let i = 0; i < CLASSES; i++) {
      left -= this.counts[i];
      if (left < 0) return i ? FINEST * Math.exp(i * WIDER) : 0;
    }
    return 0;
  }
}
