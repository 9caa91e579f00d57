// The players: multilayer perceptrons forward and back by hand, and the networks of two numbers of the games
// that can be solved on paper. All tell one story: `evaluate` points, then pull gradients of what came out
// back to the parameters or to the points.

import { cosSin, exp, normalShare, tanh, sigmoid } from "./numbers.js";

const padded = (n) => Math.ceil(n / 4) * 4;

// --- activations ---

// `apply` changes pre-activations z into activations in place; `back` multiplies a gradient by the derivative,
// told from the activations h, or from z where `asksBefore`; `bend` is the second derivative.
const elementwise = (value, slope, bend, asksBefore = false) => ({
  asksBefore,
  bend,
  apply(kernels, x) { for (let i = 0, d = x.data; i < x.used; i++) d[i] = value(d[i]); },
  back(kernels, g, h) { for (let i = 0, d = g.data; i < g.used; i++) d[i] *= slope(h.data[i]); },
});
const piecewise = (slope) => ({
  asksBefore: false,
  bend: null,
  apply(kernels, x) { kernels.leak(x.at, 4 * x.used, slope); },
  back(kernels, g, h) { kernels.leakBack(g.at, h.at, 4 * g.used, slope); },
});

// The slope of Python's leaky_relu.
const LEAK = 0.2;

export const ACTIVATIONS = {
  relu: piecewise(0),
  leaky_relu: piecewise(LEAK),
  linear: { asksBefore: false, bend: null, apply() {}, back() {} },
  tanh: elementwise(tanh, (h) => 1 - h * h, (h) => -2 * h * (1 - h * h)),
  elu: elementwise((z) => (z > 0 ? z : exp(z) - 1), (h) => (h > 0 ? 1 : h + 1), (h) => (h < 0 ? h + 1 : 0)),
  silu: elementwise(
    (z) => z * sigmoid(z),
    (z) => { const s = sigmoid(z); return s * (1 + z * (1 - s)); },
    (z) => { const s = sigmoid(z); return s * (1 - s) * (2 + z * (1 - 2 * s)); },
    true,
  ),
};

// --- how weights are drawn ---

const uniformly = (stream, n, bound) => stream.uniform(new Float64Array(n)).map((u) => bound * (2 * u - 1));
const normally = (stream, n, spread) => stream.normal(new Float64Array(n)).map((z) => spread * z);

/** Rows or columns of a random rotation: Gram and Schmidt, twice for the rounding. */
function orthogonal(stream, fanIn, fanOut) {
  const [long, short] = [Math.max(fanIn, fanOut), Math.min(fanIn, fanOut)];
  const vectors = Array.from({ length: short }, () => normally(stream, long, 1));
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  vectors.forEach((v, k) => {
    for (let twice = 0; twice < 2; twice++) {
      for (const u of vectors.slice(0, k)) { const d = dot(u, v); u.forEach((x, i) => { v[i] -= d * x; }); }
    }
    const length = Math.sqrt(dot(v, v));
    v.forEach((x, i) => { v[i] = x / length; });
  });
  const out = new Float64Array(fanIn * fanOut);
  vectors.forEach((v, k) => v.forEach((x, i) => { out[fanIn >= fanOut ? i * fanOut + k : k * fanOut + i] = x; }));
  return out;
}

export const INITS = {
  lecun: (stream, i, o) => uniformly(stream, i * o, 1 / Math.sqrt(i)),
  xavier: (stream, i, o) => uniformly(stream, i * o, Math.sqrt(6 / (i + o))),
  he: (stream, i, o) => normally(stream, i * o, Math.sqrt(2 / i)),
  orthogonal,
  normal: (stream, i, o) => normally(stream, i * o, 1),
};

// --- multilayer perceptrons ---

/**
 * Affine layers with one activation between them.
 *
 * Parameters stand in a block of an arena: each layer's weights [fan in, fan out] and bias, rows padded to
 * whole vectors with zeros, which stay zeros. `row` and `told` go between that and the compact row of Python.
 */
