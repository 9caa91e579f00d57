// Data under the hand: points of a drawing, or modes of a mixture, and what was done to them. It knows no page.
//
// State is plain data: {points: [[x, y]], modes: [{at, spread, weight, shape?}], own}; `own` says that the points were drawn,
// `shape` is the covariance [xx, xy, yy] of a mode that is not round. Places are in data units.
import { alike, copied } from "./changes.js";
import { MOST_DRAWN, roundedTo } from "./reading.js";

// Of the stage's width: the brush, its bounds, and how far a mode is reached from.
const BRUSH_SHARE = 0.02, BRUSH_BOUNDS = [0.004, 0.1], REACH = 0.05;
const MODE_SPREAD = 0.02, SPREAD_BOUNDS = [0.002, 0.4], WEIGHT_BOUNDS = [0.05, 20];
const MOST_UNDONE = 200;

const clamped = (x, [low, high]) => Math.min(high, Math.max(low, x));
const distanceOf = ([x, y], [u, v]) => Math.hypot(x - u, y - v);
// What a hand sets has three digits.
const shortly = (x) => Number(x.toPrecision(3));

export class Sketch {
  /** settings: a scenario's target table; told: what is told of that target; extent: [x0, x1, y0, y1]. */
  constructor(settings, told, extent) {
    this.fit(extent);
    this.brush = BRUSH_SHARE * this.width;
    Object.assign(this, stateOf(settings, told));
    this.settings = settings;
    this.chosen = -1;
    this.carried = 0;
    this.history = [this.kept(settings)];
    this.now = 0;
  }

  /** Another stage, which a target may bring along. */
  fit(extent) {
    this.extent = extent;
    this.width = extent[1] - extent[0];
  }

  kept(target) {
    return { ...copied({ points: this.points, modes: this.modes, own: this.own, noise: this.noise }), target };
  }

  // --- the target that comes of it ---

  /** What is missing for a target, as the key of a line; empty if nothing is. */
  missing() {
    if (this.modes.length || (this.settings.kind === "dirac" && this.points.length === 1 && !this.own)) return "";
    if (!this.points.length) return "draw_nothing";
    return this.points.some((point) => !alike(point, this.points[0])) ? "" : "draw_one_dot";
  }

  /** The target table of what is drawn. */
  target() {
    const { modes, settings } = this;
    if (!this.own && settings.kind === "dirac" && modes.length + this.points.length === 1) {
      const [x, y] = modes[0]?.at ?? this.points[0];
      return { ...settings, x, y };
    }
    if (!modes.length) {
      const drawn = settings.kind === "drawn" ? settings : {};
      return { ...drawn, kind: "drawn", points: copied(this.points), noise: this.noise };
    }
    const round = modes.every((one) => !one.shape);
    return {
      kind: "mixture",
      means: modes.map((one) => [...one.at]),
      spreads: round ? modes.map((one) => one.spread) : [],
      covariances: round ? [] : modes.map(({ spread, shape = [spread ** 2, 0, spread ** 2] }) => [[shape[0], shape[1]], [shape[1], shape[2]]]),
      weights: modes.every((one) => one.weight === modes[0].weight) ? [] : modes.map((one) => one.weight),
    };
  }

  /** Keep what was done as one step; returns the new target, or null where something is missing or nothing was done. */
  commit() {
    const before = this.history[this.now], now = this.kept(null);
    if (alike({ ...before, target: null }, now)) return null;
    if (!this.missing()) now.target = this.target();
    this.history = [...this.history.slice(0, this.now + 1), now].slice(-MOST_UNDONE);
    this.now = this.history.length - 1;
    return now.target;
  }

  /** Give up what was not kept. */
  abandon() {
    const { target: _, ...state } = copied(this.history[this.now]);
    Object.assign(this, state);
    this.chosen = Math.min(this.chosen, this.modes.length - 1);
  }

  get undoable() { return this.now > 0; }
  get redoable() { return this.now < this.history.length - 1; }

  /** Steps back (-1) or forth (1); returns the target that holds then, or null where none does. */
  travel(way) {
    this.now = clamped(this.now + way, [0, this.history.length - 1]);
    this.abandon();
    return copied(this.history[this.now].target);
  }

  // --- points ---

  /** A brush is set down: on anything but a drawing a new one begins. */
  penDown(at) {
    if (!this.own) Object.assign(this, { points: [], modes: [], own: true, noise: shortly(this.brush / 2), chosen: -1 });
    this.carried = 0;
    return this.lay(at, 0);
  }

  /** Points along a way, scattered over the brush; false where no more are taken. */
  stroke(from, to) {
    const way = distanceOf(from, to), apart = this.brush / 2;
    let next = apart - this.carried;
    for (; next <= way; next += apart) {
      if (!this.lay(from.map((x, i) => x + ((to[i] - x) * next) / way), this.brush)) return false;
    }
    this.carried = way - (next - apart);
    return true;
  }

  lay([x, y], radius) {
    if (this.points.length >= MOST_DRAWN) return false;
    // Evenly over the disc, the same for the same stroke: by the golden angle.
    const n = this.points.length, r = radius * Math.sqrt((n * 0.7548776662466927) % 1), angle = n * 2.399963229728653;
    this.points.push(roundedTo(this.inside([x + r * Math.cos(angle), y + r * Math.sin(angle)]), this.extent));
    return true;
  }

