// What keeps the discriminator in bounds, and the other tricks of the trade, as in toylab/game/penalties.py.
// Each row has the hooks it needs; draws come in Python's order.

/**
 * Hooks, with p the table of a scenario:
 * labels(p): what is added to the slope of D's loss at each real logit, times their number;
 * slope(p, sight): adds the gradient of a term in D's slopes to a block;
 * seen(p, x, n, draws, progress): changes points before D sees them;
 * mixed(p, fake, n, game, draws): changes the generated points that D learns from, and what is remembered;
 * clipped(p, block, run), projected(p, block, run), shown(p, parameters, before).
 */
export const PENALTIES = {
  r1: { slope: (p, sight) => squared(p, sight, sight.real) },
  r2: { slope: (p, sight) => squared(p, sight, sight.fake) },
  gradient_penalty: {
    slope(p, sight) {
      const { n, wide, real, fake } = sight, at = sight.draws.uniform(n), between = sight.room(n * wide);
      for (let r = 0, i = 0; r < n; r++) for (let c = 0; c < wide; c++, i++) between[i] = at[r] * real[i] + (1 - at[r]) * fake[i];
      sight.pull(between, (s, r) => {
        let squares = 1e-12;
        for (let c = 0; c < wide; c++) squares += s[r * wide + c] ** 2;
        const length = Math.sqrt(squares), excess = length - p.target;
        return p.one_sided && excess < 0 ? 0 : (2 * p.weight * excess) / (length * n);
      });
    },
  },
  // What stops parameters at a bound holds before the first step too.
  weight_clipping: { stops: true, projected: (p, block, run) => run.clamp(block.at, block.bytes, p.limit) },
  weight_decay: { projected: (p, block, run) => run.scaledAdd(block.at, block.at, block.bytes, -p.share) },
  label_smoothing: { labels: (p) => p.amount },
  instance_noise: {
    seen(p, x, n, draws, progress) {
      const now = p.spread * (1 - (1 - p.end) * progress), noise = draws.normal(n);
      for (let i = 0; i < n; i++) x[i] += Math.fround(now * noise[i]);
    },
  },
  gradient_clipping: {
    clipped(p, block, run) {
      let squares = 0;
      for (const g of block.data) squares += g * g;
      const length = Math.sqrt(squares);
      if (!(length > p.norm)) return;
      const factor = Math.fround(p.norm / length);
      for (let i = 0; i < block.length; i++) block.data[i] *= factor;
    },
  },
  packing: { pack: (p) => p.size },
  replay: {
    mixed(p, fake, n, game, draws) {
      const nOld = evenly(p.share * n), old = game.old, kept = old.length / 2, mixed = fake.slice(0, 2 * n);
      if (kept) {
        const pick = draws.uniform(nOld);
        for (let i = 0; i < nOld; i++) {
          const j = Math.min(Math.floor(Math.fround(pick[i]) * kept), kept - 1);
          mixed[2 * i] = old[2 * j];
          mixed[2 * i + 1] = old[2 * j + 1];
        }
      }
      const both = new Float32Array(old.length + 2 * n);
      both.set(old);
      both.set(fake.subarray(0, 2 * n), old.length);
      game.old = both.slice(Math.max(0, both.length - 2 * p.capacity));
      return mixed;
    },
  },
  average: {
    shown(p, parameters, before) {
      for (let i = 0; i < parameters.length; i++) before[i] = parameters[i] + Math.fround(p.decay * (before[i] - parameters[i]));
    },
  },
  // In place.
  truncation: { latents(p, z) { for (let i = 0; i < z.length; i++) z[i] *= p.scale; } },
};

// weight / 2 times the mean square of the slope; in every so many rounds only, and then so many times as much.
// Where no round is played (null), but looked at what all of them do together, the weight itself.
function squared({ weight, every = 1 }, sight, x) {
  if (sight.round !== null && sight.round % every) return;
  const now = sight.round === null ? weight : weight * every;
  sight.pull(x, () => now / sight.n);
}

// To the even neighbour, as Python rounds.
function evenly(x) {
  const low = Math.floor(x);
  return x - low > 0.5 || (x - low === 0.5 && low % 2) ? low + 1 : low;
}