export class Mlp {
  /** spec: as a scenario's table says; rows: most points at once; slopes: whether `slope` will be asked. */
  constructor(spec, inputs, outputs, arena, rows, slopes = false) {
    const widths = [inputs, ...spec.hidden, outputs];
    Object.assign(this, { spec, inputs, outputs, arena, rows, act: ACTIVATIONS[spec.activation] });
    this.layers = widths.slice(1).map((o, l) => ({ i: widths[l], o, wide: padded(o) }));
    this.stored = 0;
    for (const layer of this.layers) {
      layer.weights = this.stored;
      layer.bias = this.stored + layer.i * layer.wide;
      this.stored = layer.bias + layer.wide;
    }
    this.size = this.layers.reduce((n, { i, o }) => n + i * o + o, 0);
    const level = (wide) => Object.assign(arena.take(rows * wide), { wide, used: 0 });
    const levels = () => [padded(inputs), ...this.layers.map(({ wide }) => wide)].map(level);
    this.kept = levels();
    this.grads = levels();
    this.before = this.act.asksBefore ? levels() : null;
    this.turned = this.layers.map(({ i, o }) => arena.take(o * padded(i)));
    if (slopes) Object.assign(this, { along: levels(), mixed: this.act.bend ? levels() : null, part: arena.take(this.stored) });
    this.value = new Float32Array(rows * outputs);
  }

  initial(stream) {
    const { init, gain } = this.spec, row = new Float32Array(this.size);
    let at = 0;
    for (const { i, o } of this.layers) {
      row.set(INITS[init](stream, i, o).map((w) => w * gain), at);
      // As torch.nn.Linear draws its biases.
      if (init === "lecun") row.set(uniformly(stream, o, gain / Math.sqrt(i)), at + i * o);
      at += i * o + o;
    }
    return row;
  }

  /** From a compact row to a block. */
  store(row, block) {
    this.eachRow((at, from, n) => block.data.set(row.subarray(at, at + n), from));
  }

  /** From a block to a compact row. */
  told(block) {
    const row = new Float32Array(this.size);
    this.eachRow((at, from, n) => row.set(block.data.subarray(from, from + n), at));
    return row;
  }

  eachRow(use) {
    let at = 0;
    for (const { i, o, wide, weights } of this.layers) {
      for (let r = 0; r <= i; r++) { use(at, weights + r * wide, o); at += o; }
    }
  }

  /** Points [n, inputs], compact, to what the network says of them [n, outputs], compact, its own array. */
  evaluate(parameters, x, n) {
    const { outputs, kept, spec, arena: { run } } = this;
    this.load(kept[0], x, n, spec.input_scale);
    this.n = n;
    this.layers.forEach((layer, l) => {
      const from = kept[l], to = kept[l + 1], last = l === this.layers.length - 1;
      to.used = n * layer.wide;
      run.product(from.at, 4 * from.wide, 4, parameters.at + 4 * layer.weights, parameters.at + 4 * layer.bias, to.at, n, layer.i, 4 * layer.wide);
      if (last) return;
      if (this.before) { this.before[l + 1].used = to.used; this.before[l + 1].data.set(to.data.subarray(0, to.used)); }
      this.act.apply(run, to);
    });
    const top = kept.at(-1), value = this.value;
    for (let r = 0; r < n; r++) for (let c = 0; c < outputs; c++) value[r * outputs + c] = top.data[r * top.wide + c];
    return value;
  }

  load(block, x, n, scale) {
    const { inputs } = this, { wide, data } = block;
    block.used = n * wide;
    for (let r = 0; r < n; r++) for (let c = 0; c < inputs; c++) data[r * wide + c] = x[r * inputs + c] * scale;
  }

  /** The derivative at a level, multiplied into a gradient. */
  bent(grad, l) { this.act.back(this.arena.run, grad, (this.before ?? this.kept)[l]); }

