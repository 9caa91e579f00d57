// The best discriminator against the samples there are: p / (p + q), p exact, q estimated from the samples.

import { cloudLogDensity } from "../engine/densities.js";

/** Logits of the best D at the middles of n x n cells, [n, n]; NaN where a sample is not finite. */
export function bestLogits({ samples, extent: [x0, x1, y0, y1], extent, target, run, kept }, n) {
  if (kept.best?.length !== n * n || kept.bestIn !== extent) {
    Object.assign(kept, { best: new Float64Array(n * n), bestAt: new Float64Array(2 * n * n), bestIn: extent });
    for (let r = 0, i = 0; r < n; r++) for (let c = 0; c < n; c++) { kept.bestAt[i++] = x0 + ((x1 - x0) * (c + 0.5)) / n; kept.bestAt[i++] = y0 + ((y1 - y0) * (r + 0.5)) / n; }
  }
  const { best, bestAt } = kept;
  if (!samples.every(Number.isFinite)) return best.fill(NaN);
  const truth = run.logDensity(target, extent, n), made = cloudLogDensity(bestAt, samples);
  for (let i = 0; i < n * n; i++) best[i] = Math.min(Math.max(truth[i] - made[i], -50), 50);
  return best;
}
