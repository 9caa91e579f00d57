// The game as it is played: both sides, their batches, and the gradients that each moves along; toylab/game/game.py.

import { Stream, cosSin } from "./numbers.js";
import { Arena } from "./kernels.js";
import { NETWORKS } from "./networks.js";
import { OBJECTIVES } from "./objectives.js";
import { OPTIMIZERS, SCHEDULES } from "./optimizers.js";
import { PENALTIES } from "./penalties.js";
import { UPDATES } from "./updates.js";
import { builtTarget, targetOf } from "./targets.js";

/** Points that D judges at once. */
export const packOf = (settings) => settings.game.penalties.reduce((m, p) => PENALTIES[p.kind].pack?.(p) ?? m, 1);
export const kindOf = (choice) => (typeof choice === "string" ? choice : choice.kind);
/** What is played in a round, turn by turn. */
export const turnsOf = ({ game }) => UPDATES[kindOf(game.update)]({ ...game, update: typeof game.update === "string" ? {} : game.update });

/** Both networks in an arena, for so many points at once. */
export function networksOf(settings, arena, rows, slopes) {
  const { generator, discriminator } = settings, m = packOf(settings);
  const g = new NETWORKS[generator.kind](generator, generator.latent, 2, arena, rows, false);
  const d = new NETWORKS[discriminator.kind](discriminator, 2 * m, 1, arena, Math.ceil((2 * rows) / m), slopes);
  return [g, d];
}

/** Where a game's random numbers come from: a stream a purpose. */
export class Dice {
  constructor(seed) {
    this.streams = {};
    for (const purpose of ["data", "generator_data", "latent", "penalty"]) this.streams[purpose] = new Stream(seed, purpose);
  }
  latents(n) { return this.streams.latent.normal(new Float32Array(n)); }
  points(purpose, game, n) {
    const { target, known } = game, stream = this.streams[purpose], out = new Float32Array(2 * n);
    if (!known) return target.sample(stream, n, out);
    stream.uniform(new Float64Array(n)).forEach((u, i) => {
      const j = Math.floor((u * known.length) / 2);
      out[2 * i] = known[2 * j];
      out[2 * i + 1] = known[2 * j + 1];
    });
    return out;
  }
  real(game, n) { return this.points("data", game, n); }
  paired(game, n) { return this.points("generator_data", game, n); }
  uniform(n) { return this.streams.penalty.uniform(new Float32Array(n)); }
  normal(n) { return this.streams.penalty.normal(new Float32Array(n)); }
}

/** One side: its parameters, and the rule by which they move. */
class Side {
  constructor(network, arena) {
    const take = () => arena.take(network.stored);
    Object.assign(this, { network, arena, count: 0, scale: 1, spec: null });
    Object.assign(this, { parameters: take(), gradient: take(), memory: take(), slots: [take(), take()] });
    // Where a look ahead leads.
    Object.assign(this, { there: take(), slotsThere: [take(), take()] });
  }

  adopt(spec) {
    if (this.spec && this.spec.kind !== spec.kind) {
      for (const slot of this.slots) slot.data.fill(0);
      this.count = 0;
    }
    this.spec = spec;
  }

  step(game, gradient) {
    game.each("clipped", (hook, p) => hook(p, gradient, this.arena.run));
    this.count += 1;
    OPTIMIZERS[this.spec.kind].move(this.arena.run, this.spec, this.parameters, gradient, this.slots, this.count, this.scale);
    if (this.projects) this.project(game, this.parameters);
  }

  /** Where such a step would lead, without taking it. */
  moved(game, gradient) {
    game.each("clipped", (hook, p) => hook(p, gradient, this.arena.run));
    this.there.data.set(this.parameters.data);
    this.slots.forEach((slot, i) => this.slotsThere[i].data.set(slot.data));
    OPTIMIZERS[this.spec.kind].move(this.arena.run, this.spec, this.there, gradient, this.slotsThere, this.count + 1, this.scale);
    if (this.projects) this.project(game, this.there);
    return this.there;
  }

  project(game, block) { game.each("projected", (hook, p) => hook(p, block, this.arena.run)); }
}

