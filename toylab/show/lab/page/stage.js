// A stage: the layers of the film on a canvas, filled from what a viewer sees of two players; what a place says;
// and, in slow motion, how one of them moves.

import { askedNumber, askedPlace, askedValue } from "../../page/asking.js";
import { Pen, writePlate } from "../../page/pen.js";
import { targetOf } from "../engine/targets.js";
import { ColourBar } from "./colour_bar.js";
import { FILLS, emptyShown } from "./fills.js";
import { Judging } from "./judging.js";
import { SeenRun } from "./seen.js";

// Cells of D along a side; of a small stage, which is one of fewer pixels than this.
const CELLS = 64, CELLS_SMALL = 32, SMALL = 200;
// Milliseconds of a frame beyond which a machine is slow: while something moves it then draws with fewer cells and
// pixels, and with all of them at rest.
const SLOW = 12;
// Pixels from which on a stage is drawn as in a film.
const WIDE = 420;
const KEY_SIGNS = { real: "▪", generated: "●", arrow: "➜", line: "—", dashes: "╌" };

const solvableGame = ({ generator, discriminator }) => generator.kind === "point" && ["linear", "saddle"].includes(discriminator.kind);

/** Names of the layers that there are for a game, bottom first. */
export function layersOf(lab, setup) {
  const { settings, output } = setup, target = setup.target ?? targetOf(settings.target), modes = target?.modes?.length ?? 0;
  const known = target?.kind === "mixture" || (target?.noise?.[0] > 0 && target.noise[1] > 0 && target.density !== false);
  const solvable = solvableGame(settings);
  const there = {
    density: known, optimal: known, optimal_gap: known && output === "logit",
    lattice: settings.generator.latent === 2 && !solvable, modes: modes > 0 && modes <= lab.film.mostLabels, phase: solvable,
  };
  // In a game of two numbers the plane of the data is all but empty.
  return lab.layers.map(({ name }) => name).filter((name) => (solvable ? name === "phase" : there[name] ?? true) && lab.layers.find((one) => one.name === name).offered);
}

/** The line below a stage: what its marks stand for. */
export function keyOf(lab, setup, off, theme, lang) {
  const there = layersOf(lab, setup), found = new Map();
  for (const layer of lab.layers) {
    if (!layer.mark || off.has(layer.name) || !there.includes(layer.name)) continue;
    const edge = layer.mark === "generated" ? lab.themes[theme].edge : "";
    found.set(layer.words[lang], { sign: KEY_SIGNS[layer.mark], colour: layer.colour[theme], edge, words: layer.words[lang] });
  }
  return [...found.values()];
}

/** How far something has come between two moments of a half, softly. */
const softly = (part, from, to) => { const x = Math.min(Math.max((part - from) / (to - from), 0), 1); return x * x * (3 - 2 * x); };

export class Stage {
  /** figure: an empty element; lab: what Python tells, with looks. */
  constructor(figure, lab) {
    const add = (tag, kind) => { const made = document.createElement(tag); if (kind) made.className = kind; figure.append(made); return made; };
    Object.assign(this, { figure, lab, view: null, pointer: null, due: 0, key: "", kept: {}, held: null, cost: 0, slow: false });
    this.caption = add("figcaption");
    this.canvas = add("canvas");
    this.here = add("div", "here");
    this.bar = new ColourBar(add("div", "bar"), lab);
    this.canvas.setAttribute("role", "img");
    this.pen = new Pen(this.canvas, lab.film.side);
    this.layers = lab.layers.map((layer) => ({ ...layer, strokes: layer.strokes.map((stroke) => ({ ...stroke, levels: lab.film.levels, shown: emptyShown(stroke) })) }));
    this.judging = new Judging(lab);
    this.canvas.addEventListener("pointermove", (event) => { this.pointer = this.shareOf(event); this.tellHere(); });
    this.canvas.addEventListener("pointerdown", (event) => { this.pointer = this.shareOf(event); this.tellHere(); });
    this.canvas.addEventListener("pointerleave", () => { this.pointer = null; this.tellHere(); });
    this.sizes = new ResizeObserver(() => this.ask());
    this.sizes.observe(this.canvas);
  }

  close() {
    this.sizes.disconnect();
    cancelAnimationFrame(this.due);
    this.figure.replaceChildren();
  }

  shareOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  }

  /** Where a pointer is, data units. */
  placeOf(event) {
    const [a, b] = this.shareOf(event), [x0, x1, y0, y1] = this.view.setup.extent;
    return [x0 + a * (x1 - x0), y0 + b * (y1 - y0)];
  }

  /** What is to be seen from the next frame of the browser on. */
  show(view) {
    this.view = view;
    this.ask();
  }

  /** A half of a round, at a share of it. */
  half(event, share) { this.show({ ...this.view, half: { ...event, part: share } }); }

  get small() { return this.canvas.clientWidth < SMALL; }

  /** The half that is being seen; one that is over is a moment like others. */
  get moving() { return this.view.half && this.view.half.part < 1 ? this.view.half : null; }

  ask() {
    this.due ||= requestAnimationFrame(() => { this.due = 0; if (this.view) this.draw(); });
  }

  /** All that there is to be drawn of this moment. */
  look() {
    const { view, lab: { film } } = this, { viewer, setup } = view, half = this.moving, { extent, settings } = setup, on = this.on();
    if (this.setupOf !== setup || this.seedOf !== view.seed) {
      const key = JSON.stringify([extent, setup.output, settings.generator, settings.discriminator, view.seed ?? null]);
      // Scales hold for a run: another one has its own.
      if (key !== this.key) Object.assign(this, { key, run: new SeenRun(film, key), field: null });
      Object.assign(this, { setupOf: setup, seedOf: view.seed, held: null, field: null });
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
      output: setup.output ?? "logit", target: before.target, lattice: (alone > 0.5 ? after : before).lattice, words: this.lab.words[view.lang], least: view.limits?.surface ?? 0,
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
    run.follow(round, places, nPlaces);
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

  draw() {
    const start = performance.now();
    this.paint();
    // Milliseconds of a frame, of the last few.
    this.cost += (performance.now() - start - this.cost) / 8;
    if (this.cost > SLOW) this.slow = true;
    else if (this.cost < SLOW / 4) this.slow = false;
  }

  paint() {
    const { view, pen, lab } = this, theme = lab.themes[view.theme], scene = this.look(), on = new Set(this.onKey.split(",")), half = this.moving;
    if (this.caption.textContent !== (view.caption ?? "")) this.caption.textContent = view.caption ?? "";
    this.caption.style.color = view.colour ?? "";
    if (view.label && this.label !== view.label) this.canvas.setAttribute("aria-label", this.label = view.label);
    // On a small stage marks are larger for it: no eye sees points of three pixels.
    pen.size = Math.round(lab.film.side * Math.min(1, Math.max(this.canvas.clientWidth / WIDE, 0.3)));
    pen.most = view.moving && this.slow ? 1 : Infinity;
    pen.begin(theme);
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
    const coloured = ["surface", "optimal", "optimal_gap"].find((one) => on.has(one));
    this.bar.show(this.small ? "" : coloured, scene.run.scales.limit, view);
    this.tellHere();
    this.onDrawn?.();
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
    const { pen } = this, { context } = pen;
    // On a phone the stage is small and the eye as near: no smaller than 12 of the page's pixels.
    const least = 12 * (window.devicePixelRatio || 1), wanted = Math.max(size, least);
    context.font = `${wanted}px ${getComputedStyle(document.body).fontFamily}`;
    const room = pen.side * 0.96 - wanted * 0.5, wide = context.measureText(said).width;
    const fitting = wanted * Math.min(1, room / wide);
    writePlate(context, theme, said, pen.side * 0.02 + fitting * 0.25, pen.side * 0.02 + fitting * 0.65, fitting, "left", 1);
  }

  tellHere() {
    const { view, pointer, scene } = this;
    if (!view || !pointer || this.small || !scene?.run) { this.here.textContent = ""; return; }
    const [a, b] = pointer, said = [], words = this.lab.words[view.lang], on = this.onKey.split(",");
    if (!on.includes("phase")) {
      const { extent: [x0, x1, y0, y1], target, shownSurface, output } = scene;
      said.push(`(${askedPlace(a, x0, x1)}, ${askedPlace(b, y0, y1)})`);
      if (on.includes("surface")) {
        const value = askedValue(shownSurface, pointer), name = output === "difference" ? `D – ${words.mean}` : "D";
        said.push(Number.isFinite(value) ? `${name} = ${askedNumber(output === "logit" ? 1 / (1 + Math.exp(-value)) : value)}` : `${name}: –`);
      }
      if (target?.logDensity) said.push(`${words.p} ${askedNumber(Math.exp(target.logDensity(x0 + a * (x1 - x0), y0 + b * (y1 - y0))))}`);
    }
    const line = said.join(" · "), { figure, canvas } = this;
    // Over the canvas's lower edge, whatever stands below it.
    if (!this.here.textContent) this.here.style.bottom = `${figure.clientHeight - canvas.offsetTop - canvas.offsetHeight + 8}px`;
    if (this.here.textContent !== line) this.here.textContent = line;
  }
}