  // The weights of a layer transposed: products with them are then like all others.
  turn(parameters, l) {
    const { i, o, wide, weights } = this.layers[l], tall = padded(i), from = parameters.data, to = this.turned[l].data;
    for (let r = 0; r < i; r++) for (let c = 0; c < o; c++) to[c * tall + r] = from[weights + r * wide + c];
    return this.turned[l];
  }

  // grad at level l + 1 to level l: through the weights alone.
  through(parameters, l, from, to) {
    const { o, wide } = this.layers[l], { run, nothing } = this.arena;
    to.used = this.n * to.wide;
    run.product(from.at, 4 * wide, 4, this.turn(parameters, l).at, nothing.at, to.at, this.n, o, 4 * to.wide);
  }

  start(grad) {
    const top = this.grads.at(-1), { outputs, n } = this;
    top.used = n * top.wide;
    for (let r = 0; r < n; r++) for (let c = 0; c < outputs; c++) top.data[r * top.wide + c] = grad[r * outputs + c];
    return top;
  }

  // A layer's gradient: of its input and of what left it, [n, wide] each.
  fill(out, l, input, grad) {
    const { i, wide, weights, bias } = this.layers[l], { run, nothing } = this.arena;
    run.product(input.at, 4, 4 * input.wide, grad.at, nothing.at, out.at + 4 * weights, i, this.n, 4 * wide);
    if (bias !== null) run.columnSums(grad.at, out.at + 4 * bias, this.n, 4 * wide);
  }

  /** A gradient in what `evaluate` gave [n, outputs], pulled back to the parameters: written to a block. */
  pullRow(parameters, grad, out) {
    this.start(grad);
    for (let l = this.layers.length - 1; l >= 0; l--) {
      this.fill(out, l, this.kept[l], this.grads[l + 1]);
      if (l) { this.through(parameters, l, this.grads[l + 1], this.grads[l]); this.bent(this.grads[l], l); }
    }
  }

  /** Likewise to the points: written to an array [n, inputs]. */
  pullPoints(parameters, grad, out) {
    this.start(grad);
    this.down(parameters);
    return this.points(this.grads[0], out);
  }

  down(parameters) {
    for (let l = this.layers.length - 1; l >= 0; l--) {
      this.through(parameters, l, this.grads[l + 1], this.grads[l]);
      if (l) this.bent(this.grads[l], l);
    }
  }

  points(block, out) {
    const { inputs, n, spec: { input_scale } } = this;
    for (let r = 0; r < n; r++) for (let c = 0; c < inputs; c++) out[r * inputs + c] = block.data[r * block.wide + c] * input_scale;
    return out;
  }

  /** Gradient of the one output at each point, [n, inputs]. */
  slope(parameters, x, n, out) {
    this.evaluate(parameters, x, n);
    this.start(new Float32Array(n).fill(1));
    this.down(parameters);
    return this.points(this.grads[0], out);
  }

  /**
   * Gradient over the parameters of the sum of v times the slope, v [n, inputs] held fast: added to a block.
   * After `slope` at the same points. One pass forward along v, and where the activation bends one more back.
   */
  slopeRow(parameters, v, out) {
    const { along, mixed, part, kept, grads, act, n, layers, arena: { run, nothing } } = this, last = layers.length - 1;
    this.load(along[0], v, n, this.spec.input_scale);
    part.data.fill(0);
    layers.forEach((layer, l) => {
      const to = along[l + 1];
      // What reaches this layer along v, against the slope that left it.
      run.product(along[l].at, 4, 4 * along[l].wide, grads[l + 1].at, nothing.at, part.at + 4 * layer.weights, layer.i, n, 4 * layer.wide);
      if (l === last) return;
      to.used = n * layer.wide;
      run.product(along[l].at, 4 * along[l].wide, 4, parameters.at + 4 * layer.weights, nothing.at, to.at, n, layer.i, 4 * layer.wide);
      if (mixed) mixed[l + 1].data.set(to.data.subarray(0, to.used));
      this.bent(to, l + 1);
    });
    run.scaledAdd(out.at, part.at, part.bytes, 1);
    if (!act.bend) return;
    // What the slope owes to where the points lie: the second derivative, times v's way here, times the slope
    // before its own derivative; and from there down as any gradient.
    part.data.fill(0);
    for (let l = last; l > 0; l--) {
      const own = mixed[l], here = (this.before ?? kept)[l], grad = along[l];
      this.through(parameters, l, grads[l + 1], grad);
      own.used = grad.used;
      for (let i = 0; i < own.used; i++) own.data[i] *= grad.data[i] * act.bend(here.data[i]);
      if (l < last) {
        this.through(parameters, l, mixed[l + 1], grad);
        this.bent(grad, l);
        run.scaledAdd(own.at, grad.at, 4 * own.used, 1);
      }
      this.fill(part, l - 1, kept[l - 1], own);
    }
    run.scaledAdd(out.at, part.at, part.bytes, 1);
  }
}

