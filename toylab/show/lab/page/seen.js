// What has been seen of a run so far: its scales, whom arrows and trails follow, and the way it took.

import { LineStore } from "./contours.js";
import { Lengths, spreadChoice } from "./following.js";

/** What has been seen of a run and of its other futures: one scale for all of them, and whom arrows and trails follow. */
class SharedScales {
  constructor() { Object.assign(this, { limit: 0, plane: 0, chosen: [], looks: [], lengths: new Lengths(), next: 0 }); }
}

const SCALES = new WeakMap(), MOST_RUNS = 8;

/** The scales of a run by what it is called; the last few are kept. */
function scalesOf(film, key) {
  const known = SCALES.get(film) ?? new Map(), found = known.get(key) ?? new SharedScales();
  SCALES.set(film, known);
  known.delete(key);
  known.set(key, found);
  if (known.size > MOST_RUNS) known.delete(known.keys().next().value);
  return found;
}

/** What a stage has seen of a run. */
export class SeenRun {
  constructor(film, key) {
    Object.assign(this, { film, scales: scalesOf(film, key), newest: -1, ways: [], wayRounds: [], path: new LineStore(), pathRounds: [], grids: new Map() });
  }

  get chosen() { return this.scales.chosen; }

  /** Look at generated places [n, 2], in shares of the stage. */
  follow(round, places, n, given = null) {
    const { scales, film } = this;
    for (let i = 0; i < 2 * n; i++) if (!Number.isFinite(places[i])) return;
    // Whom a link follows; else they are chosen again whenever the run is twice as old: who is apart from whom at first
    // says little of later.
    if (given?.length && Math.max(...given) < n) scales.chosen = given;
    else if (round >= scales.next && scales.looks.length < 30 && n) {
      scales.looks.push(places.slice(0, 2 * n));
      scales.chosen = spreadChoice(scales.looks, n, film.arrows);
      scales.next = 2 * Math.max(round, 1);
    }
    this.remember(round, places, n);
  }

  // The last looks, for trails; going back ends the way.
  remember(round, places, n) {
    const { ways, wayRounds } = this, most = this.film.trailFrames + 1, last = wayRounds[wayRounds.length - 1] ?? -1;
    if (round === last) return;
    if (round < last || ways[0]?.length !== 2 * n) ways.length = wayRounds.length = 0;
    const kept = ways.length === most ? ways.shift() : new Float64Array(2 * n);
    if (wayRounds.length === most) wayRounds.shift();
    kept.set(places.subarray(0, 2 * n));
    ways.push(kept);
    wayRounds.push(round);
  }

  /** Both players' first parameters, on the way to this round. */
  walk(round, x, y) {
    const { path, pathRounds } = this;
    while (pathRounds.length && pathRounds[pathRounds.length - 1] >= round) { pathRounds.pop(); path.n -= 1; }
    path.put(x, y);
    pathRounds.push(round);
  }

  /** The whole way up to this round. */
  walked(path, round) {
    this.path.n = this.pathRounds.length = 0;
    for (const [at, x, y] of path) if (at <= round) this.walk(at, x, y);
  }

  /** Log density of the target at the middles of n x n cells, nats; asked for once. */
  logDensity(target, [x0, x1, y0, y1], n) {
    const before = this.grids.get(n);
    if (before?.target === target) return before.values;
    const values = new Float64Array(n * n);
    for (let r = 0, i = 0; r < n; r++) for (let c = 0; c < n; c++) values[i++] = target.logDensity(x0 + ((x1 - x0) * (c + 0.5)) / n, y0 + ((y1 - y0) * (r + 0.5)) / n);
    this.grids.set(n, { target, values });
    return values;
  }
}
