// A training that can be held, put back and changed on the way, as toylab/training/run.py; it knows no page.

import { Eyes } from "./eyes.js";
import { Game, packOf } from "./game.js";
import { packedState, unpackedState } from "./packed.js";
import { Refusal } from "./refusal.js";

/** Settings that need a new start, and what to call them. */
const FIXED = {
  generator: (s) => s.generator,
  discriminator: (s) => s.discriminator,
  "game.penalties.packing": packOf,
  "training.points": (s) => s.training.points,
};
// Batches grow up to this without a new memory.
const ROOM = 512;

export class Run {
  /** setup: {settings, target, extent}; seed: 0 or more. */
  constructor(setup, seed, vectors = true) {
    Object.assign(this, { setup, seed, vectors, round: 0, turn: 0, ended: -1, eyes: null });
    this.game = new Game(setup, seed, ROOM, vectors);
  }

  /** Turns of the present round. */
  get turns() { return this.game.turns; }

  /** Play to the end of the present round. */
  step() {
    do this.half(false); while (this.turn);
  }

  /** Play one turn; tells what was seen in it, if that is wanted. */
  half(told = true) {
    const { game } = this, { turns, batch, objective } = game;
    let seen = null;
    if (this.ended < 0) {
      if (this.turn === 0) game.beginRound(this.round, Math.min(this.round / game.settings.training.steps, 1));
      const turn = turns[this.turn], of = turns.filter((one) => one === turn).length;
      const nth = turns.slice(0, this.turn + 1).filter((one) => one === turn).length;
      const { onReal, onFake, fake, real } = game.play(turn);
      if (told) {
        seen = {
          who: turn === "d" || turn === "g" ? turn : "both", nth, of,
          real: real?.slice(0, 2 * batch) ?? new Float32Array(0), fake: fake.slice(0, 2 * batch),
          realLogits: onReal, fakeLogits: onFake,
          // A loss is known where all that it looks at was judged.
          losses: turn === "g" && !objective.pairs ? [null, objective.losses(onFake, onFake)[1]] : objective.losses(onReal, onFake),
        };
      }
    }
    this.turn = (this.turn + 1) % turns.length;
    if (this.turn === 0) {
      this.round += 1;
      if (this.ended < 0) {
        game.endRound();
        if (!game.finite()) this.ended = this.round;
      }
    }
    return seen;
  }

  /** Both sides' parameters, as compact rows of Python's order; the generator's as it is recorded. */
  parameters() {
    const { generator, discriminator, shown } = this.game;
    return { generator: generator.network.told({ data: shown }), discriminator: discriminator.network.told(discriminator.parameters) };
  }

  /** What metrics look at; good until the next is asked for. */
  shot() {
    this.eyes ??= new Eyes(this.setup, this.seed, this.vectors);
    if (this.eyes.setup !== this.setup) this.eyes.follow(this.setup);
    const shot = this.eyes.look(this.parameters());
    shot.round = this.round;
    // Finite parameters may still be too large to compute with; that seed has ended too.
    if (this.ended < 0 && this.turn === 0 && !shot.whole) this.ended = this.round;
    return shot;
  }

  /** All that the next turn depends on, but for the settings. */
  state() {
    const { game } = this, arrays = { shown: game.shown, old: game.old }, told = { round: this.round, turn: this.turn, ended: this.ended, seed: this.seed, streams: {}, progress: game.progress };
    for (const [name, stream] of Object.entries(game.dice.streams)) told.streams[name] = stream.at;
    for (const name of ["generator", "discriminator"]) {
      const side = game[name];
      told[name] = { count: side.count, scale: side.scale, kind: side.spec.kind };
      arrays[`${name}.parameters`] = side.parameters.data;
      arrays[`${name}.memory`] = side.memory.data;
      side.slots.forEach((slot, i) => { arrays[`${name}.${i}`] = slot.data; });
    }
    return packedState(told, arrays);
  }

  /** Go on from there, by the present settings: the same bits follow as did then. */
  restore(bytes) {
    const { told, arrays } = unpackedState(bytes), { game } = this;
    const blocks = { shown: { data: game.shown } };
    for (const name of ["generator", "discriminator"]) {
      const side = game[name];
      blocks[`${name}.parameters`] = side.parameters;
      blocks[`${name}.memory`] = side.memory;
      side.slots.forEach((slot, i) => { blocks[`${name}.${i}`] = slot; });
    }
    const misfit = Object.keys(blocks).some((name) => arrays[name]?.length !== blocks[name].data.length);
    if (misfit || told.seed !== this.seed) throw new Refusal("state", "This state is of another game or seed. Open that first.");
    for (const [name, block] of Object.entries(blocks)) block.data.set(arrays[name]);
    for (const name of ["generator", "discriminator"]) {
      const side = game[name], { count, scale, kind } = told[name];
      Object.assign(side, { count, scale });
      // What an optimiser of another kind remembers means nothing to this one.
      if (kind !== side.spec.kind) { side.count = 0; for (const slot of side.slots) slot.data.fill(0); }
    }
    for (const [name, at] of Object.entries(told.streams)) game.dice.streams[name].at = at;
    game.old = arrays.old.slice();
    game.progress = told.progress;
    Object.assign(this, { round: told.round, turn: told.turn < game.turns.length ? told.turn : 0, ended: told.ended });
    game.round = this.turn ? this.round : null;
  }

  /** Refuses settings that need a new start, by name; changes nothing. */
  check(setup) {
    for (const [path, of] of Object.entries(FIXED)) {
      if (JSON.stringify(of(setup.settings)) !== JSON.stringify(of(this.setup.settings))) {
        throw new Refusal(path, `${path} needs a new start: reset, and it holds from round 0.`);
      }
    }
  }

  /** Other settings from the next round on, with all that there is; refuses as `check`. */
  adopt(setup) {
    this.check(setup);
    if (setup.settings.training.batch > this.game.room) {
      const state = this.state();
      this.game = new Game(this.setup, this.seed, setup.settings.training.batch, this.vectors);
      this.restore(state);
    }
    this.setup = setup;
    this.game.adopt(setup);
  }
}