/** A generator of a latent torn in two: its first number is moved away from 0. */
class Torn extends Mlp {
  evaluate(parameters, z, n) {
    const { inputs, spec: { gap } } = this, moved = z.slice(0, n * inputs);
    for (let i = 0; i < moved.length; i += inputs) moved[i] += moved[i] < 0 ? -gap / 2 : gap / 2;
    return super.evaluate(parameters, moved, n);
  }
}

// --- free points ---

/** A generator that is so many points, of which a latent picks one. Franceschi et al. 2023. */
class Particles {
  constructor(spec, inputs, outputs, arena, rows) {
    Object.assign(this, { spec, inputs, outputs, arena, size: 2 * spec.count, stored: padded(2 * spec.count) });
    this.value = new Float32Array(2 * rows);
    this.picked = new Int32Array(rows);
  }
  initial(stream) { return Float32Array.from(normally(stream, this.size, this.spec.spread)); }
  store(row, block) { block.data.set(row); }
  told(block) { return block.data.slice(0, this.size); }
  evaluate({ data }, z, n) {
    const { picked, value, inputs, spec: { count } } = this;
    for (let r = 0; r < n; r++) {
      const i = Math.min(Math.floor(normalShare(z[r * inputs]) * count), count - 1);
      picked[r] = i;
      value[2 * r] = data[2 * i];
      value[2 * r + 1] = data[2 * i + 1];
    }
    this.n = n;
    return value;
  }
  pullRow(parameters, grad, out) {
    out.data.fill(0);
    for (let r = 0; r < this.n; r++) for (let c = 0; c < 2; c++) out.data[2 * this.picked[r] + c] += grad[2 * r + c];
  }
}

// --- waves ---

// How much of each wave a kernel has, from the square of its frequency and its spread; without one it is the distance.
const amount = (square, spread) => (spread ? exp(-0.5 * spread * spread * square) : square > 0 ? square ** -1.5 : 0);

