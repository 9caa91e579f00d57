// The best discriminator against the samples there are: p / (p + q), p exact, q estimated from the samples as
// toylab/metrics/density.py does. Many exponentials: only for layers that are on.

const NEIGHBOUR = 10, FACTOR = 0.7, LEAST_WIDTH = 1e-6, LEAST_LOG = Math.log(2.2250738585072014e-308);

/** Width of each sample's kernel: so many times the distance to its tenth neighbour. */
function kernelWidths(cloud, n, out) {
  const k = Math.min(NEIGHBOUR + 1, n), near = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    near.fill(Infinity);
    const x = cloud[2 * i], y = cloud[2 * i + 1];
    for (let j = 0; j < n; j++) {
      const dx = cloud[2 * j] - x, dy = cloud[2 * j + 1] - y, far = dx * dx + dy * dy;
      if (far >= near[k - 1]) continue;
      let at = k - 1;
      while (at > 0 && near[at - 1] > far) { near[at] = near[at - 1]; at -= 1; }
      near[at] = far;
    }
    out[i] = Math.max(FACTOR * Math.sqrt(near[k - 1]), LEAST_WIDTH);
  }
}

/** Logits of the best D at the middles of n x n cells, [n, n]; NaN where a sample is not finite. */
export function bestLogits({ samples, extent, target, run, kept }, n) {
  const [x0, x1, y0, y1] = extent, m = samples.length / 2, truth = run.logDensity(target, extent, n);
  const best = kept.best?.length === n * n ? kept.best : (kept.best = new Float64Array(n * n));
  if (!samples.every(Number.isFinite)) return best.fill(NaN);
  if (kept.widths?.length !== m) Object.assign(kept, { widths: new Float64Array(m), tall: new Float64Array(m), exponents: new Float64Array(m) });
  const { widths, tall, exponents } = kept;
  kernelWidths(samples, m, widths);
  for (let j = 0; j < m; j++) {
    tall[j] = -Math.log(2 * Math.PI * widths[j] * widths[j] * m);
    widths[j] = -0.5 / (widths[j] * widths[j]);
  }
  for (let r = 0, i = 0; r < n; r++) {
    for (let c = 0; c < n; c++, i++) {
      const x = x0 + ((x1 - x0) * (c + 0.5)) / n, y = y0 + ((y1 - y0) * (r + 0.5)) / n;
      let most = -Infinity, sum = 0;
      for (let j = 0; j < m; j++) {
        const dx = samples[2 * j] - x, dy = samples[2 * j + 1] - y;
        exponents[j] = tall[j] + widths[j] * (dx * dx + dy * dy);
        if (exponents[j] > most) most = exponents[j];
      }
      // What is e^30 times smaller changes nothing.
      for (let j = 0; j < m; j++) if (exponents[j] > most - 30) sum += Math.exp(exponents[j] - most);
      best[i] = Math.min(Math.max(truth[i] - Math.max(most + Math.log(sum), LEAST_LOG), -50), 50);
    }
  }
  return best;
}
