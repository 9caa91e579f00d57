// A painting: the layers of the film on a canvas, filled from what a viewer sees of two players; and, in slow motion, how
// one of them moves. It knows nothing of the page around it, so that a worker can paint as well.

import { askedValue } from "../../page/asking.js";
import { Pen, fontOf, writePlate } from "../../page/pen.js";
import { Viewer } from "../engine/eyes.js";
import { packOf } from "../engine/game.js";
import { alike } from "./changes.js";
import { FILLS, emptyShown } from "./fills.js";
import { Judging } from "./judging.js";
import { layersOf } from "./layers.js";
import { SeenRun } from "./seen.js";

// Cells of D along a side; of a small stage, which is one of fewer pixels than this.
const CELLS = 64, CELLS_SMALL = 32, SMALL = 200;
// Milliseconds of a picture beyond which a machine is slow: while something moves it then draws with fewer cells and
// pixels, and with all of them at rest.
const SLOW = 12;
// Pixels from which on a stage is drawn as in a film.
const WIDE = 420;

/** How far something has come between two moments of a half, softly. */
const softly = (part, from, to) => { const x = Math.min(Math.max((part - from) / (to - from), 0), 1); return x * x * (3 - 2 * x); };

export class Painting {
  /** canvas: on the page or not; lab: {film, themes, layers, words}. */
  constructor(canvas, lab) {
    Object.assign(this, { lab, view: null, key: "", kept: {}, held: null, cost: 0, slow: false, viewer: null });
    this.pen = new Pen(canvas, lab.film.side);
    this.layers = lab.layers.map((layer) => ({ ...layer, strokes: layer.strokes.map((stroke) => ({ ...stroke, levels: lab.film.levels, shown: emptyShown(stroke) })) }));
    this.judging = new Judging(lab);
  }

  /**
   * Paint a moment.
   *
   * view: {setup, seed, run, parameters, round, theme, lang, off, ended, half, moving, path, box, given}. `run` names what shares
   * scales; box is {clientWidth, clientHeight, ratio} of the stage on the page; given is a look that is to be kept.
   * Returns {coloured, limit, look, outside, of, slow}: the layer whose colours need a bar and where they end; where its
   * colours and arrows end and whom they follow, null while something moves; how many of the samples are beyond the
   * stage; whether pictures take long here.
   */
  show(view) {
    const start = performance.now();
    this.view = view;
    this.paint();
    // Milliseconds of a picture, of the last few.
    this.cost += (performance.now() - start - this.cost) / 8;
    if (this.cost > SLOW) this.slow = true;
    else if (this.cost < SLOW / 4) this.slow = false;
    const { scene, small, slow } = this, on = this.onKey.split(","), { scales } = scene.run;
    // How it looks, for who wants the same picture elsewhere; the arrows' scale takes a while to find.
    const look = view.moving ? null : { surface: scales.limit, longest: scene.given.longest || scales.lengths.at(0.95), chosen: scales.chosen };
    return { coloured: small ? "" : ["surface", "optimal", "optimal_gap"].find((one) => on.includes(one)), limit: scales.limit, look, slow, ...this.outside() };
  }

  get small() { return this.view.box.clientWidth < SMALL; }

  /** The half that is being seen; one that is over is a moment like others. */
  get moving() { return this.view.half && this.view.half.part < 1 ? this.view.half : null; }

  /** What sees players of such a setup: the same points for as long as their networks stay the same. */
  viewerOf({ setup, seed }) {
    const named = ({ settings }) => [seed, settings.generator, settings.discriminator, packOf(settings), settings.recording.samples];
    if (this.viewer && (this.viewer.setup === setup || alike(this.viewerFor, named(setup)))) {
      if (this.viewer.setup !== setup) this.viewer.follow(setup);
    } else Object.assign(this, { viewer: new Viewer(setup, seed), viewerFor: named(setup) });
    return this.viewer;
  }

