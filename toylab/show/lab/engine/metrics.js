// What is measured of a shot, one number each: as toylab/metrics does, on a page's own points. A shot whose samples
// are not finite has no value, NaN.

import { cosSin, exp, log, log1p, sigmoid } from "./numbers.js";
import { cloudLogDensity } from "./densities.js";
import { Neighbours } from "./neighbours.js";

// Spreads within which a sample is good, a perfect sampler's share of those, and the share of a fair share that
// covers a mode: reasons stand in toylab/metrics/modes.py.
const RADIUS = 3, ASTRAY = 6, PERFECT_QUALITY = 1 - exp(-4.5), COVERED_SHARE = 0.1, DIRECTIONS = 32, NEAR = 5, VOTERS = 11, AROUND = 10, DOT = 1e-6, ASSIGNED = 1000, LEFT = 5;

// What a shot, or the points that it is compared with, was asked before.
const foundOf = new WeakMap();
function once(of, name, find) {
  const found = foundOf.get(of) ?? foundOf.set(of, {}).get(of);
  if (!(name in found)) found[name] = find();
  return found[name];
}

const averageOf = (values, of = (x) => x) => {
  let sum = 0;
  for (const x of values) sum += of(x);
  return sum / values.length;
};
const isWhole = (shot) => once(shot, "whole", () => shot.samples.every(Number.isFinite));

/** The class that a generated point is asked for, by its position; as in toylab/targets/classes.py. */
function askedFor(weights, i) {
  const at = ((i + 0.5) * ((Math.sqrt(5) - 1) / 2)) % 1;
  let k = 0;
  for (let edge = weights[0]; k < weights.length - 1 && at >= edge; edge += weights[k]) k += 1;
  return k;
}

/** Samples nearest to each mode, all of them and the good ones. */
const modeCounts = (shot) => once(shot, "modes", () => {
  const { samples, told, target: { modes, spread, weights } } = shot, n = samples.length / 2, k = modes.length, all = Array(k).fill(0), good = Array(k).fill(0);
  let near = 0, asIs = 0;
  const at = Float64Array.from(modes.flat());
  for (let i = 0; i < n; i++) {
    let best = 0, least = Infinity;
    for (let j = 0; j < k; j++) {
      const dx = samples[2 * i] - at[2 * j], dy = samples[2 * i + 1] - at[2 * j + 1], d = dx * dx + dy * dy;
      if (d < least) { least = d; best = j; }
    }
    all[best] += 1;
    if (Math.sqrt(least) <= RADIUS * spread[best]) {
      good[best] += 1;
      if (told?.length && best === askedFor(weights, i)) asIs += 1;
    }
    if (Math.sqrt(least) <= ASTRAY * spread[best]) near += 1;
  }
  return { all, good, near, asIs, n };
});

/** Each mode's share, its weight and what they come to, summed. */
const overModes = (shot, kind, term) => {
  const counts = modeCounts(shot);
  return counts[kind].reduce((sum, count, k) => sum + term(count / counts.n, shot.target.weights[k], count), 0);
};

const halfOfTerms = (shot) => {
  const inside = overModes(shot, "good", (share, weight) => Math.abs(share - PERFECT_QUALITY * weight));
  return (inside + Math.abs(overModes(shot, "good", (share) => share) - PERFECT_QUALITY)) / 2;
};

// A switch is a new ruler after an old one; where there is other data to learn, counting begins anew.
function switchesOf(shot, memory) {
  const { all, n } = modeCounts(shot), most = Math.max(...all), ruler = most > n / 2 ? all.indexOf(most) : -1, data = shot.target.modes.join();
  const before = memory?.data === data ? memory : { last: -1, switches: 0 };
  const switches = before.switches + (ruler >= 0 && before.last >= 0 && ruler !== before.last ? 1 : 0);
  return { value: switches, memory: { data, last: ruler >= 0 ? ruler : before.last, switches } };
}

