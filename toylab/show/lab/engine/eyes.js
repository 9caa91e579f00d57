// Looking at two players on points that stay the same for a whole run, so that a picture shows the players move
// and not the dice; what toylab/training/recorder.py keeps.

import { Arena } from "./kernels.js";
import { Game, kindOf, networksOf, packOf } from "./game.js";
import { isGaussian } from "./gaussian.js";
import { Stream, normalQuantile } from "./numbers.js";
import { OBJECTIVES } from "./objectives.js";
import { PENALTIES } from "./penalties.js";
import { builtTarget, targetOf } from "./targets.js";

// Points that are looked at in one piece: a multiple of every size of a pack would be too many, so pieces are
// cut to whole packs.
const PIECE = 1024, LATTICE = 21;

export class Eyes {
  constructor(setup, seed, vectors = true) {
    const { settings } = setup, { samples } = settings.recording, arena = new Arena(vectors);
    this.pack = packOf(settings);
    this.piece = Math.floor(PIECE / this.pack) * this.pack;
    [this.g, this.d] = networksOf(settings, arena, this.piece, false);
    Object.assign(this, { seed, n: samples, arena, latent: settings.generator.latent });
    Object.assign(this, { rowG: arena.take(this.g.stored), rowD: arena.take(this.d.stored), pulled: arena.take(Math.max(this.g.stored, this.d.stored)) });
    arena.seal();
    this.drawn = new Stream(seed, "evaluation_latent").normal(new Float32Array(samples * this.latent));
    this.follow(setup);
  }

  /** The latents at which the generator is looked at, of those drawn for it. */
  recordedAt(drawn) {
    const z = drawn.slice();
    for (const p of this.setup.settings.game.penalties) PENALTIES[p.kind].latents?.(p, z);
    return z;
  }

  /** Compare from now on with what there is to learn now. */
  follow(setup) {
    const { settings } = setup, { points } = settings.training;
    Object.assign(this, { setup, objective: OBJECTIVES[kindOf(settings.game.objective)], output: setup.output });
    this.target = builtTarget(setup.target ?? targetOf(settings.target));
    this.real = this.target.sample(new Stream(this.seed, "evaluation_data"), this.n, new Float32Array(2 * this.n));
    this.z = this.recordedAt(this.drawn);
    this.known = points ? this.target.sample(new Stream(this.seed, "training_set"), points, new Float32Array(2 * points)) : new Float32Array(0);
  }

  look({ generator, discriminator }) {
    this.g.store(generator, this.rowG);
    this.d.store(discriminator, this.rowD);
    return new Shot(this, generator, discriminator);
  }

  pieces(n, use, size = this.piece) {
    for (let at = 0; at < n; at += size) use(at, Math.min(size, n - at));
  }

  generate(z, n) {
    const out = new Float32Array(2 * n);
    this.pieces(n, (at, m) => out.set(this.g.evaluate(this.rowG, z.subarray(at * this.latent), m).subarray(0, 2 * m), 2 * at));
    return out;
  }

  /** A logit a pack, [n / m]. */
  judgePacks(points, n) {
    const m = this.pack, out = new Float32Array(n / m);
    this.pieces(n, (at, k) => out.set(this.d.evaluate(this.rowD, points.subarray(2 * at), k / m).subarray(0, k / m), at / m));
    return out;
  }

  /** A pack's logit stands for each of its points. */
  spreadOut(logits) {
    const m = this.pack;
    return m === 1 ? logits : Float32Array.from({ length: logits.length * m }, (_, i) => logits[Math.floor(i / m)]);
  }

  /** Logits of single places, each packed with copies of itself. */
  judge(points) {
    const m = this.pack, n = points.length / 2;
    if (m === 1) return this.judgePacks(points, n);
    const packs = new Float32Array(2 * n * m);
    for (let i = 0; i < n; i++) for (let k = 0; k < m; k++) { packs[2 * (i * m + k)] = points[2 * i]; packs[2 * (i * m + k) + 1] = points[2 * i + 1]; }
    return this.judgePacks(packs, n * m);
  }
}

const lazily = (shot, name, find) => Object.defineProperty(shot, name, {
  configurable: true,
  get() {
    const value = find();
    Object.defineProperty(shot, name, { value });
    return value;
  },
});