  /** All that there is to be drawn of this moment. */
  look() {
    const { view, lab: { film } } = this, { setup } = view, viewer = this.viewerOf(view), half = this.moving, { extent, settings } = setup, on = this.on();
    if (this.setupOf !== setup || this.runOf !== view.run) {
      const key = JSON.stringify([extent, setup.output, settings.generator, settings.discriminator, view.run ?? null]);
      // Scales hold for a run: another one has its own.
      if (key !== this.key) Object.assign(this, { key, run: new SeenRun(film, key), field: null });
      Object.assign(this, { setupOf: setup, runOf: view.run, held: null, field: null });
      for (const layer of this.layers) for (const { shown } of layer.strokes) shown.of = null;
    }
    const cells = this.small || (view.moving && this.slow) ? CELLS_SMALL : CELLS, n = cells * cells, kept = this.kept;
    if (kept.surface?.length !== n) Object.assign(kept, { surface: new Float32Array(n), shownSurface: new Float32Array(n), scratch: new Float32Array(n) });
    const scene = this.scene ??= { film, kept }, { run } = this, part = half?.part ?? 1, moved = half ? softly(part, 0.45, 1) : 1;
    // Held until other parameters come: a half is looked at many times.
    const first = half ? half.before : view.half?.after ?? view.parameters, second = half ? half.after : null;
    if (this.held?.first !== first || this.held.second !== second || this.held.viewer !== viewer || this.held.on !== this.onKey || this.held.cells !== cells) {
      this.held = { first, second, viewer, on: this.onKey, cells, before: this.seen(viewer, first, cells, on), after: second && this.seen(viewer, second, cells, on) };
      const { before } = this.held, size = Math.min(film.points, before.samples.length / 2);
      Object.assign(this.held, { size });
      if (kept.places?.length !== 2 * size) Object.assign(kept, { places: new Float64Array(2 * size), realPlaces: new Float64Array(2 * film.points), samples: new Float32Array(before.samples.length), pushed: new Float64Array(2 * film.arrows) });
      this.place(before.real, Math.min(film.points, before.real.length / 2), kept.realPlaces);
      this.fresh = true;
    }
    const { before, after, size } = this.held, alone = !after || half.who === "d" ? 0 : moved;
    const samples = after && alone ? kept.samples : before.samples;
    if (samples === kept.samples) for (let i = 0; i < samples.length; i++) samples[i] = before.samples[i] + (after.samples[i] - before.samples[i]) * alone;
    const judged = !after || half.who === "g" ? 0 : moved;
    if (before.surface) for (let i = 0; i < n; i++) kept.surface[i] = judged ? before.surface[i] + (after.surface[i] - before.surface[i]) * judged : before.surface[i];
    this.place(samples, size, kept.places);
    Object.assign(scene, {
      run, extent, cells, samples, places: kept.places, nPlaces: size, realPlaces: kept.realPlaces, nReal: Math.min(film.points, before.real.length / 2),
      surface: kept.surface, shownSurface: { values: kept.shownSurface, rows: cells, columns: cells, from: 0 }, scratch: kept.scratch, pushed: kept.pushed,
      output: setup.output ?? "logit", target: before.target, lattice: (alone > 0.5 ? after : before).lattice, words: this.lab.words[view.lang], given: view.given ?? {},
      field: this.field, // In D's turn nobody is pushed.
      arrowShare: !half ? 1 : half.who === "d" ? 0 : softly(part, 0.05, 0.4) * (1 - moved),
    });
    if (!half && this.fresh && view.round !== undefined) this.follow(scene, before);
    scene.pushedOf = before.of ?? [];
    this.push(scene, before);
    this.fresh = false;
    return scene;
  }

  // What a viewer sees is told apart: it sees only one moment at a time.
  seen(viewer, parameters, cells, on) {
    const shot = viewer.see(parameters), wanted = (...names) => names.some((name) => on.has(name));
    if (on.has("phase")) {
      this.field ??= viewer.field();
      return { samples: new Float32Array(0), real: new Float32Array(0), target: shot.target, at: [parameters.generator[0], parameters.discriminator[0]] };
    }
    const pushed = wanted("arrows", "arrows_even");
    return {
      samples: shot.samples, real: shot.real, target: shot.target,
      // Of the few that are followed; others may be once this moment is looked at.
      pushes: pushed ? shot.pushesAt(this.run.chosen) : null, of: this.run.chosen, again: pushed ? (chosen) => shot.pushesAt(chosen) : null,
      surface: wanted("surface", "optimal_gap") ? shot.surface(cells) : null,
      lattice: wanted("lattice") ? shot.lattice() : null,
    };
  }

  place(points, n, out) {
    const [x0, x1, y0, y1] = this.view.setup.extent;
    for (let i = 0; i < 2 * n; i += 2) {
      out[i] = (points[i] - x0) / (x1 - x0);
      out[i + 1] = (points[i + 1] - y0) / (y1 - y0);
    }
  }