// Of places that the cloud has left, by the real points beside it, D refuses so many more than of all; of other data they are others.
function stillRefused(shot, memory) {
  const { samples, real, realLogits } = shot, tree = once(real, "tree", () => new Neighbours(real)), data = [real.length, real[0], real[1]].join();
  const far = new Float64Array(1), which = new Int32Array(1), beside = Array.from({ length: samples.length / 2 }, (_, i) => {
    tree.nearest(samples[2 * i], samples[2 * i + 1], far, which);
    return which[0];
  });
  const past = [...(memory?.data === data ? memory.past : []), beside].slice(-1 - LEFT);
  return { value: shareOf(past[0], (i) => realLogits[i] < 0) - shareOf(realLogits, (a) => a < 0), memory: { data, past } };
}

/** Projections of points on even directions, each sorted. */
function projections(points) {
  const n = points.length / 2;
  return Array.from({ length: DIRECTIONS }, (_, k) => {
    const [c, s] = cosSin((k * Math.PI) / DIRECTIONS);
    return Float64Array.from({ length: n }, (_, i) => c * points[2 * i] + s * points[2 * i + 1]).sort();
  });
}

function slicedWasserstein({ samples, real, target }) {
  const truth = once(real, "projections", () => projections(real)), { unit = 1 } = target;
  return unit * averageOf(projections(samples).map((row, k) => averageOf(row.map((x, i) => Math.abs(x - truth[k][i])))));
}

// Leave-one-out accuracy of the nearest neighbour.
function toldApart({ samples, real }) {
  const both = new Float64Array([...real, ...samples]), n = both.length / 2, tree = new Neighbours(both), far = new Float64Array(2), which = new Int32Array(2);
  let right = 0;
  for (let i = 0; i < n; i++) {
    // The second nearest: the nearest is the point itself, or a twin at the same place.
    tree.nearest(both[2 * i], both[2 * i + 1], far, which);
    if (which[which[0] === i ? 1 : 0] < real.length / 2 === i < real.length / 2) right += 1;
  }
  return right / n;
}

// Held-out accuracy of the nearest neighbours' vote: every other point is learned, the rest judged, and the other way round.
function toldApartUnseen({ samples, real }) {
  let right = 0;
  for (const half of [0, 1]) {
    const ofHalf = (points, parity) => Float64Array.from(points).filter((_, i) => (i >> 1) % 2 === parity);
    const mine = ofHalf(real, half), learned = new Float64Array([...mine, ...ofHalf(samples, half)]), n = learned.length / 2;
    const judged = [ofHalf(real, 1 - half), ofHalf(samples, 1 - half)], tree = new Neighbours(learned);
    // An odd number, so that every vote is decided.
    const far = new Float64Array(Math.min(VOTERS, n - 1 + (n % 2))), which = new Int32Array(far.length);
    judged.forEach((points, generated) => {
      for (let i = 0; i < points.length; i += 2) {
        tree.nearest(points[i], points[i + 1], far, which);
        const votes = which.reduce((sum, j) => sum + (j >= mine.length / 2 ? 1 : 0), 0);
        if (votes > far.length / 2 === Boolean(generated)) right += 1;
      }
    });
  }
  return (2 * right) / (samples.length + real.length);
}

// Mean distance of points of two clouds; of one cloud's pairs of different points where the other is left out.
function meanDistance(a, b) {
  const n = a.length / 2, m = (b ?? a).length / 2;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = a[2 * i], y = a[2 * i + 1];
    if (b) for (let j = 0; j < m; j++) sum += Math.sqrt((b[2 * j] - x) ** 2 + (b[2 * j + 1] - y) ** 2);
    else for (let j = 0; j < i; j++) sum += Math.sqrt((a[2 * j] - x) ** 2 + (a[2 * j + 1] - y) ** 2);
  }
  return sum / (b ? n * m : (n * (n - 1)) / 2);
}

