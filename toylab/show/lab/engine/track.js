// One future: a run with its past. Any round can be gone back to, bit by bit; what was measured stays.

import { METRICS, missing } from "./metrics.js";
import { Run } from "./run.js";

// Bytes of states that one future keeps. Beyond, every second is dropped, and a way back is replayed longer.
const MOST_KEPT = 48 << 20;
// Moments that are measured beyond the end of the plan, for as many as lie within it.
const BEYOND = 120;

export class Track {
  /**
   * plan: {sections: [[at, setup], ...] from round 0 on, due: [rounds that are measured], metrics: [names],
   * seldom: {name: [those of these rounds at which it is measured]} of what is not measured at all of them}.
   * past: {track, round}: a future that shares another's way up to a round.
   */
  constructor(plan, seed, past = null) {
    Object.assign(this, { seed, states: [], rows: new Map(), stride: 1, bytes: 0, fresh: [], late: [], way: [], toldWay: 0 });
    this.plan = plan;
    this.run = new Run(this.section(0), seed);
    this.head = 0;
    if (past) this.share(past.track, past.round);
    else this.keep();
    this.arrived();
  }

  get plan() { return this.kept; }
  set plan(plan) {
    this.kept = plan;
    this.due = new Set(plan.due);
    this.steps = plan.due.at(-1) ?? 0;
    this.beyond = Math.max(1, Math.ceil(this.steps / BEYOND));
  }

  /** What is played in the round that follows so many. */
  section(round) { return this.plan.sections.findLast(([at]) => at <= round)[1]; }

  share(track, round) {
    this.states = track.states.filter((state) => state.round <= round);
    this.bytes = this.states.reduce((n, state) => n + state.bytes.length, 0);
    this.stride = track.stride;
    for (const [at, row] of track.rows) if (at <= round) { this.rows.set(at, row); this.fresh.push(at); }
    // Rows are shared: who comes second finds them filled, and tells of them all the same.
    this.late = track.late.filter((at) => at <= round);
    this.way = track.way.slice(0, round + 1);
    this.head = Math.min(round, track.head);
    this.goto(round);
  }

  isDue(round) { return round <= this.steps ? this.due.has(round) : (round - this.steps) % this.beyond === 0; }

  /** Play one round to its end. */
  step() {
    do this.half(false); while (this.run.turn);
  }

  /** Play one turn. */
  half(told = true) {
    const { run } = this;
    if (run.turn === 0) {
      const section = this.section(run.round);
      if (section !== run.setup) run.adopt(section);
    }
    const seen = run.half(told);
    if (run.turn === 0) this.arrived();
    return seen;
  }

  arrived() {
    const { run } = this, { round } = run;
    if (this.isDue(round) && !this.rows.has(round)) this.measure();
    if (round > this.head && round % this.stride === 0) this.keep();
    if (run.game.solvable && round === this.way.length) this.way.push([round, ...run.game.place()]);
    this.head = Math.max(this.head, round);
  }

  measure() {
    const { run } = this, row = { values: {}, memory: {}, parameters: run.parameters() };
    this.fill(row, run.round, run.shot());
    this.rows.set(run.round, row);
    this.fresh.push(run.round);
  }

  /** What a row has not yet, of a shot. */
  fill(row, round, shot) {
    const before = this.lastRow(round)?.memory ?? {};
    for (const name of this.plan.metrics) {
      const metric = METRICS[name], rounds = this.plan.seldom?.[name];
      if (!metric || name in row.values || (rounds && !rounds.includes(round)) || missing(metric.needs, shot)) continue;
      const { value, memory } = metric.measure(shot, before[name] ?? null);
      row.values[name] = value;
      if (memory !== undefined && memory !== null) row.memory[name] = memory;
    }
  }

  /** Measure other things from now on, and of the past what is kept of it, by and by. */
  watch({ metrics, seldom }) {
    this.kept = { ...this.plan, metrics, seldom };
    // In order: what is counted up to a round has to see all before it.
    this.late = [...this.rows.keys()].sort((a, b) => a - b);
  }

  /** Measure the past for so many milliseconds, or a round of it where that takes longer. */
  catchUp(until) {
    do {
      const round = this.late.shift(), row = this.rows.get(round);
      if (!row) continue;
      const section = this.section(Math.max(round - 1, 0)), eyes = this.run.eyes ?? (this.run.shot(), this.run.eyes);
      if (eyes.setup !== section) eyes.follow(section);
      this.fill(row, round, eyes.look(row.parameters));
      if (!this.fresh.includes(round)) this.fresh.push(round);
    } while (this.late.length && performance.now() < until);
  }

  lastRow(round) {
    let best = -1;
    for (const at of this.rows.keys()) if (at < round && at > best) best = at;
    return this.rows.get(best);
  }

  keep() {
    const bytes = this.run.state();
    this.states.push({ round: this.run.round, bytes });
    this.bytes += bytes.length;
    while (this.bytes > MOST_KEPT && this.states.length > 2) {
      this.stride *= 2;
      this.states = this.states.filter(({ round }) => round % this.stride === 0);
      this.bytes = this.states.reduce((n, state) => n + state.bytes.length, 0);
    }
  }

  /** Go to a round, back or on: exactly that state. Tells whether it is there yet, after so many milliseconds. */
  goto(round, until = Infinity) {
    const { run } = this, ahead = run.round <= round && (run.round < round || run.turn === 0);
    const nearest = this.states.findLast((state) => state.round <= round);
    if (!ahead || (nearest && nearest.round > run.round)) {
      run.adopt(this.section(Math.max(nearest.round - 1, 0)));
      run.restore(nearest.bytes);
    }
    while (run.round < round) {
      if (performance.now() > until) return false;
      this.step();
    }
    return true;
  }

  /** Other sections from the present round on: what lay ahead is no more. */
  change(plan) {
    const { run } = this, { round } = run;
    // Adopted when the next round begins: a knob turned and turned back leaves nothing behind.
    for (const [, section] of plan.sections) run.check(section);
    this.plan = plan;
    this.forget(round);
  }

  forget(round) {
    this.states = this.states.filter((state) => state.round <= round);
    for (const at of [...this.rows.keys()]) if (at > round) this.rows.delete(at);
    this.fresh = this.fresh.filter((at) => at <= round);
    this.way = this.way.slice(0, round + 1);
    this.toldWay = Math.min(this.toldWay, this.way.length);
    this.head = round;
  }

  restore(bytes) {
    this.run.restore(bytes);
    const { round } = this.run;
    this.states = this.states.filter((state) => state.round < round);
    this.forget(round);
    this.keep();
  }

  /** Parameters at a round, and whose they are: exact where the run stands, else as last measured before it. */
  parametersAt(round) {
    const { run } = this;
    if (round !== undefined && round !== run.round) {
      let shown = -1;
      for (const at of this.rows.keys()) if (at <= round && at > shown) shown = at;
      // Where the run stands is nearer, if it stands between.
      if (shown >= 0 && !(run.round <= round && run.round > shown)) return { parameters: this.rows.get(shown).parameters, shown };
    }
    return { parameters: run.parameters(), shown: run.round };
  }

  /** Of a game of two numbers, what was not yet told: [round, the first parameter of either side], round after round. */
  newWay() {
    const told = this.way.slice(this.toldWay);
    this.toldWay = this.way.length;
    return told;
  }

  /** What was measured and not yet told. */
  news() {
    const told = this.fresh.map((round) => [round, this.rows.get(round).values]);
    this.fresh = [];
    return told;
  }
}
