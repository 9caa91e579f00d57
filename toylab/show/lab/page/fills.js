// What each layer of the film shows of a moment of a training: the contents of its strokes, written into memory
// that is kept. How strokes look is the film's affair; see toylab/film/layers.

import { filmShort, niceLogit, niceNumber } from "./axes.js";
import { bestLogits } from "./best.js";
import { ContourTracer, LineStore } from "./contours.js";
import { putArrow, thinned } from "./following.js";

const tracer = new ContourTracer();
// Cells along a side on which densities are looked at; that of points is dear to ask for.
const FINE = 240, FINE_OF_POINTS = 96, COARSE = 96, BEST = 48;

/** Empty contents of a stroke. */
export function emptyShown({ kind, place = [], align, plate, said = "" }) {
  if (kind === "sheet") return { rows: 0, columns: 0, values: new Float32Array(0), from: 0, zero: 0, factor: 1, known: false };
  if (kind === "dots") return { places: new Float64Array(0), count: 0 };
  if (kind === "words") return { said, place: [...place], align, plate, strength: 1 };
  return new LineStore();
}

const allFinite = (values, n) => { for (let i = 0; i < n; i++) if (!Number.isFinite(values[i])) return false; return true; };

/** A high percentile of the sizes, as numpy's, in memory that is kept. */
function highSize(values, scratch) {
  for (let i = 0; i < values.length; i++) scratch[i] = Math.abs(values[i]);
  const sorted = scratch.subarray(0, values.length).sort(), at = 0.98 * (values.length - 1), low = Math.floor(at);
  return sorted[low] + (sorted[Math.min(low + 1, values.length - 1)] - sorted[low]) * (at - low);
}

// A function of the plane as colour, and where it is zero as a line over its casing.
function fillPlane(strokes, values, n, limit) {
  const [sheet, casing, line] = strokes, { shown } = sheet;
  if (shown.values.length !== n * n) Object.assign(shown, { rows: n, columns: n, values: new Float32Array(n * n) });
  Object.assign(shown, { zero: -limit, known: allFinite(values, n * n) });
  // The film's levels, the middle one for zero.
  shown.factor = (sheet.levels - 1) / (2 * limit);
  for (let i = 0; i < n * n; i++) shown.values[i] = Math.min(Math.max(values[i], -limit), limit);
  if (!casing) return;
  line.shown = casing.shown;
  line.shown.clear();
  if (shown.known) tracer.trace(shown.values, n, n, 0, line.shown);
}

function fillDots({ shown }, places, count) { Object.assign(shown, { places, count }); }

// Arrows of some samples over their casing; `scaled` gives how many times a push's length is drawn.
function fillArrows(scene, [casing, fill], scaled) {
  const { film: { arrow, side }, places, pushed, pushedOf, kept } = scene, store = casing.shown, n = pushedOf.length;
  fill.shown = store;
  store.clear();
  if (kept.starts?.length !== 2 * n) kept.starts = new Float64Array(2 * n);
  pushedOf.forEach((i, k) => { for (const d of [0, 1]) kept.starts[2 * k + d] = places[2 * i + d]; });
  thinned(kept.starts, pushed, n, arrow.apart / side, arrow.clear / side, (x, y, dx, dy) => {
    const times = scaled(Math.hypot(dx, dy)) * scene.arrowShare;
    putArrow(store, arrow, 1 / side, 1 / 5, x, y, dx * times, dy * times);
  });
}