function energyDistance({ samples, real, target: { unit = 1 } }) {
  return unit * (2 * meanDistance(samples, real) - meanDistance(samples) - once(real, "among", () => meanDistance(real)));
}

// The cheapest assignment of points to as many others, its mean distance: shortest augmenting paths (Jonker and Volgenant
// 1987). `u` and `v` are the prices of either side; `has[j]` is who has j, -1 nobody.
function assignment(a, b) {
  const n = a.length / 2, apart = new Float64Array(n * n), u = new Float64Array(n), v = new Float64Array(n), has = new Int32Array(n).fill(-1), of = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) apart[i * n + j] = Math.sqrt((a[2 * i] - b[2 * j]) ** 2 + (a[2 * i + 1] - b[2 * j + 1]) ** 2);
  const least = new Float64Array(n), way = new Int32Array(n), open = new Int32Array(n), done = new Int32Array(n);
  for (let first = 0; first < n; first++) {
    least.fill(Infinity);
    for (let k = 0; k < n; k++) open[k] = k;
    let left = n, who = first, length = 0, end = -1;
    while (end < 0) {
      let best = 0, shortest = Infinity;
      for (let k = 0; k < left; k++) {
        const j = open[k], cost = length + apart[who * n + j] - u[who] - v[j];
        if (cost < least[j]) { least[j] = cost; way[j] = who; }
        // Of equally near ones a free one ends the search.
        if (least[j] < shortest || (least[j] === shortest && has[j] < 0)) { shortest = least[j]; best = k; }
      }
      const j = open[best];
      length = shortest;
      done[n - left] = j;
      left -= 1;
      open[best] = open[left];
      if (has[j] < 0) end = j; else who = has[j];
    }
    u[first] += length;
    for (let k = 0; k < n - left - 1; k++) {
      const j = done[k], gain = length - least[j];
      u[has[j]] += gain;
      v[j] -= gain;
    }
    for (let j = end; ; ) {
      const i = way[j], before = of[i];
      has[j] = i;
      of[i] = j;
      if (i === first) break;
      j = before;
    }
  }
  let sum = 0;
  for (let i = 0; i < n; i++) sum += apart[i * n + of[i]];
  return sum / n;
}

// Of the first points of each: twice as many take eight times as long. A generator that does not move has one distance.
function assigned({ samples, real }) {
  const last = once(real, "assigned", () => ({ a: [], value: NaN })), a = samples.subarray(0, 2 * ASSIGNED);
  if (a.length !== last.a.length || a.some((x, i) => x !== last.a[i])) Object.assign(last, { a, value: assignment(a, real.subarray(0, 2 * ASSIGNED)) });
  return last.value;
}

const criticDistance = ({ realLogits, fakeLogits }, most = Infinity) => averageOf(realLogits.slice(0, most)) - averageOf(fakeLogits.slice(0, most));

/** Mean over points of the cloud's width there as a share of its length, by the covariance's eigenvalues. */
function localWidth({ samples }) {
  const n = samples.length / 2, tree = new Neighbours(samples), far = new Float64Array(Math.min(AROUND + 1, n)), which = new Int32Array(far.length), k = far.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    tree.nearest(samples[2 * i], samples[2 * i + 1], far, which);
    const mean = (of) => which.reduce((total, j) => total + of(samples[2 * j], samples[2 * j + 1]), 0) / k;
    const x = mean((a) => a), y = mean((_, b) => b);
    const xx = mean((a) => (a - x) ** 2), xy = mean((a, b) => (a - x) * (b - y)), yy = mean((_, b) => (b - y) ** 2);
    const middle = (xx + yy) / 2, half = Math.hypot((xx - yy) / 2, xy), most = middle + half;
    sum += most > DOT ** 2 ? Math.sqrt(Math.max(middle - half, 0) / most) : 0;
  }
  return sum / n;
}