/** A discriminator that is a sum of standing waves, of which only the weights are learned; toylab/game/networks/fourier.py. */
class Fourier {
  constructor(spec, inputs, outputs, arena, rows) {
    const { waves, period, spread } = spec, side = 2 * waves + 1, wide = padded(side), turn = (2 * Math.PI) / period;
    Object.assign(this, { spec, arena, side, wide, size: side * side, stored: side * wide });
    this.turns = Float32Array.from({ length: waves }, (_, i) => Math.fround(i + 1) * turn);
    // A wave and its mirror image are one cosine, twice.
    const number = (a) => (a > waves ? a - waves : a), twice = (i) => (i ? 2 : 1);
    const share = (i, j) => amount((i * turn) ** 2 + (j * turn) ** 2, spread) * twice(i) * twice(j);
    let whole = 0;
    for (let i = 0; i <= waves; i++) for (let j = 0; j <= waves; j++) whole += share(i, j);
    this.sizes = new Float32Array(this.stored);
    for (let a = 0; a < side; a++) for (let b = 0; b < side; b++) this.sizes[a * wide + b] = Math.sqrt(share(number(a), number(b)) / whole);
    this.weights = arena.take(this.stored);
    // Waves along x and along y, how they change, and the first two with the weights.
    for (const name of ["along", "across", "alongBent", "acrossBent", "weighed", "weighedBent"]) this[name] = arena.take(rows * wide);
    this.part = arena.take(this.stored);
    this.value = new Float32Array(rows);
  }
  initial() { return new Float32Array(this.size); }
  store(row, block) { this.eachRow((at, from) => block.data.set(row.subarray(at, at + this.side), from)); }
  told(block) {
    const row = new Float32Array(this.size);
    this.eachRow((at, from) => row.set(block.data.subarray(from, from + this.side), at));
    return row;
  }
  eachRow(use) { for (let a = 0; a < this.side; a++) use(a * this.side, a * this.wide); }
  load(x, n, axis, to, bent) {
    const { turns, wide, spec: { waves } } = this;
    for (let r = 0; r < n; r++) {
      to.data[r * wide] = 1;
      for (let k = 0; k < waves; k++) {
        const [c, s] = cosSin(Math.fround(x[2 * r + axis] * turns[k])), at = r * wide + 1 + k;
        to.data[at] = c;
        to.data[at + waves] = s;
        bent.data[at] = -turns[k] * s;
        bent.data[at + waves] = turns[k] * c;
      }
    }
  }
  // Rows [n, side] times the weights.
  weigh(rows, to) {
    const { arena: { run, nothing }, weights, side, wide } = this;
    run.product(rows.at, 4 * wide, 4, weights.at, nothing.at, to.at, this.n, side, 4 * wide);
  }
  evaluate({ data }, x, n) {
    const { along, across, alongBent, acrossBent, weighed, value, weights, sizes } = this;
    this.n = n;
    this.load(x, n, 0, along, alongBent);
    this.load(x, n, 1, across, acrossBent);
    for (let i = 0; i < sizes.length; i++) weights.data[i] = data[i] * sizes[i];
    this.weigh(along, weighed);
    for (let r = 0; r < n; r++) value[r] = this.dot(weighed, across, r);
    return value;
  }
  dot(a, b, r) {
    let sum = 0;
    for (let i = r * this.wide, end = i + this.side; i < end; i++) sum += a.data[i] * b.data[i];
    return sum;
  }
  // Adds the sum of times[r] a b^T over the rows, by the sizes of the waves; b is written over in `weighed`.
  gather(a, b, times, out) {
    const { arena: { run, nothing }, part, sizes, weighed, wide, side, n } = this;
    for (let r = 0; r < n; r++) for (let i = r * wide, end = i + wide; i < end; i++) weighed.data[i] = times(r) * b.data[i];
    run.product(a.at, 4, 4 * wide, weighed.at, nothing.at, part.at, side, n, 4 * wide);
    for (let i = 0; i < sizes.length; i++) out.data[i] += part.data[i] * sizes[i];
  }
  pullRow(parameters, grad, out) {
    out.data.fill(0);
    this.gather(this.along, this.across, (r) => grad[r], out);
  }
  pullPoints(parameters, grad, out) {
    const { along, across, alongBent, acrossBent, weighed, weighedBent } = this;
    this.weigh(along, weighed);
    this.weigh(alongBent, weighedBent);
    for (let r = 0; r < this.n; r++) {
      out[2 * r] = grad[r] * this.dot(weighedBent, across, r);
      out[2 * r + 1] = grad[r] * this.dot(weighed, acrossBent, r);
    }
    return out;
  }
  slope(parameters, x, n, out) {
    this.evaluate(parameters, x, n);
    return this.pullPoints(parameters, new Float32Array(n).fill(1), out);
  }
  slopeRow(parameters, v, out) {
    this.gather(this.alongBent, this.across, (r) => v[2 * r], out);
    this.gather(this.along, this.acrossBent, (r) => v[2 * r + 1], out);
  }
}

