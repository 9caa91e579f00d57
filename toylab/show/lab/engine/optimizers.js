// How far a player steps: from a gradient to a change of its parameters, in place; toylab/game/optimizers.py.

/** b^n for a whole n, from products alone. */
function power(b, n) {
  let out = 1;
  for (; n > 0; n = Math.floor(n / 2)) { if (n % 2) out *= b; b *= b; }
  return out;
}

const HALF_TURN = 3.141592653589793;

/** Factor on the learning rate at a time from 0 to 1. */
export const SCHEDULES = {
  constant: () => 1,
  linear: (t) => 1 - t,
  cosine: (t, cosSin) => 0.5 * (1 + cosSin(HALF_TURN * t)[0]),
  step: (t) => (t >= 0.75 ? 0.1 * 0.1 : t >= 0.5 ? 0.1 : 1),
};

// Each: how many blocks it remembers, and a move of n bytes of parameters along a gradient.
export const OPTIMIZERS = {
  adam: {
    blocks: 2,
    move(run, spec, p, g, [mean, square], count, scale) {
      const [b1, b2] = spec.betas, root = Math.sqrt(1 - power(b2, count));
      run.adam(p.at, g.at, mean.at, square.at, p.bytes, 1 - b1, b2, spec.eps * root, (-scale * spec.lr * root) / (1 - power(b1, count)));
    },
  },
  sgd: {
    blocks: 1,
    move(run, spec, p, g, [velocity], count, scale) {
      run.momentum(p.at, g.at, velocity.at, p.bytes, spec.momentum, -scale * spec.lr);
    },
  },
  rmsprop: {
    blocks: 1,
    move(run, spec, p, g, [square], count, scale) {
      run.rootMean(p.at, g.at, square.at, p.bytes, spec.decay, spec.eps, -scale * spec.lr);
    },
  },
};