  inside([x, y]) {
    const [x0, x1, y0, y1] = this.extent;
    return [clamped(x, [x0, x1]), clamped(y, [y0, y1])];
  }

  /** Take away what lies under the eraser: points, and modes whose middle does. */
  erase(at) {
    const far = (place) => distanceOf(place, at) > 2 * this.brush;
    this.points = this.points.filter(far);
    this.modes = this.modes.filter((one) => far(one.at));
    this.chosen = -1;
  }

  /** Lay points that were read in place of what is there. */
  put(points, noise = shortly(this.brush / 4)) {
    const most = points.slice(0, MOST_DRAWN).map((point) => roundedTo(this.inside(point), this.extent));
    Object.assign(this, { points: most, modes: [], own: true, noise, chosen: -1 });
  }

  clear() {
    Object.assign(this, { points: [], modes: [], own: true, noise: shortly(this.brush / 2), chosen: -1 });
  }

  resize(factor) {
    this.brush = clamped(this.brush * factor, BRUSH_BOUNDS.map((share) => share * this.width));
  }

  // --- modes ---

  /** The mode at a place, by its number, or -1. */
  modeAt(at) {
    let found = -1, nearest = Infinity;
    this.modes.forEach((one, k) => {
      const far = distanceOf(one.at, at);
      if (far < nearest && far <= Math.max(REACH * this.width, 2 * one.spread)) [found, nearest] = [k, far];
    });
    return found;
  }

  /** Move the chosen mode; with none chosen everything. */
  move([dx, dy]) {
    const moved = ([x, y]) => roundedTo(this.inside([x + dx, y + dy]), this.extent);
    if (this.modes[this.chosen]) this.modes[this.chosen].at = moved(this.modes[this.chosen].at);
    else {
      // As far as all of it stays on the stage: what is pressed against an edge would not come off again.
      const all = [...this.points, ...this.modes.map((one) => one.at)], [x0, x1, y0, y1] = this.extent;
      const within = (i, d, low, high) => clamped(d, [Math.min(0, low - Math.min(...all.map((p) => p[i]))), Math.max(0, high - Math.max(...all.map((p) => p[i])))]);
      if (!all.length) return;
      [dx, dy] = [within(0, dx, x0, x1), within(1, dy, y0, y1)];
      this.points = this.points.map(([x, y]) => roundedTo([x + dx, y + dy], this.extent));
      for (const one of this.modes) one.at = roundedTo([one.at[0] + dx, one.at[1] + dy], this.extent);
    }
  }

  /** Another mode, as wide and as heavy as the last; in a drawing a heap of points. */
  add(at) {
    const place = roundedTo(this.inside(at), this.extent);
    if (this.points.length && !this.modes.length) {
      this.own = true;
      for (let k = 0; k < 60; k++) if (!this.lay(place, 3 * this.brush)) return false;
      return true;
    }
    const last = this.modes[this.modes.length - 1];
    this.modes.push({ at: place, spread: last?.spread ?? shortly(MODE_SPREAD * this.width), weight: last?.weight ?? 1 });
    this.own = false;
    this.chosen = this.modes.length - 1;
    return true;
  }

  remove() {
    this.modes = this.modes.filter((_, k) => k !== this.chosen);
    this.chosen = -1;
  }

  spread(factor) {
    const one = this.modes[this.chosen];
    if (!one) return;
    const before = one.spread;
    one.spread = shortly(clamped(before * factor, SPREAD_BOUNDS.map((share) => share * this.width)));
    if (one.shape) one.shape = one.shape.map((x) => x * (one.spread / before) ** 2);
  }

  weight(factor) {
    const one = this.modes[this.chosen];
    if (one) one.weight = shortly(clamped(one.weight * factor, WEIGHT_BOUNDS));
  }
}

function stateOf(settings, told) {
  if (settings.kind === "drawn") return { points: copied(settings.points), modes: [], own: true, noise: [settings.noise ?? 0].flat()[0] };
  if (told?.kind !== "mixture") {
    // Of a shape or a picture so many of its places as a drawing may have.
    const places = told?.points ?? [], n = Math.min(places.length, MOST_DRAWN);
    return { points: Array.from({ length: n }, (_, k) => [...places[Math.floor((k * places.length) / n)]]), modes: [], own: false, noise: [told?.noise ?? 0].flat()[0] };
  }
  const k = told.modes.length, round = ([xx, xy, yy]) => Math.abs(xx - yy) < 1e-9 * xx && Math.abs(xy) < 1e-9 * xx;
  const weights = settings.weights?.length === k ? settings.weights : told.weights.map((share) => Number((share * k).toPrecision(6)));
  const modes = told.modes.map((at, i) => ({
    at: [...at], spread: told.spread[i], weight: weights[i], ...(told.covariances && !round(told.covariances[i]) ? { shape: [...told.covariances[i]] } : {}),
  }));
  return { points: [], modes, own: false, noise: 0 };
}