export class Game {
  /**
   * setup: {settings, target}; the game at its beginning.
   * room: most points of a batch, if it may grow.
   */
  constructor(setup, seed, room = 0, vectors = true) {
    const { settings } = setup, arena = new Arena(vectors);
    this.room = Math.max(room, settings.training.batch);
    this.seed = seed;
    const slopes = true, [g, d] = networksOf(settings, arena, this.room, slopes);
    this.pack = packOf(settings);
    this.generator = new Side(g, arena);
    this.discriminator = Object.assign(new Side(d, arena), { projects: true });
    arena.seal();
    this.arena = arena;
    this.dice = new Dice(seed);
    this.old = new Float32Array(0);
    this.progress = 0;
    // Of the round that is played; null where none is.
    this.round = null;
    const n = 2 * this.room;
    // For points both of real and of generated kind, their logits, and slopes at them.
    Object.assign(this, { seen: new Float32Array(2 * n), push: new Float32Array(n), slopes: new Float32Array(2 * n), between: new Float32Array(n), pushPoints: new Float32Array(n) });
    g.store(g.initial(new Stream(seed, "generator_init")), this.generator.parameters);
    d.store(d.initial(new Stream(seed, "discriminator_init")), this.discriminator.parameters);
    this.adopt(setup);
    this.each("projected", (hook, p) => { if (PENALTIES[p.kind].stops) hook(p, this.discriminator.parameters, this.arena.run); });
    this.shown = this.generator.parameters.data.slice();
  }

  /** Play by other rules from now on, with all that there is. */
  adopt(setup) {
    const { settings } = setup, { game, optimizer, training } = settings, before = this.settings;
    Object.assign(this, { settings, batch: training.batch, objective: OBJECTIVES[kindOf(game.objective)], turns: turnsOf(settings) });
    this.penalties = game.penalties.map((p) => [PENALTIES[p.kind], p]);
    this.generator.adopt(optimizer.generator);
    this.discriminator.adopt(optimizer.discriminator);
    if (before && kindOf(before.game.update) !== kindOf(game.update)) {
      for (const side of [this.generator, this.discriminator]) side.memory.data.fill(0);
    }
    if (!this.penalties.some(([hooks]) => hooks.mixed)) this.old = new Float32Array(0);
    this.target = builtTarget(setup.target ?? targetOf(settings.target));
    const { points } = training;
    this.known = points ? this.target.sample(new Stream(this.seed, "training_set"), points, new Float32Array(2 * points)) : null;
  }

  each(hook, use) {
    for (const [hooks, p] of this.penalties) if (hooks[hook]) use(hooks[hook], p);
  }

  beginRound(round, progress) {
    Object.assign(this, { round, progress });
    for (const side of [this.generator, this.discriminator]) side.scale = SCHEDULES[side.spec.schedule](progress, cosSin);
  }

  endRound() {
    this.round = null;
    const now = this.generator.parameters.data;
    let averaged = false;
    this.each("shown", (hook, p) => { hook(p, now, this.shown); averaged = true; });
    if (!averaged) this.shown.set(now);
  }

  /** What D sees of some points: written to `out`. */
  see(points, n, out) {
    out.set(points.subarray(0, 2 * n));
    this.each("seen", (hook, p) => hook(p, out, 2 * n, this.dice, this.progress));
    return out;
  }

