// What is open: a scenario, a seed, up to four futures with their plans and rows, and where one looks. Plain data.
import { alike, changeTo, copied, differencesBetween, laidOver, needsStart, partialBetween, sectionAt, sectionsOf, valueAt } from "./changes.js";

// Of a look that somebody tells, what may be one.
function lookTold(told) {
  const length = (x) => (Number.isFinite(x) && x > 0 && x < 1e12 ? x : 0), chosen = Array.isArray(told?.chosen) ? told.chosen.slice(0, 99) : [];
  return { surface: length(told?.surface), longest: length(told?.longest), chosen: chosen.every((i) => Number.isInteger(i) && i >= 0) ? chosen : [] };
}

export const BRANCH_NAMES = ["A", "B", "C", "D"];

/**
 * One future: {name, parent, from, base, changes, rows, head, ended}. It shares its parent's past up to the round
 * `from`; `base` holds from round 0 on, and over it `changes`, [{at, ...settings}], in the order of `at`.
 */
export class Session {
  constructor(offer, seed = 0, manner = {}) {
    this.offer = offer;
    this.seed = seed;
    this.theme = manner.theme ?? "light";
    this.lang = manner.lang ?? "en";
    this.off = manner.off ?? new Set();
    this.curves = copied(offer.curves);
    // How it looks now, and how a link said that it should: see Painting.
    Object.assign(this, { look: null, given: {} });
    const { changes = [], ...base } = offer.settings;
    this.begin(base, changes);
  }

  /** One future alone, from round 0 on. */
  begin(base, changes) {
    this.branches = [{ name: "A", parent: "", from: 0, base, changes: copied(changes), rows: [], head: 0, ended: -1 }];
    this.chosenName = "A";
    // What is to change on the way whatever a hand does before.
    this.planned = copied(changes);
    // Where one looks: a round, and how many of its turns are played already.
    Object.assign(this, { cursor: 0, midway: 0, turns: [] });
  }

  /** The same plan with another seed. */
  reset(seed) {
    const { base, changes } = this.chosen;
    Object.assign(this, { seed, look: null, given: {} });
    this.begin(base, changes);
  }

  get chosen() { return this.branch(this.chosenName); }
  /** Title or lesson of what is open, in a language: a file that was brought in has its own. */
  heading(key, lang) {
    const { base } = this.chosen;
    return base[key] === this.offer.settings[key] ? null : (lang !== "en" && base[`${key}_${lang}`]) || base[key];
  }

  /** The scenario's claims, told; or those of a file that was brought in, whose windows are in numbers then too. */
  get claims() {
    const { base, changes } = this.chosen, own = this.offer.settings.claims ?? [], steps = base.training.steps;
    if (alike(base.claims ?? [], own)) return this.offer.claims ?? [];
    const edge = (one) => (typeof one === "string" ? (changes[Number(one.slice(7) || 1) - 1]?.at ?? steps) / steps : one);
    return base.claims.map((claim) => ({ ...claim, text: { en: claim.text }, window: claim.window.map(edge), published: null }));
  }

  get steps() { return this.chosen.base.training.steps; }
  /** Where the axis of time ends: beyond the plan it grows by quarters of it. */
  get end() {
    const { steps } = this, head = Math.max(...this.branches.map((one) => one.head));
    return head <= steps ? steps : Math.round(Math.ceil(head / (steps / 4)) * (steps / 4));
  }
  branch(name) { return this.branches.find((one) => one.name === name); }

  sections(branch) { return sectionsOf(branch.base, branch.changes); }
  /** The next round to begin. */
  get next() { return this.cursor + (this.midway ? 1 : 0); }
  /** The settings that hold in the round to come. */
  settingsAt(branch = this.chosen, round = this.next) { return sectionAt(this.sections(branch), round); }
  /** What the scenario itself would have there. */
  scenarioAt(round = this.next) { return sectionAt(sectionsOf(this.offer.settings), round); }
  value(path) { return valueAt(this.settingsAt(), path); }
  /** What the scenario has where the knob was turned; undefined where it was not. */
  oldValue(path) {
    const old = valueAt(this.scenarioAt(), path);
    return alike(old, this.value(path)) ? undefined : old;
  }