// How many points of another cloud lie in each point's neighbourhood, which reaches to its `NEAR`-th nearest of its own, [n];
// and how many of the others lie in any.
function neighbourhoods(own, other) {
  const n = own.length / 2, near = new Neighbours(own), tree = new Neighbours(other), met = new Int32Array(n), inside = new Uint8Array(other.length / 2);
  const far = new Float64Array(Math.min(NEAR + 1, n)), which = new Int32Array(far.length);
  for (let i = 0; i < n; i++) {
    const x = own[2 * i], y = own[2 * i + 1];
    // Each point is nearest to itself.
    near.nearest(x, y, far, which);
    tree.within(x, y, far[far.length - 1], (j) => { met[i] += 1; inside[j] = 1; });
  }
  return { met, inside };
}
const aroundReal = (shot) => once(shot, "aroundReal", () => neighbourhoods(shot.real, shot.samples));
const aroundFake = (shot) => once(shot, "aroundFake", () => neighbourhoods(shot.samples, shot.real));

// log of the sigmoid.
const logSigmoid = (a) => Math.min(a, 0) - log1p(exp(-Math.abs(a)));
const valueOf = (realLogits, fakeLogits) => averageOf(realLogits, logSigmoid) + averageOf(fakeLogits, (a) => logSigmoid(-a));

/** V of the best D = p / (p + q), with the target's own density and the kernels' for the samples. */
const bestValue = (shot) => once(shot, "best", () => {
  const { samples, real, target } = shot, truth = (points) => Float64Array.from({ length: points.length / 2 }, (_, i) => target.logDensity(points[2 * i], points[2 * i + 1]));
  const onReal = once(real, "truth", () => truth(real)), onFake = truth(samples), atReal = cloudLogDensity(real, samples), atFake = cloudLogDensity(null, samples);
  return valueOf(onReal.map((p, i) => p - atReal[i]), onFake.map((p, i) => p - atFake[i]));
});

// Log density at points of the Gaussian of a cloud's mean and covariance; NaN where it has no width.
function gaussianLogDensity(points, cloud) {
  const n = cloud.length / 2, sumOf = (of) => Array.from({ length: n }, (_, i) => of(cloud[2 * i], cloud[2 * i + 1])).reduce((a, b) => a + b, 0);
  const x = sumOf((a) => a) / n, y = sumOf((_, b) => b) / n;
  const xx = sumOf((a) => (a - x) ** 2) / (n - 1), xy = sumOf((a, b) => (a - x) * (b - y)) / (n - 1), yy = sumOf((_, b) => (b - y) ** 2) / (n - 1);
  const area = xx * yy - xy * xy;
  return Float64Array.from({ length: points.length / 2 }, (_, i) => {
    if (!(area > 0)) return NaN;
    const a = points[2 * i] - x, b = points[2 * i + 1] - y;
    return -(yy * a * a - 2 * xy * a * b + xx * b * b) / (2 * area) - log(2 * Math.PI * Math.sqrt(area));
  });
}

/** Mean of |D - D*| over real and generated points, where what is generated is Gaussian. */
function optimalDistance({ samples, real, target, realLogits, fakeLogits }) {
  const off = (points, logits) => {
    const q = gaussianLogDensity(points, samples);
    return averageOf(q.map((b, i) => Math.abs(sigmoid(logits[i]) - sigmoid(target.logDensity(points[2 * i], points[2 * i + 1]) - b))));
  };
  return (off(real, realLogits) + off(samples, fakeLogits)) / 2;
}

const score = (logits) => averageOf(logits, sigmoid);
// Between two neighbours in order, as numpy's.
const quantileOf = (values, share) => {
  const sorted = values.sort(), place = share * (sorted.length - 1), low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
};
const shareOf = (values, holds) => averageOf(values, (x) => (holds(x) ? 1 : 0));

