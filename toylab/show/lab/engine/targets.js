// The distributions to be learned: how to draw from them, and their density. What Python tells of a target is
// either a mixture, or points with noise; the kinds that a hand can change are built here from their settings.

import { Stream, cosSin } from "./numbers.js";
import { mixtureLogDensity, pointsLogDensity } from "./densities.js";

const shares = (weights, k) => {
  const own = weights?.length ? weights : Array(k).fill(1), sum = own.reduce((a, b) => a + b, 0);
  return own.map((w) => w / sum);
};
const roundMixture = (modes, spreads, weights) => ({
  kind: "mixture",
  modes,
  covariances: spreads.map((s) => [s * s, 0, s * s]),
  spread: spreads,
  weights: shares(weights, modes.length),
});

/** Kinds of target that are built here, from a scenario's table; the others come as Python tells them. */
export const TARGETS = {
  ring({ modes, radius, spread, weights }) {
    const at = Array.from({ length: modes }, (_, k) => cosSin((k * 2 * Math.PI) / modes).map((c) => radius * c));
    return roundMixture(at, Array(modes).fill(spread), weights);
  },
  grid({ side, spacing, spread, weights }) {
    const at = Array.from({ length: side * side }, (_, k) => [k % side, Math.floor(k / side)].map((i) => (i - (side - 1) / 2) * spacing));
    return roundMixture(at, Array(side * side).fill(spread), weights);
  },
  mixture({ means, spreads, covariances, weights }) {
    if (!covariances?.length) return roundMixture(means, means.map((_, k) => spreads[k % spreads.length]), weights);
    const own = covariances.map(([[a, b], [, c]]) => [a, b, c]);
    return { kind: "mixture", modes: means, covariances: own, spread: own.map(([a, , c]) => Math.sqrt((a + c) / 2)), weights: shares(weights, means.length) };
  },
  dirac({ x, y, noise }) {
    return noise ? roundMixture([[x, y]], [noise]) : { kind: "points", points: [[x, y]], noise: [0, 0], modes: [], spread: [], weights: [] };
  },
  drawn({ points, noise }) {
    return { kind: "points", points, noise: [noise ?? 0, noise ?? 0].flat().slice(0, 2), modes: [], spread: [], weights: [] };
  },
};

/** What is told of a target: by Python, or built here from its settings. */
export function targetOf(settings) {
  const build = TARGETS[settings.kind];
  return build ? build(settings) : null;
}

/**
 * A target to draw from: `sample(stream, n, out)` writes n points [n, 2]; `logDensity(x, y)` in nats, or null
 * where it is not known. Each point takes a fixed number of draws.
 */
export function builtTarget(told) {
  const built = { ...told, modes: told.modes ?? [], spread: told.spread ?? [], weights: told.weights ?? [] };
  if (told.kind === "mixture") {
    const factors = told.covariances.map(([a, b, c]) => {
      const l = Math.sqrt(a);
      return [l, b / l, Math.sqrt(c - (b / l) ** 2)].map(Math.fround);
    });
    const edges = [];
    told.weights.reduce((sum, w) => { edges.push(sum + w); return sum + w; }, 0);
    const last = edges.length - 1;
    built.sample = (stream, n, out) => {
      const u = stream.uniform(new Float64Array(n)), z = stream.normal(new Float32Array(2 * n));
      for (let i = 0; i < n; i++) {
        let k = 0;
        while (k < last && u[i] >= edges[k]) k++;
        const [a, b, c] = factors[k], [x, y] = told.modes[k];
        out[2 * i] = Math.fround(x) + Math.fround(a * z[2 * i]);
        out[2 * i + 1] = Math.fround(y) + Math.fround(Math.fround(b * z[2 * i]) + Math.fround(c * z[2 * i + 1]));
      }
      return out;
    };
    built.logDensity = mixtureLogDensity(told);
    return built;
  }
  const { points, noise } = told;
  built.sample = (stream, n, out) => {
    const u = stream.uniform(new Float64Array(n));
    const z = noise[0] || noise[1] ? stream.normal(new Float32Array(2 * n)) : null;
    for (let i = 0; i < n; i++) {
      const at = points[Math.floor(u[i] * points.length)];
      for (let c = 0; c < 2; c++) out[2 * i + c] = at[c] + (z ? noise[c] * z[2 * i + c] : 0);
    }
    return out;
  };
  built.logDensity = noise[0] && noise[1] && told.density !== false ? pointsLogDensity(points, noise) : null;
  return built;
}

/** The square that holds a target with room around it, [x0, x1, y0, y1], by the rule of toylab/targets/target.py. */
export function extentOf(told) {
  const n = 4096, at = builtTarget(told).sample(new Stream(0, "evaluation_data"), n, new Float32Array(2 * n));
  const low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  at.forEach((x, i) => { low[i % 2] = Math.min(low[i % 2], x); high[i % 2] = Math.max(high[i % 2], x); });
  const half = Math.ceil(Math.max((1.45 * Math.max(high[0] - low[0], high[1] - low[1])) / 2, 0.5) * 20) / 20;
  const [x, y] = [0, 1].map((c) => Math.round(5 * (low[c] + high[c])) / 10);
  return [x - half, x + half, y - half, y + half];
}