  /**
   * Turn a knob at the cursor.
   *
   * Returns null where nothing changes, else {kind, branch}: "start" (nothing was trained yet, or the branch begins anew from
   * round 0), "change" (at the head) or "branch" (in the past: another future begins, and is chosen).
   * Throws a RangeError where four futures are open already.
   */
  turn(path, value) {
    // What is turned in the middle of a round holds from the next one on.
    const branch = this.chosen, at = this.next, now = this.settingsAt(branch, at);
    if (alike(valueAt(now, path), value)) return null;
    const change = changeTo(now, path, value);
    const was = { path, value: copied(valueAt(now, path)) };
    if (needsStart(path)) {
      const fresh = branch.head === 0 && branch.from === 0 ? branch : this.grown(branch, 0);
      fresh.base = laidOver(fresh.base, change);
      Object.assign(fresh, { parent: "", from: 0, head: 0, rows: [] });
      Object.assign(this, { cursor: 0, midway: 0 });
      this.turns.push(was);
      return { kind: "start", branch: fresh };
    }
    const kind = at < branch.head ? "branch" : at === 0 ? "start" : "change";
    const turned = kind === "branch" ? this.grown(branch, at) : branch;
    this.lay(turned, at, change);
    this.turns.push(was);
    return { kind, branch: turned };
  }

  /** Another future of a branch from a round on, chosen from now on; the same one until a knob is turned. */
  grown(parent, at) {
    const name = BRANCH_NAMES.find((one) => !this.branch(one));
    if (!name) throw new RangeError("four");
    // Of a future that begins where its parent did, the parent's parent is the past.
    const from = at <= parent.from && parent.parent ? parent.parent : parent.name;
    const made = { name, parent: from, from: at, base: parent.base, rows: [], head: at, ended: -1,
      // Of what was turned by hand it has only what lies behind it.
      changes: copied([...parent.changes.filter((one) => one.at <= at), ...this.planned.filter((one) => one.at > at)]) };
    this.branches.push(made);
    this.chosenName = name;
    return made;
  }

  lay(branch, at, change) {
    if (at === 0) { branch.base = laidOver(branch.base, change); return; }
    const before = sectionAt(sectionsOf(branch.base, branch.changes), at - 1);
    const after = laidOver(this.settingsAt(branch, at), change);
    const rest = branch.changes.filter((one) => one.at !== at), partial = partialBetween(before, after);
    // A knob that was turned back leaves nothing.
    if (Object.keys(partial).length) rest.push({ at, ...partial });
    branch.changes = rest.sort((a, b) => a.at - b.at);
  }

  /** Take the last turned knob back: {path, value}, to be turned again. */
  undo() {
    const last = this.turns.pop();
    return last ? { path: last.path, value: last.value } : null;
  }

  choose(name) { this.chosenName = name; }

  /** Close a future; those that grew out of it keep its past. */
  close(name) {
    if (this.branches.length < 2) return;
    const gone = this.branch(name);
    for (const one of this.branches.filter((each) => each.parent === name)) {
      one.rows = this.rowsOf(one);
      one.parent = "";
    }
    this.branches = this.branches.filter((one) => one !== gone);
    if (this.chosenName === name) this.chosenName = this.branches.find((one) => one.name === gone.parent)?.name ?? this.branches[0].name;
    this.cursor = Math.min(this.cursor, this.chosen.head);
  }

  /** What was told of a branch: its head, its end, rows [[round, {metric: value}]], of which each round is kept once. */
  note(branch, { head, ended, rows = [], path = [] }) {
    branch.head = Math.max(branch.head, head ?? 0);
    if (ended !== undefined) branch.ended = ended;
    // Of a game of two numbers both, [round, g, d]; what is told anew takes the place of what was.
    if (path.length) branch.path = [...(branch.path ?? []).filter(([round]) => round < path[0][0]), ...path];
    for (const [round, values] of rows) {
      const at = branch.rows.findIndex(([old]) => old >= round);
      if (at < 0) branch.rows.push([round, values]);
      else if (branch.rows[at][0] === round) branch.rows[at] = [round, { ...branch.rows[at][1], ...values }];
      else branch.rows.splice(at, 0, [round, values]);
    }
  }