// What a metric needs of a game.
const NEEDS = {
  modes: ({ target }) => target.modes.length > 0,
  density: ({ target }) => Boolean(target.logDensity),
  training_set: ({ trainLogits }) => trainLogits.length > 0,
  logit: ({ output }) => output === "logit",
  gaussian: ({ gaussian }) => gaussian,
  // Of games that the engine does not play, but for which it has the numbers.
  asked: ({ told }) => Boolean(told?.includes("generator")),
  untold: ({ told }) => !told?.includes("discriminator"),
  equilibrium: ({ parameters }) => Boolean(parameters),
};
const MODES = ["modes"], DENSITY = ["density"], LOGIT = ["logit"];

// costly: a look takes longer than the rounds before it, so that it is measured where it is drawn or claimed alone.
const metric = (needs, measure, costly = false) => ({ needs, costly, measure: (shot) => ({ value: isWhole(shot) ? measure(shot) : NaN, memory: null }) });

export const METRICS = {
  modes_covered: metric(MODES, (shot) => overModes(shot, "good", (share, weight) => (share >= COVERED_SHARE * weight ? 1 : 0))),
  modes_hit: metric(MODES, (shot) => overModes(shot, "good", (share) => (share > 0 ? 1 : 0))),
  high_quality: metric(MODES, (shot) => overModes(shot, "good", (_, weight, count) => count) / modeCounts(shot).n),
  asked_mode: metric(["modes", "asked"], (shot) => modeCounts(shot).asIs / modeCounts(shot).n),
  strays: metric(MODES, (shot) => 1 - modeCounts(shot).near / modeCounts(shot).n),
  reverse_kl: metric(MODES, (shot) => overModes(shot, "all", (share, weight) => (share ? share * log(share / weight) : 0))),
  mode_tv: metric(MODES, halfOfTerms),
  top_mode_share: metric(MODES, (shot) => Math.max(...modeCounts(shot).all) / modeCounts(shot).n),
  mode_switches: { needs: MODES, measure: (shot, memory) => (isWhole(shot) ? switchesOf(shot, memory) : { value: NaN, memory }) },
  js_divergence: metric(DENSITY, (shot) => (bestValue(shot) + log(4)) / 2),
  sliced_wasserstein: metric([], slicedWasserstein),
  energy_distance: metric([], energyDistance),
  c2st: metric([], toldApart),
  c2st_held_out: metric([], toldApartUnseen),
  precision: metric([], (shot) => averageOf(aroundReal(shot).inside)),
  recall: metric([], (shot) => averageOf(aroundFake(shot).inside)),
  density: metric([], (shot) => aroundReal(shot).met.reduce((sum, k) => sum + k, 0) / (NEAR * aroundReal(shot).inside.length)),
  coverage: metric([], (shot) => shareOf(aroundReal(shot).met, (k) => k > 0)),
  local_width: metric([], localWidth),
  discriminator_accuracy: metric(LOGIT, (shot) => (shareOf(shot.realLogits, (a) => a > 0) + shareOf(shot.fakeLogits, (a) => a < 0)) / 2),
  real_score: metric(LOGIT, (shot) => score(shot.realLogits)),
  half_distance: metric(LOGIT, (shot) => quantileOf(Float64Array.from(shot.realLogits, (a) => Math.abs(sigmoid(a) - 0.5)), 0.99)),
  fake_score: metric(LOGIT, (shot) => score(shot.fakeLogits)),
  still_refused: { needs: LOGIT, measure: (shot, memory) => (isWhole(shot) ? stillRefused(shot, memory) : { value: NaN, memory }) },
  discriminator_loss: metric([], (shot) => shot.losses[0]),
  generator_loss: metric([], (shot) => shot.losses[1]),
  generator_gradient: metric([], (shot) => shot.gradients[0]),
  saturating_gradient: metric([], (shot) => shot.gradients[1]),
  non_saturating_gradient: metric([], (shot) => shot.gradients[2]),
  optimal_value: metric(DENSITY, bestValue),
  value_gap: metric(["density", "logit", "untold"], (shot) => bestValue(shot) - valueOf(shot.realLogits, shot.fakeLogits)),
  optimal_distance: metric(["density", "logit", "gaussian", "untold"], optimalDistance),
  largest_logit: metric([], (shot) => Math.max(...[shot.realLogits, shot.fakeLogits].map((logits) => logits.reduce((most, a) => Math.max(most, Math.abs(a)), 0)))),
  critic_distance: metric([], (shot) => criticDistance(shot)),
  critic_ratio: metric(["untold"], (shot) => criticDistance(shot, ASSIGNED) / assigned(shot), true),
  critic_slope: metric(["untold"], (shot) => shot.critic[0]),
  weights_at_bound: metric([], (shot) => shot.critic[1]),
  held_out_gap: metric(["training_set", "logit"], (shot) => score(shot.trainLogits) - score(shot.realLogits)),
  parameter_norm: metric(["equilibrium"], (shot) => Math.sqrt(shot.parameters.reduce((sum, x) => sum + x * x, 0))),
};