/** scene: see Stage.look. Each fills the strokes of a layer. */
export const FILLS = {
  surface(scene, strokes) {
    const { run: { scales }, output, cells, film, surface, scratch } = scene, shown = scene.shownSurface;
    let mean = 0;
    if (output === "difference") for (let i = 0; i < surface.length; i++) mean += surface[i] / surface.length;
    for (let i = 0; i < surface.length; i++) shown.values[i] = surface[i] - mean;
    if (allFinite(shown.values, surface.length)) {
      const wide = highSize(shown.values, scratch);
      scales.limit = Math.max(scales.limit, output === "logit" ? niceLogit(wide, film.probabilities) : niceNumber(wide), scene.given.surface ?? 0);
    }
    fillPlane(strokes, shown.values, cells, scales.limit || 1);
  },

  optimal(scene, strokes) {
    // The best D is sure nearly everywhere: from .01 to .99.
    fillPlane(strokes, bestLogits(scene, BEST), BEST, niceLogit(50, scene.film.probabilities));
  },

  optimal_gap(scene, strokes) {
    const best = bestLogits(scene, BEST), gap = scene.kept.gap ??= new Float64Array(BEST * BEST), sure = (a) => 1 / (1 + Math.exp(-a));
    for (let r = 0, i = 0; r < BEST; r++) {
      for (let c = 0; c < BEST; c++, i++) gap[i] = sure(between(scene.surface, scene.cells, (c + 0.5) / BEST, (r + 0.5) / BEST)) - sure(best[i]);
    }
    fillPlane(strokes, gap, BEST, 1);
  },

  density(scene, [{ shown }]) {
    const { target, run, extent } = scene, n = target.kind === "mixture" ? FINE : FINE_OF_POINTS;
    if (shown.of === target) return;
    const log = run.logDensity(target, extent, n), values = Float64Array.from(log);
    shown.of = target;
    shown.clear();
    const peak = values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!Number.isFinite(peak)) return;
    for (let i = 0; i < values.length; i++) values[i] = Math.max(values[i], peak - 50);
    for (const k of [1, 2, 3]) tracer.trace(values, n, n, peak - (k * k) / 2, shown);
  },

  kde(scene, [{ shown }]) {
    const height = smoothed(scene);
    shown.clear();
    const top = height.reduce((a, b) => Math.max(a, b), 0);
    if (top > 0) for (const share of [0.1, 0.4, 0.7]) tracer.trace(height, COARSE, COARSE, share * top, shown);
  },

  lattice(scene, [along, across]) {
    const { lattice, extent: [x0, x1, y0, y1] } = scene;
    along.shown.clear();
    across.shown.clear();
    if (!lattice || !allFinite(lattice, lattice.length)) return;
    const n = Math.round(Math.sqrt(lattice.length / 2));
    for (const [stroke, outer, inner] of [[along, 2 * n, 2], [across, 2, 2 * n]]) {
      for (let r = 0; r < n; r++) {
        for (let c = 0; c < n; c++) stroke.shown.put((lattice[r * outer + c * inner] - x0) / (x1 - x0), (lattice[r * outer + c * inner + 1] - y0) / (y1 - y0));
        stroke.shown.close();
      }
    }
  },

  real(scene, [dots]) { fillDots(dots, scene.realPlaces, scene.nReal); },

  trails({ run: { ways, chosen }, film }, [{ shown }]) {
    shown.clear();
    if (ways.length < 2) return;
    for (let k = 0; k < Math.min(film.trails, chosen.length); k++) {
      for (const way of ways) shown.put(way[2 * chosen[k]], way[2 * chosen[k] + 1]);
      shown.close();
    }
  },

  generated(scene, [dots]) { fillDots(dots, scene.places, scene.nPlaces); },

  arrows(scene, strokes) {
    // A long arrow of the run takes a ninth of the stage.
    const longest = scene.given.longest || scene.run.scales.lengths.at(0.95);
    fillArrows(scene, strokes, () => (longest > 0 ? 1 / 9 / longest : 0));
  },

  arrows_even(scene, strokes) {
    fillArrows(scene, strokes, (length) => (length > 0 ? 1 / 9 / length : 0));
    const { pushed, pushedOf, extent } = scene, side = extent[1] - extent[0];
    const sizes = pushedOf.map((_, k) => Math.hypot(pushed[2 * k], pushed[2 * k + 1]) * side).sort((a, b) => a - b), n = sizes.length;
    strokes[2].shown.said = n ? scene.words.push.replace("{size}", filmShort((sizes[(n - 1) >> 1] + sizes[n >> 1]) / 2)) : "";
  },

  modes(scene, strokes) {
    const { target, samples, film, extent: [x0, x1, y0, y1] } = scene, { modes, spread } = target, k = modes.length;
    while (strokes.length < k) strokes.push({ ...strokes[0], shown: { ...strokes[0].shown, place: [0, 0] } });
    const counts = scene.kept.ofModes?.length === k ? scene.kept.ofModes : (scene.kept.ofModes = new Uint32Array(k));
    counts.fill(0);
    for (let i = 0; i < samples.length; i += 2) {
      let nearest = -1, least = Infinity;
      for (let m = 0; m < k; m++) {
        const dx = samples[i] - modes[m][0], dy = samples[i + 1] - modes[m][1], far = dx * dx + dy * dy;
        if (far < least) { least = far; nearest = m; }
      }
      if (nearest >= 0 && Math.sqrt(least) <= film.radius * spread[nearest]) counts[nearest] += 1;
    }
    const mx = modes.reduce((s, m) => s + m[0], 0) / k, my = modes.reduce((s, m) => s + m[1], 0) / k;
    const far = modes.map(([x, y]) => Math.hypot(x - mx, y - my)), ring = k > 2 && Math.min(...far) > 0.9 * Math.max(...far);
    strokes.forEach(({ shown }, m) => {
      if (m >= k) { shown.said = ""; return; }
      const [x, y] = modes[m], share = (2 * counts[m]) / samples.length, percent = Math.round(100 * share);
      const [dx, dy] = ring ? [((x - mx) / far[m]) * film.outwards[0], ((y - my) / far[m]) * film.outwards[1]] : [0, film.above];
      shown.place[0] = (x - x0) / (x1 - x0) + dx / film.side;
      shown.place[1] = (y - y0) / (y1 - y0) + dy / film.side;
      if (shown.percent !== percent || !shown.said) Object.assign(shown, { percent, said: `${percent}\u202f%` });
      shown.strength = counts[m] ? 1 : 0.55;
    });
  },

  phase(scene, [arrows, goal, path, present]) {
    const { field, run, film } = scene, { path: walked } = run;
    if (!field) return;
    const half = run.scales.plane, to = (v) => v / (2 * half) + 0.5, n = Math.round(Math.sqrt(field.pushes.length / 2));
    if (arrows.of !== field || arrows.half !== half) {
      Object.assign(arrows, { of: field, half });
      arrows.shown.clear();
      let longest = 1e-12;
      for (let i = 0; i < field.pushes.length; i += 2) longest = Math.max(longest, Math.hypot(field.pushes[i], field.pushes[i + 1]));
      for (let r = 0, i = 0; r < n; r++) {
        for (let c = 0; c < n; c++, i += 2) {
          const x = -field.half + (2 * field.half * c) / (n - 1), y = -field.half + (2 * field.half * r) / (n - 1);
          const length = Math.max(Math.hypot(field.pushes[i], field.pushes[i + 1]), 1e-12);
          // All of nearly one length: the field's direction is the lesson; the root keeps a hint of its strength.
          const times = ((0.75 * field.half) / half / n) * Math.sqrt(length / longest) / length;
          putArrow(arrows.shown, film.arrow, 1 / film.side, 1, to(x), to(y), field.pushes[i] * times, field.pushes[i + 1] * times);
        }
      }
    }
    if (goal.shown.count === 0) fillDots(goal, Float64Array.of(0.5, 0.5), 1);
    path.shown.clear();
    for (let i = 0; i < walked.n; i++) path.shown.put(to(walked.places[2 * i]), to(walked.places[2 * i + 1]));
    path.shown.close();
    if (present.shown.count === 0) fillDots(present, new Float64Array(2), 1);
    present.shown.places[0] = to(walked.places[2 * walked.n - 2]);
    present.shown.places[1] = to(walked.places[2 * walked.n - 1]);
  },
};