  /** All rows of a branch, with the past that it shares. */
  rowsOf(branch) {
    const parent = branch.parent && this.branch(branch.parent);
    const own = branch.rows.filter(([round]) => !parent || round > branch.from);
    return parent ? [...this.rowsOf(parent).filter(([round]) => round <= branch.from), ...own] : own;
  }

  /** What is otherwise than in the scenario, each where it begins: [[round from which on, [[path, old, new]]]]. */
  differences(branch = this.chosen) {
    const own = this.sections(branch), theirs = sectionsOf(this.offer.settings), found = [];
    let before = [];
    for (const at of [...new Set([...own, ...theirs].map(([one]) => one))].sort((a, b) => a - b)) {
      const differ = differencesBetween(sectionAt(theirs, at), sectionAt(own, at)), within = (one, many) => many.some((each) => alike(each, one));
      // And where it ends: from there on it is as the scenario has it.
      const fresh = differ.filter((one) => !within(one, before)), over = before.filter(([path]) => !differ.some(([other]) => other === path)).map(([path, old, now]) => [path, now, old]);
      // Or what differs already differs in another way: other points of a drawing.
      const again = at && !fresh.length && !over.length && own.some(([one]) => one === at) && !theirs.some(([one]) => one === at) ? differencesBetween(sectionAt(own, at - 1), sectionAt(own, at)) : [];
      if (fresh.length || over.length || again.length) found.push([at, [...fresh, ...over, ...again]]);
      before = differ;
    }
    return found;
  }

  /** The changes on the way of a branch: [[round, [[path, old, new]]]]. */
  marks(branch = this.chosen) {
    const sections = this.sections(branch);
    return sections.slice(1).map(([at, settings], k) => [at, differencesBetween(sections[k][1], settings)]);
  }

  /** The chosen future as a scenario's settings. */
  settings() {
    const { base, changes, head } = this.chosen, told = copied(base);
    const last = changes.length ? changes[changes.length - 1].at : 0;
    const steps = Math.max(told.training.steps, changes.length && head > last ? head : 0, last && last + 1);
    told.training = { ...told.training, steps };
    // Windows speak of changes by number, and here there may be others.
    if (told.claims && !alike(changes, this.offer.settings.changes ?? [])) {
      told.claims = told.claims.map((claim, i) => ({ ...claim, window: this.claims[i]?.window ?? claim.window }));
    }
    return changes.length ? { ...told, changes: copied(changes) } : told;
  }

  /** All of it as plain data, for a link. */
  plain() {
    const { changes: _, ...first } = this.offer.settings;
    return {
      name: this.offer.name, seed: this.seed, theme: this.theme, lang: this.lang, cursor: this.cursor, chosen: this.chosenName, look: this.look, curves: this.curves,
      branches: this.branches.map(({ name, parent, from, base, changes, head }) => ({ name, parent, from, head, base: partialBetween(first, base), changes })),
    };
  }

  /** A session again, of what `plain` told and the scenario that it names. */
  static from(offer, told, manner = {}) {
    const session = new Session(offer, told.seed, { ...manner, theme: told.theme ?? manner.theme, lang: told.lang ?? manner.lang });
    const { changes: _, ...first } = offer.settings;
    session.branches = told.branches.slice(0, BRANCH_NAMES.length).map((one) => ({
      name: one.name, parent: one.parent ?? "", from: one.from ?? 0, base: laidOver(first, one.base ?? {}), changes: copied(one.changes ?? []), rows: [], head: one.head ?? 0, ended: -1,
    }));
    session.chosenName = session.branch(told.chosen) ? told.chosen : session.branches[0].name;
    session.cursor = told.cursor ?? 0;
    session.given = lookTold(told.look);
    return session;
  }
}