/** What there is to see; each part is found when first asked for, before the eyes look at something else. */
class Shot {
  constructor(eyes, generator, discriminator) {
    const { n, pack, real, target, output, objective } = eyes;
    Object.assign(this, { eyes, real, target, output, latents: eyes.z, gaussian: isGaussian(eyes.setup.settings.generator) });
    this.parameters = eyes.g.solvable && eyes.d.solvable ? [...generator, ...discriminator] : null;
    lazily(this, "samples", () => eyes.generate(eyes.z, n));
    lazily(this, "onReal", () => eyes.judgePacks(real, n));
    lazily(this, "onFake", () => eyes.judgePacks(this.samples, n));
    lazily(this, "realLogits", () => eyes.spreadOut(this.onReal));
    lazily(this, "fakeLogits", () => eyes.spreadOut(this.onFake));
    lazily(this, "trainLogits", () => (eyes.known.length ? eyes.spreadOut(eyes.judgePacks(eyes.known, eyes.known.length / 2)) : eyes.known));
    lazily(this, "losses", () => objective.losses(this.onReal, this.onFake));
    lazily(this, "pushes", () => this.pushed(objective, (push) => push));
    lazily(this, "gradients", () => [
      this.norm(objective), this.norm(OBJECTIVES.saturating), this.norm(OBJECTIVES.non_saturating), this.normOfD(),
    ]);
    lazily(this, "critic", () => this.criticised(discriminator));
    lazily(this, "whole", () => [this.samples, this.onReal, this.onFake].every((x) => x.every(Number.isFinite)));
    this.rows = n / pack;
  }

  /** Minus the gradient of a generator's loss at each sample, times their number, [n, 2]. */
  pushed(objective) {
    const { eyes: { n, pack, d, rowD, pieces }, eyes } = this, out = new Float32Array(2 * n);
    pieces.call(eyes, n, (at, k) => {
      const rows = k / pack, push = this.slopes(objective, at / pack, rows), points = new Float32Array(2 * k);
      d.evaluate(rowD, this.samples.subarray(2 * at), rows);
      d.pullPoints(rowD, push, points);
      for (let i = 0; i < 2 * k; i++) out[2 * at + i] = -points[i] * n;
    });
    return out;
  }

  /** Of `pushes` those of some samples, [k, 2]: a picture draws a few, and all take half of its time. */
  pushesAt(chosen) {
    const { eyes: { pack, d, rowD, objective }, samples } = this, k = chosen.length, out = new Float32Array(2 * k), push = new Float32Array(k);
    if (pack > 1) { chosen.forEach((i, j) => out.set(this.pushes.subarray(2 * i, 2 * i + 2), 2 * j)); return out; }
    chosen.forEach((i, j) => out.set(samples.subarray(2 * i, 2 * i + 2), 2 * j));
    const onReal = objective.pairs ? Float32Array.from(chosen, (i) => this.onReal[i]) : push;
    objective.generatorPush(onReal, d.evaluate(rowD, out, k).slice(0, k), push);
    d.pullPoints(rowD, push, out);
    return out.map((x) => -k * x);
  }

  // Of the whole mean, for some of its packs.
  slopes(objective, from, rows) {
    const push = new Float32Array(rows), real = objective.pairs ? this.onReal.subarray(from, from + rows) : this.onReal;
    objective.generatorPush(real, this.onFake.subarray(from, from + rows), push);
    for (let i = 0; i < rows; i++) push[i] *= rows / this.rows;
    return push;
  }

  /** Norm over the generator's parameters of the gradient of such a loss. */
  norm(objective) {
    const { eyes } = this, { n, pack, g, d, rowG, rowD, pulled, latent } = eyes, sum = new Float64Array(g.stored);
    eyes.pieces(n, (at, k) => {
      const push = this.slopes(objective, at / pack, k / pack), points = new Float32Array(2 * k);
      d.evaluate(rowD, this.samples.subarray(2 * at), k / pack);
      d.pullPoints(rowD, push, points);
      g.evaluate(rowG, eyes.z.subarray(at * latent), k);
      g.pullRow(rowG, points, pulled);
      for (let i = 0; i < g.stored; i++) sum[i] += pulled.data[i];
    });
    return Math.sqrt(sum.reduce((s, x) => s + x * x, 0));
  }

  normOfD() {
    const { eyes, onReal, onFake, rows, real, samples } = this, { n, pack, d, rowD, pulled, objective } = eyes, sum = new Float64Array(d.stored);
    const pushReal = new Float32Array(rows), pushFake = new Float32Array(rows);
    objective.discriminatorPush(onReal, onFake, pushReal, pushFake);
    for (const [points, push] of [[real, pushReal], [samples, pushFake]]) {
      eyes.pieces(n, (at, k) => {
        d.evaluate(rowD, points.subarray(2 * at), k / pack);
        d.pullRow(rowD, push.subarray(at / pack), pulled);
        for (let i = 0; i < d.stored; i++) sum[i] += pulled.data[i];
      });
    }
    return Math.sqrt(sum.reduce((s, x) => s + x * x, 0));
  }