function between(values, n, a, b) {
  const u = Math.min(Math.max(a * n - 0.5, 0), n - 1), v = Math.min(Math.max(b * n - 0.5, 0), n - 1);
  const c = Math.min(Math.floor(u), n - 2), r = Math.min(Math.floor(v), n - 2), i = r * n + c;
  const low = values[i] + (values[i + 1] - values[i]) * (u - c), high = values[i + n] + (values[i + n + 1] - values[i + n]) * (u - c);
  return low + (high - low) * (v - r);
}

// Samples counted in cells and smoothed by a fortieth of the stage, with nothing beyond its border.
function smoothed(scene) {
  const { samples, extent: [x0, x1, y0, y1], kept } = scene, n = COARSE, sigma = n / 40, reach = Math.floor(4 * sigma + 0.5);
  kept.counts ??= new Float64Array(n * n);
  kept.rows ??= new Float64Array(n * n);
  kept.height ??= new Float64Array(n * n);
  kept.weights ??= Float64Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-0.5 * ((k - reach) / sigma) ** 2)).map((w, _, all) => w / all.reduce((a, b) => a + b, 0));
  const { counts, rows, height, weights } = kept;
  counts.fill(0);
  for (let i = 0; i < samples.length; i += 2) {
    const a = ((samples[i] - x0) / (x1 - x0)) * n, b = ((samples[i + 1] - y0) / (y1 - y0)) * n;
    if (a >= 0 && a <= n && b >= 0 && b <= n) counts[Math.min(Math.floor(b), n - 1) * n + Math.min(Math.floor(a), n - 1)] += 1;
  }
  for (const [from, to, step, line] of [[counts, rows, n, 1], [rows, height, 1, n]]) {
    for (let l = 0; l < n; l++) {
      for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let j = Math.max(-reach, -k); j <= Math.min(reach, n - 1 - k); j++) sum += weights[j + reach] * from[l * line + (k + j) * step];
        to[l * line + k * step] = sum;
      }
    }
  }
  return height;
}