/** The first need that a shot does not meet; empty if none. */
export const missing = (needs, shot) => needs.find((need) => !NEEDS[need](shot)) ?? "";

// --- claims ---

/**
 * Places [from, to) of the rounds that lie in a window of training, given as shares of it; the nearest one's if
 * none does. `end` is the last round of the training.
 */
export function windowOf(rounds, window, end = rounds.at(-1)) {
  const [low, high] = window.map((share) => share * end), inside = (round) => round >= low - 1e-9 && round <= high + 1e-9;
  const from = rounds.findIndex(inside);
  if (from >= 0) return [from, rounds.findLastIndex(inside) + 1];
  const off = rounds.map((round) => Math.abs(round - (low + high) / 2)), at = off.indexOf(Math.min(...off));
  return [at, at + 1];
}

// The mean over rounds, by trapezoids: where looks are dense each of them counts for less.
const overRounds = (values, rounds) => {
  if (values.length === 1) return values[0];
  const pieces = values.slice(1).map((value, i) => ((rounds[i + 1] - rounds[i]) * (value + values[i])) / 2);
  return pieces.reduce((sum, piece) => sum + piece, 0) / (rounds.at(-1) - rounds[0]);
};

const REDUCTIONS = {
  mean: overRounds,
  last: (values) => values.at(-1),
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  end_to_start: (values) => values.at(-1) / values[0],
  end_to_peak: (values) => values.at(-1) / Math.max(...values),
};

/** The number a claim speaks of; NaN where the training diverged in its window. */
export function reduced(claim, rounds, values, end = rounds.at(-1)) {
  const looks = windowOf(rounds, claim.window, end);
  const number = REDUCTIONS[claim.reduce](values.slice(...looks), rounds.slice(...looks));
  return Number.isFinite(number) ? number : NaN;
}

const RELATIONS = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b };

export const satisfied = (claim, number) => RELATIONS[claim.relation](number, claim.threshold);

// --- what there is to reach ---

const DRAWS = 4;
// Those that look at nothing but points.
const OF_POINTS = ["modes_covered", "modes_hit", "high_quality", "strays", "reverse_kl", "mode_tv", "top_mode_share", "js_divergence", "sliced_wasserstein", "energy_distance", "c2st", "c2st_held_out", "precision", "recall", "density", "coverage", "local_width", "optimal_value"];

/**
 * What a perfect sampler has at so many points: {mean, spread} over a few draws; null where there is no such
 * number. `draws(n)` gives n new points of the target, flat.
 */
export function floor(name, target, n, draws) {
  const { needs, measure } = METRICS[name];
  if (!OF_POINTS.includes(name) || missing(needs, { target })) return null;
  const found = Array.from({ length: DRAWS }, () => measure({ samples: draws(n), real: draws(n), target }, null).value), mean = averageOf(found);
  return { mean, spread: Math.sqrt(averageOf(found, (x) => (x - mean) ** 2) * (DRAWS / (DRAWS - 1))) };
}
