// Log densities, in nats: of a mixture, of points with noise, and of a cloud of samples by kernels, as
// toylab/metrics/density.py has them.

import { exp, log } from "./numbers.js";
import { Neighbours } from "./neighbours.js";

const LOG_2PI = log(2 * Math.PI), TINY = 2.2250738585072014e-308;
// A kernel counts until all that are left out together are so small a share of the sum.
const LEFT_OUT = 1e-8;
// Breiman, Meisel & Purcell 1977; why these two is said in Python.
const FACTOR = 0.7, TENTH = 10, LEAST_WIDTH = 1e-6;

// e^x for x <= 0 by sixty-fourths of an octave and four terms, to 1e-13: sums of kernels take millions of them.
const STEPS_UP = Float64Array.from({ length: 64 }, (_, i) => exp((i * Math.LN2) / 64));
const HALVES = new Float64Array(1100);
HALVES.forEach((_, i) => { HALVES[i] = i ? HALVES[i - 1] / 2 : 1; });
function quickExp(x) {
  if (!(x > -745)) return 0;
  const k = Math.floor(x * 92.33248261893581), r = x - k * 0.010830424696249145;
  return STEPS_UP[k & 63] * HALVES[-(k >> 6)] * (1 + r * (1 + r * (0.5 + r * (0.16666666666666666 + r * 0.041666666666666664))));
}

/** Of Gaussians: modes [K, 2], covariances [xx, xy, yy] and weights. */
export function mixtureLogDensity({ modes, covariances, weights }) {
  const each = new Float64Array(modes.length);
  const rows = covariances.map(([a, b, c], k) => {
    const l = Math.sqrt(a), m = b / l, r = Math.sqrt(c - m * m);
    return [...modes[k], 1 / l, m, 1 / r, log(weights[k]) - log(l * r) - LOG_2PI];
  });
  return (x, y) => {
    let most = -Infinity, sum = 0;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k], u = (x - row[0]) * row[2], v = (y - row[1] - row[3] * u) * row[4];
      each[k] = row[5] - 0.5 * (u * u + v * v);
      if (each[k] > most) most = each[k];
    }
    for (let k = 0; k < each.length; k++) sum += quickExp(each[k] - most);
    return most + log(sum);
  };
}

/** Round Gaussians of their own heights and rates (heights x e^(rate x squared distance)) that can be summed fast. */
class Kernels {
  constructor(tree, rate, height) {
    const { count, from, to, left, who } = tree;
    Object.assign(this, { tree, rate: Float64Array.from(who, (i) => rate[i]), height: Float64Array.from(who, (i) => height[i]) });
    Object.assign(this, { widest: new Float64Array(count), highest: new Float64Array(count), sum: 0 });
    // Children come after their parents.
    for (let node = count - 1; node >= 0; node--) {
      let w = -Infinity, h = 0;
      if (left[node] >= 0) {
        const pair = [left[node], tree.right[node]];
        w = Math.max(...pair.map((at) => this.widest[at]));
        h = Math.max(...pair.map((at) => this.highest[at]));
      } else for (let i = from[node]; i < to[node]; i++) { w = Math.max(w, this.rate[i]); h = Math.max(h, this.height[i]); }
      this.widest[node] = w;
      this.highest[node] = h;
    }
  }

  /** Sum at a place, times e^shift; without the kernel of point `but`. */
  at(x, y, shift = 0, but = -1) {
    this.sum = 0;
    this.add(0, x, y, shift, but);
    return this.sum;
  }

  add(node, x, y, shift, but) {
    const { tree, rate, height } = this, { places, left, right } = tree;
    if (left[node] >= 0) {
      const l = left[node], r = right[node], a = tree.gap(l, x, y), b = tree.gap(r, x, y);
      // The nearer first: it makes the farther one small.
      if (a <= b) { this.enter(l, a, x, y, shift, but); this.enter(r, b, x, y, shift, but); } else { this.enter(r, b, x, y, shift, but); this.enter(l, a, x, y, shift, but); }
      return;
    }
    for (let i = tree.from[node], end = tree.to[node]; i < end; i++) {
      if (tree.who[i] === but) continue;
      const dx = places[2 * i] - x, dy = places[2 * i + 1] - y;
      this.sum += height[i] * quickExp(Math.min(rate[i] * (dx * dx + dy * dy) + shift, 0));
    }
  }

  enter(node, gap, x, y, shift, but) {
    const most = this.highest[node] * quickExp(Math.min(this.widest[node] * gap + shift, 0));
    if (most * this.tree.n > LEFT_OUT * this.sum) this.add(node, x, y, shift, but);
  }
}

/** Of equally likely points [M, 2] with Gaussian noise along each axis. */
export function pointsLogDensity(points, [across, up]) {
  const n = points.length, scaled = new Float64Array(2 * n), far = new Float64Array(1), which = new Int32Array(1);
  points.forEach(([x, y], i) => { scaled[2 * i] = x / across; scaled[2 * i + 1] = y / up; });
  const tree = new Neighbours(scaled), kernels = new Kernels(tree, new Float64Array(n).fill(-0.5), new Float64Array(n).fill(1));
  const constant = LOG_2PI + log(across) + log(up) + log(n);
  return (x, y) => {
    tree.nearest(x / across, y / up, far, which);
    // Measured from the nearest point's: far out every kernel is below what a number tells.
    return log(kernels.at(x / across, y / up, far[0] / 2)) - far[0] / 2 - constant;
  };
}

/**
 * Of a cloud [N, 2] by a kernel as wide as the cloud is thin there, at places [M, 2], both flat; null: at the
 * samples, each leaving itself out. Gives [M] or [N].
 */
export function cloudLogDensity(places, cloud) {
  const n = cloud.length / 2, k = Math.min(TENTH + 1, n), far = new Float64Array(k), which = new Int32Array(k);
  const rate = new Float64Array(n), height = new Float64Array(n), tree = new Neighbours(cloud), at = places ?? cloud;
  for (let i = 0; i < n; i++) {
    tree.nearest(cloud[2 * i], cloud[2 * i + 1], far, which);
    const width = Math.max(FACTOR * Math.sqrt(far[k - 1]), LEAST_WIDTH);
    rate[i] = -0.5 / (width * width);
    height[i] = 1 / (2 * Math.PI * width * width * n);
  }
  const kernels = new Kernels(tree, rate, height);
  return Float64Array.from({ length: at.length / 2 }, (_, i) => {
    const sum = kernels.at(at[2 * i], at[2 * i + 1], 0, places ? -1 : i);
    // A sample far from all others has its own kernel after all.
    return log(places ? Math.max(sum, TINY) : Math.max((sum * n) / (n - 1), height[i]));
  });
}