  /** D's mean slope half-way between real and generated points, and its share of parameters at their bound. */
  criticised(discriminator) {
    const { eyes, real, samples } = this, { n, pack, d, rowD } = eyes, between = real.map((x, i) => (x + samples[i]) / 2);
    let sum = 0;
    eyes.pieces(n, (at, k) => {
      const wide = 2 * pack, s = d.slope(rowD, between.subarray(2 * at), k / pack, new Float32Array(2 * k));
      for (let r = 0; r < k / pack; r++) {
        let squares = 0;
        for (let c = 0; c < wide; c++) squares += s[r * wide + c] ** 2;
        sum += Math.sqrt(squares);
      }
    });
    const size = discriminator.map(Math.abs), bound = size.reduce((a, b) => Math.max(a, b), 0) * (1 - 1e-6);
    return [(sum * pack) / n, size.filter((x) => x >= bound).length / size.length];
  }

  judge(points) { return this.eyes.judge(points); }

  /** Logits at the middles of n x n cells of the stage, lowest row first. */
  surface(n) {
    const [x0, x1, y0, y1] = this.eyes.setup.extent, at = new Float32Array(2 * n * n);
    for (let r = 0, i = 0; r < n; r++) {
      for (let c = 0; c < n; c++) { at[i++] = x0 + ((x1 - x0) * (c + 0.5)) / n; at[i++] = y0 + ((y1 - y0) * (r + 0.5)) / n; }
    }
    return this.judge(at);
  }

  /** Where a square lattice of latents is taken, [21, 21, 2]; null where a latent is not of two numbers. */
  lattice() {
    const { eyes } = this;
    if (eyes.latent !== 2 || eyes.setup.settings.generator.kind !== "mlp") return null;
    const at = Array.from({ length: LATTICE }, (_, i) => normalQuantile((i + 0.5) / LATTICE)), z = new Float32Array(2 * LATTICE * LATTICE);
    for (let r = 0, i = 0; r < LATTICE; r++) for (let c = 0; c < LATTICE; c++) { z[i++] = at[c]; z[i++] = at[r]; }
    return eyes.generate(eyes.recordedAt(z), LATTICE * LATTICE);
  }
}

/** Both players' parameters at the beginning of a seed, for the first picture: {generator, discriminator}. */
export function begun(setup, seed) {
  const { generator, discriminator } = new Game(setup, seed);
  return { generator: generator.network.told(generator.parameters), discriminator: discriminator.network.told(discriminator.parameters) };
}

/** The page's own eyes: it draws from parameters that a worker sent, and so never slows the training. */
export class Viewer {
  constructor(setup, seed) { this.eyes = new Eyes(setup, seed); this.setup = setup; }

  see(parameters) { return this.eyes.look(parameters); }

  follow(setup) { this.setup = setup; this.eyes.follow(setup); }

  /**
   * Where both players of a game of two numbers are pushed, on n x n places of their plane, lowest row first:
   * pushes [n, n, 2], the generator's first, and half the plane's side. Null for other games.
   */
  field(n = 17) {
    const { settings } = this.setup;
    if (!this.eyes.g.solvable || !this.eyes.d.solvable) return null;
    const batch = 256, setup = { ...this.setup, settings: { ...settings, training: { ...settings.training, batch } } };
    const game = new Game(setup, 0), { generator, discriminator } = game, pushes = new Float32Array(2 * n * n);
    const [g0] = generator.parameters.data, [d0] = discriminator.parameters.data, half = 2.5 * Math.max(Math.sqrt(g0 * g0 + d0 * d0), 0.1);
    const z = new Float32Array(batch * settings.generator.latent), real = game.dice.real(game, batch), at = (i) => -half + (2 * half * i) / (n - 1);
    for (let r = 0, i = 0; r < n; r++) {
      for (let c = 0; c < n; c++) {
        generator.parameters.data[0] = at(c);
        discriminator.parameters.data[0] = at(r);
        game.bothGradients(z, real, discriminator.parameters, generator.parameters);
        pushes[i++] = -generator.gradient.data[0];
        pushes[i++] = -discriminator.gradient.data[0];
      }
    }
    return { pushes, half };
  }
}