// --- networks of two numbers ---

class Two {
  constructor(spec, inputs, outputs, arena, rows) {
    Object.assign(this, { spec, inputs, outputs, arena, size: 2, stored: 4, solvable: true });
    this.value = new Float32Array(rows * outputs);
  }
  initial() { return Float32Array.from(this.spec.start); }
  store(row, block) { block.data.set(row); }
  told(block) { return block.data.slice(0, 2); }
}

/** A generator that is one point, whatever the latent. Mescheder et al. 2018. */
class Point extends Two {
  evaluate({ data }, x, n) {
    for (let r = 0; r < n; r++) { this.value[2 * r] = data[0]; this.value[2 * r + 1] = data[1]; }
    this.n = n;
    return this.value;
  }
  pullRow(parameters, grad, out) {
    let a = 0, b = 0;
    for (let r = 0; r < this.n; r++) { a += grad[2 * r]; b += grad[2 * r + 1]; }
    out.data.set([a, b, 0, 0]);
  }
}

/** A discriminator without bias: D(x) = psi x. Mescheder et al. 2018. */
class Linear extends Two {
  evaluate({ data: [a, b] }, x, n) {
    Object.assign(this, { x: x.slice(0, 2 * n), n });
    for (let r = 0; r < n; r++) this.value[r] = a * x[2 * r] + b * x[2 * r + 1];
    return this.value;
  }
  pullRow(parameters, grad, out) {
    let a = 0, b = 0;
    for (let r = 0; r < this.n; r++) { a += grad[r] * this.x[2 * r]; b += grad[r] * this.x[2 * r + 1]; }
    out.data.set([a, b, 0, 0]);
  }
  pullPoints({ data: [a, b] }, grad, out) {
    for (let r = 0; r < this.n; r++) { out[2 * r] = grad[r] * a; out[2 * r + 1] = grad[r] * b; }
    return out;
  }
  slope(parameters, x, n, out) {
    this.evaluate(parameters, x, n);
    return this.pullPoints(parameters, new Float32Array(n).fill(1), out);
  }
  slopeRow(parameters, v, out) {
    for (let r = 0; r < this.n; r++) { out.data[0] += v[2 * r]; out.data[1] += v[2 * r + 1]; }
  }
}

/** D(x) = -(a x^2 + b x y + c y^2) of the first coordinates. Fiez & Ratliff 2021. */
class Quadratic extends Two {
  evaluate({ data: [y] }, x, n) {
    const [a, b, c] = this.spec.terms;
    Object.assign(this, { x: x.slice(0, 2 * n), n });
    for (let r = 0; r < n; r++) this.value[r] = -(a * x[2 * r] * x[2 * r] + b * x[2 * r] * y + c * y * y);
    return this.value;
  }
  pullRow({ data: [y] }, grad, out) {
    const [, b, c] = this.spec.terms;
    let sum = 0;
    for (let r = 0; r < this.n; r++) sum -= grad[r] * (b * this.x[2 * r] + 2 * c * y);
    out.data.set([sum, 0, 0, 0]);
  }
  pullPoints({ data: [y] }, grad, out) {
    const [a, b] = this.spec.terms;
    for (let r = 0; r < this.n; r++) { out[2 * r] = -grad[r] * (2 * a * this.x[2 * r] + b * y); out[2 * r + 1] = 0; }
    return out;
  }
  slope(parameters, x, n, out) {
    this.evaluate(parameters, x, n);
    return this.pullPoints(parameters, new Float32Array(n).fill(1), out);
  }
  slopeRow(parameters, v, out) {
    for (let r = 0; r < this.n; r++) out.data[0] -= v[2 * r] * this.spec.terms[1];
  }
}

export const NETWORKS = { mlp: Mlp, torn: Torn, particles: Particles, point: Point, linear: Linear, quadratic: Quadratic, fourier: Fourier };