  /** Gradient of D's loss over its parameters, in the side's block; tells what was judged. */
  discriminatorGradient(parameters, fake, real) {
    const { batch: n, pack, discriminator: { network, gradient }, objective, dice } = this, rows = n / pack;
    this.each("mixed", (hook, p) => { fake = hook(p, fake, n, this, dice); });
    const seenReal = this.see(real, n, this.seen.subarray(0, 2 * n)), seenFake = this.see(fake, n, this.seen.subarray(2 * n, 4 * n));
    const value = network.evaluate(parameters, this.seen.subarray(0, 4 * n), 2 * rows);
    const onReal = value.slice(0, rows), onFake = value.slice(rows, 2 * rows), push = this.push.subarray(0, 2 * rows);
    objective.discriminatorPush(onReal, onFake, push.subarray(0, rows), push.subarray(rows));
    this.each("labels", (hook, p) => { for (let i = 0; i < rows; i++) push[i] += hook(p) / rows; });
    network.pullRow(parameters, push, gradient);
    const sight = {
      n: rows, wide: 2 * pack, real: seenReal, fake: seenFake, draws: dice, round: this.round,
      room: (size) => this.between.subarray(0, size),
      pull: (at, factor) => {
        const wide = 2 * pack, s = network.slope(parameters, at, rows, this.slopes);
        for (let r = 0; r < rows; r++) {
          const by = factor(s, r);
          for (let c = 0; c < wide; c++) s[r * wide + c] *= by;
        }
        network.slopeRow(parameters, s, gradient);
      },
    };
    this.each("slope", (hook, p) => hook(p, sight));
    return { onReal, onFake };
  }

  /** Gradient of G's loss in each of its points, [n, 2]. */
  generatorPush(parameters, fake, real) {
    const { batch: n, pack, discriminator: { network }, objective } = this, rows = n / pack;
    const seen = this.see(fake, n, this.seen.subarray(0, 2 * n));
    let onReal = new Float32Array(0);
    if (objective.pairs) onReal = network.evaluate(parameters, this.see(real, n, this.seen.subarray(2 * n, 4 * n)), rows).slice(0, rows);
    const onFake = network.evaluate(parameters, seen, rows).slice(0, rows), push = this.push.subarray(0, rows);
    objective.generatorPush(onReal, onFake, push);
    network.pullPoints(parameters, push, this.pushPoints);
    return { onReal, onFake };
  }

  latents() { return this.dice.latents(this.batch * this.settings.generator.latent); }

  /** Both gradients at the same place, on the same batch. */
  bothGradients(z, real, d, g) {
    const { generator, discriminator, batch } = this, fake = generator.network.evaluate(g, z, batch);
    const told = this.discriminatorGradient(d, fake, real);
    this.generatorPush(d, fake, real);
    generator.network.pullRow(g, this.pushPoints, generator.gradient);
    return { ...told, fake, real };
  }

  /** One turn of a round, by its key; tells what was seen. */
  play(turn) {
    const { generator, discriminator, batch } = this, z = this.latents();
    if (turn === "d") {
      const real = this.dice.real(this, batch), fake = generator.network.evaluate(generator.parameters, z, batch);
      const told = this.discriminatorGradient(discriminator.parameters, fake, real);
      discriminator.step(this, discriminator.gradient);
      return { ...told, fake, real };
    }
    if (turn === "g") {
      const real = this.objective.pairs ? this.dice.paired(this, batch) : null;
      const fake = generator.network.evaluate(generator.parameters, z, batch);
      const told = this.generatorPush(discriminator.parameters, fake, real);
      generator.network.pullRow(generator.parameters, this.pushPoints, generator.gradient);
      generator.step(this, generator.gradient);
      return { ...told, fake, real };
    }
    const real = this.dice.real(this, batch);
    let told = this.bothGradients(z, real, discriminator.parameters, generator.parameters);
    if (turn === "ahead") {
      const d = discriminator.moved(this, discriminator.gradient), g = generator.moved(this, generator.gradient);
      told = this.bothGradients(z, real, d, g);
    }
    for (const side of [discriminator, generator]) {
      if (turn === "twice") {
        const now = side.gradient.data, last = side.memory.data;
        for (let i = 0; i < now.length; i++) { const g = now[i]; now[i] = 2 * g - last[i]; last[i] = g; }
      }
      side.step(this, side.gradient);
    }
    return told;
  }

  get solvable() { return Boolean(this.generator.network.solvable && this.discriminator.network.solvable); }

  /** The first parameter of either side. */
  place() { return [this.shown[0], this.discriminator.parameters.data[0]]; }

  finite() {
    let sum = 0;
    for (const { parameters: { data } } of [this.generator, this.discriminator]) for (let i = 0; i < data.length; i++) sum += data[i];
    return Number.isFinite(sum);
  }
}