  follow({ run, places, nPlaces }, held) {
    const { at } = held, { round, setup: { extent } } = this.view;
    if (at) {
      // All rounds where somebody kept them, [[round, x, y], ...]; else those that were seen.
      const { path } = this.view;
      if (path) run.walked(path, round); else run.walk(round, at[0], at[1]);
      let far = Math.max(Math.abs(at[0]), Math.abs(at[1]));
      for (const [, x, y] of path ?? []) far = Math.max(far, Math.abs(x), Math.abs(y));
      run.scales.plane = Math.max(run.scales.plane, this.field?.half ?? 1, Number.isFinite(far) ? 1.08 * far : 0);
      return;
    }
    run.follow(round, places, nPlaces, this.view.given?.chosen);
    if (!held.again) return;
    if (held.of !== run.chosen) Object.assign(held, { of: run.chosen, pushes: held.again(run.chosen) });
    if (round > run.newest) {
      run.newest = round;
      for (let i = 0; i < held.pushes.length; i += 2) run.scales.lengths.add(Math.hypot(held.pushes[i] / (extent[1] - extent[0]), held.pushes[i + 1] / (extent[3] - extent[2])));
    }
  }

  push({ pushed, extent }, { pushes }) {
    for (let i = 0; i < (pushes?.length ?? 0); i += 2) { pushed[i] = pushes[i] / (extent[1] - extent[0]); pushed[i + 1] = pushes[i + 1] / (extent[3] - extent[2]); }
  }

  on() {
    const { view, lab } = this, there = layersOf(lab, view.setup), on = new Set(there.filter((name) => !view.off.has(name)));
    this.onKey = [...on].join();
    return on;
  }

  paint() {
    const { view, pen, lab } = this, theme = lab.themes[view.theme], scene = this.look(), on = new Set(this.onKey.split(",")), half = this.moving;
    // On a small stage marks are larger for it: no eye sees points of three pixels.
    pen.size = Math.round(lab.film.side * Math.min(1, Math.max(view.box.clientWidth / WIDE, 0.3)));
    pen.most = view.moving && this.slow ? 1 : Infinity;
    pen.begin(theme, view.box);
    for (const layer of this.layers) {
      if (!on.has(layer.name)) continue;
      // While D judges its own points, those that always stand for both stand back.
      if (half && half.who !== "g" && (layer.name === "real" || layer.name === "generated")) continue;
      // Slow motion shows where they go now, not where they came from.
      if (half && layer.name === "trails") continue;
      FILLS[layer.name](scene, layer.strokes);
      for (const stroke of layer.strokes) pen.draw(stroke.kind, stroke.style[view.theme], stroke.shown);
    }
    pen.end();
    if (half && half.who !== "g") this.judging.draw(pen, view, scene.run.scales.limit || 1);
    this.tellPlates(theme);
  }

  tellPlates(theme) {
    const { pen, view, lab } = this, { half, ended = -1, round } = view, words = lab.words[view.lang], size = 19 * pen.unit;
    if (half && !this.small) {
      const said = half.words ?? words[`turn_${half.who}`] ?? "", nth = half.of > 1 ? ` ${half.nth}/${half.of}` : "";
      if (said) {
        const [who, ...rest] = said.split(/(?=[:：])/);
        this.plateIn(theme, `${who}${nth}${rest.join("")}`, size);
      }
    }
    if (ended >= 0 && round >= ended) writePlate(pen.context, theme, words.diverged.replace("{step}", ended), pen.side / 2, pen.side / 2, 24 * pen.unit, "center", 1);
    pen.end();
  }

  // In the upper left corner, as small as it must be to fit.
  plateIn(theme, said, size) {
    const { pen, view } = this, { context } = pen;
    // On a phone the stage is small and the eye as near: no smaller than 12 of the page's pixels.
    const least = 12 * view.box.ratio, wanted = Math.max(size, least);
    context.font = `${wanted}px ${fontOf()}`;
    const room = pen.side * 0.96 - wanted * 0.5, wide = context.measureText(said).width;
    const fitting = wanted * Math.min(1, room / wide);
    writePlate(context, theme, said, pen.side * 0.02 + fitting * 0.25, pen.side * 0.02 + fitting * 0.65, fitting, "left", 1);
  }

  // Of the samples those that no map shows.
  outside() {
    const { scene: { samples, extent: [x0, x1, y0, y1] } } = this;
    let outside = 0;
    for (let i = 0; i < samples.length; i += 2) outside += !(samples[i] >= x0 && samples[i] <= x1 && samples[i + 1] >= y0 && samples[i + 1] <= y1);
    return { outside, of: samples.length / 2 };
  }

  /** What the last picture says of a place, in shares of the stage: {x, y, value, density}, null for what it does not say. */
  at([a, b]) {
    const { scene, onKey } = this, on = onKey?.split(",") ?? [];
    if (!scene?.run || this.small || on.includes("phase")) return null;
    const { extent: [x0, x1, y0, y1], target, shownSurface } = scene, x = x0 + a * (x1 - x0), y = y0 + b * (y1 - y0);
    return { value: on.includes("surface") ? askedValue(shownSurface, [a, b]) : null, density: target?.logDensity ? Math.exp(target.logDensity(x, y)) : null };
  }
}
