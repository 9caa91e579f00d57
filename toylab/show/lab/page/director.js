// What happens when somebody acts: it keeps the session and the trainings in step, and tells who looks on.
import { begun } from "../engine/eyes.js";
import { alike, changeTo, copied, knownSetting, laidOver, needsStart, sectionsOf } from "./changes.js";
import { Conductor, Hunt } from "./conductor.js";
import { plannedOf, seldomOf, settingsSteps, setupOf, unplayedIn } from "./plans.js";
import { conflictOf, misfitOf } from "./rules.js";
import { Session } from "./session.js";

// Rounds a second, by the place of the dial; 0 is slow motion, each half of a round by itself.
export const PACES = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, Infinity];
// Milliseconds that a half of a round is seen, in slow motion and when it was asked for.
const HALF_SEEN = 1500, STEP_SEEN = 700;
// How long a scenario takes at the pace on which it opens, seconds.
const OPENING_SECONDS = 16;
// Scenarios that are kept while another is open.
const MOST_SESSIONS = 3;

/**
 * events: draw(), behind() -> whether the chosen stage has pictures enough to paint, told(key, values), refused(key, values) or refused("", {message}), opened(), turned(kind), finished(), half(report).
 * After each of them `session` is what is open, and `views` what is known of each future: {setup, parameters, round, half, turns, turn}.
 */
export class Director {
  constructor(lab, engineText, events) {
    Object.assign(this, { lab, engineText, events, playing: false, pace: 4, rate: 0, generation: 0, views: new Map(), going: null, goal: 0, looked: 0, pictured: 0, gap: 0, cost: 0, kept: new Map(), last: 0 });
    this.conductor = new Conductor(engineText, (message) => this.hear(message));
  }

  id(branch) { return `${this.generation}${branch.name}`; }
  view(branch = this.session.chosen) { return this.views.get(branch.name); }

  plan(sections, offer = this.session.offer, curves = this.session.curves, claims = offer.claims ?? []) { return plannedOf(sections, offer, curves, claims); }
  planOf(branch) { return plannedOf(this.session.sections(branch), this.session.offer, this.session.curves, this.session.claims); }

  // --- opening ---

  offer(name) { return this.lab.scenarios.find((one) => one.name === name); }

  /** Open a scenario by its name. What was open is kept, and come back to unless a seed is asked for or it is to be fresh. */
  open(name, seed, fresh = false) {
    const offer = this.offer(name);
    if (!offer || offer.whyNot) {
      this.events.refused("unknown_scenario", { name, known: this.lab.scenarios.filter((one) => !one.whyNot).map((one) => one.name).join(", ") });
      return false;
    }
    const was = this.session, { theme, lang } = was ?? this.lab;
    this.leave(fresh ? "" : name);
    const kept = seed === undefined && !fresh && this.kept.get(name);
    if (kept) {
      this.kept.delete(name);
      Object.assign(this, kept);
      Object.assign(this.session, { theme, lang });
      this.events.opened();
      this.lookAside();
      return true;
    }
    const shown = new Set(offer.settings.film?.layers ?? []);
    const off = new Set(this.lab.layers.map((layer) => layer.name).filter((one) => !shown.has(one)));
    this.session = new Session(offer, seed ?? was?.seed ?? 0, { theme, lang, off });
    const wanted = this.session.steps / (offer.settings.film?.seconds > 8 ? offer.settings.film.seconds : OPENING_SECONDS);
    this.pace = PACES.reduce((best, pace, i) => (i && Math.abs(Math.log(Math.min(pace, 2000) / wanted)) < Math.abs(Math.log(Math.min(PACES[best], 2000) / wanted)) ? i : best), 1);
    this.begin();
    this.events.opened();
    return true;
  }

  // What is left for another scenario waits where it is, if there is something to lose; of few at a time.
  leave(name) {
    this.pause();
    const { session, generation, views, pace } = this;
    if (!session) return;
    Object.assign(this, { views: new Map(), going: null, before: null });
    const own = session.offer.name;
    this.forget(this.kept.get(own), own);
    if (name && name !== own && session.branches.some((one) => one.head > 0)) this.kept.set(own, { session, generation, views, pace });
    else this.forget({ generation, views }, own);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_SESSIONS) this.forget(this.kept.get(oldest), oldest);
  }

  forget(told, name) {
    for (const branch of told?.views.keys() ?? []) this.conductor.close(`${told.generation}${branch}`);
    if (this.kept.get(name) === told) this.kept.delete(name);
  }

  /** A scenario with settings of somebody's own, from round 0 on. */
  openSettings(offer, base, changes) {
    // Looked through before what is open is left.
    for (const [, settings] of sectionsOf(base, changes)) {
      const wrong = unplayedIn(settings, offer);
      if (wrong) { this.events.refused(wrong.key, { ...wrong.values, path: wrong.path }); return false; }
    }
    this.open(offer.name, this.session.seed, true);
    this.session.begin(base, changes);
    if (base.film?.curves) this.session.curves = copied(base.film.curves);
    this.begin();
    this.events.opened();
    return true;
  }

  /** All futures from round 0 on. */
  begin() {
    this.pause();
    this.forget(this, "");
    this.views.clear();
    Object.assign(this, { generation: ++this.last, going: null });
    this.session.midway = 0;
    for (const branch of this.session.branches) if (!branch.parent) this.openBranch(branch);
  }

  openBranch(branch) {
    const plan = this.planOf(branch), [, setup] = plan.sections[0];
    this.views.set(branch.name, { setup, parameters: begun(setup, this.session.seed), round: 0, turn: 0, turns: null, half: null });
    this.conductor.open(this.id(branch), plan, this.session.seed);
  }

  reset(seed = this.session.seed) {
    this.session.reset(seed);
    this.begin();
    this.events.opened();
  }

  /** A session as `Session.plain` told it: each future is trained again up to where it was. */
  async revive(told) {
    const offer = this.offer(told.name);
    if (!offer || offer.whyNot || !this.open(told.name, told.seed, true)) return false;
    const session = Session.from(offer, told, { off: this.session.off, theme: this.session.theme, lang: this.session.lang });
    const heads = session.branches.map((one) => one.head), { cursor, chosenName } = session;
    for (const one of session.branches) one.head = one.parent ? one.from : 0;
    const { metrics } = this.lab, known = (curve) => Array.isArray(curve?.metrics) && curve.metrics.length > 0 && curve.metrics.every((name) => Object.hasOwn(metrics, name));
    if (Array.isArray(told.curves) && told.curves.every(known)) session.curves = told.curves.slice(0, 4).map((curve) => ({ metrics: curve.metrics, scale: curve.scale === "log" ? "log" : "linear" }));
    // Where one looked is known when it is there again.
    session.choose(session.branches[0].name);
    session.cursor = 0;
    this.session = session;
    this.begin();
    this.events.opened();
    // Until it is there again it is said where to.
    this.events.told("going", { step: Math.max(...heads) });
    const { generation } = this;
    for (const [i, branch] of session.branches.entries()) {
      if (branch.parent) {
        await this.conductor.goto(this.id(session.branch(branch.parent)), branch.from);
        if (generation !== this.generation) return false;
        this.grow(branch);
      }
      await this.conductor.goto(this.id(branch), heads[i]);
      if (generation !== this.generation) return false;
    }
    session.choose(chosenName);
    this.events.opened();
    this.events.told("going", { step: cursor });
    await this.goto(Math.min(cursor, session.chosen.head));
    return true;
  }

  // --- what comes back ---

  hear(message) {
    const branch = this.session?.branches.find((one) => this.id(one) === message.id), view = branch && this.view(branch);
    if (!view) { this.hearAside(message); return; }
    if (message.kind === "seen") this.seen(branch, view, message);
    else if (message.kind === "half") this.halved(branch, view, message);
    else if (message.kind === "refused" || message.kind === "failed") {
      if (this.before) this.takeBack();
      this.pause();
      this.events.refused("", { message: message.message });
    }
  }

  // Where one that was left came to rest.
  hearAside(message) {
    if (message.kind !== "seen" || message.at !== undefined) return;
    for (const { session, generation, views } of this.kept.values()) {
      const branch = session.branches.find((one) => `${generation}${one.name}` === message.id);
      if (!branch) continue;
      session.note(branch, message);
      Object.assign(views.get(branch.name), { parameters: message.parameters, round: message.round, turn: message.turn, turns: message.turns });
      if (branch === session.chosen) Object.assign(session, { cursor: message.round, midway: message.turn });
    }
  }

  seen(branch, view, message) {
    const { session } = this, fresh = message.rows?.length > 0, first = message.ended >= 0 && branch.ended < 0;
    session.note(branch, message);
    const round = message.shown ?? message.at ?? message.round;
    this.follow(branch, view, round);
    Object.assign(view, { parameters: message.parameters, round, turn: message.turn, turns: message.turns });
    if (message.at === undefined && branch === session.chosen && !(this.going && message.round !== this.goal)) {
      session.cursor = message.round;
      session.midway = message.turn;
      this.rate = message.rate ?? 0;
      this.before = null;
      if (this.playing && !this.slow && message.round === settingsSteps(session.sections(branch)) && message.round !== this.since) this.finish();
    }
    if (first) { this.pause(); this.events.told("ended", { step: message.ended }); }
    this.events.draw(fresh);
  }

  // What is drawn with: other settings may hold at another round.
  follow(branch, view, round) {
    const settings = this.session.settingsAt(branch, round);
    if (view.settings === settings || (view.settings && alike(view.settings, settings))) return;
    Object.assign(view, { setup: setupOf(settings, this.session.offer), settings });
  }

  halved(branch, view, report) {
    const begun = performance.now(), long = this.playing ? HALF_SEEN : STEP_SEEN, { generation } = this;
    view.half = { ...report, part: 0 };
    this.events.half(report);
    const on = (clock) => {
      if (generation !== this.generation || view.half?.before !== report.before) return;
      view.half.part = Math.min(Math.max((clock - begun) / long, 0), 1);
      this.events.draw(false);
      if (view.half.part < 1) { requestAnimationFrame(on); return; }
      if (this.playing && this.slow) this.nextHalf();
    };
    requestAnimationFrame(on);
  }

  finish() {
    this.playing = false;
    this.events.finished();
  }

  // --- time ---

  get slow() { return PACES[this.pace] === 0; }

  play() {
    if (this.playing) return;
    const { session } = this;
    if (session.chosen.ended >= 0 && session.cursor >= session.chosen.ended) { this.events.told("ended", { step: session.chosen.ended }); return; }
    this.playing = true;
    this.since = session.cursor;
    this.roll();
    this.events.played();
  }

  roll() {
    const id = this.id(this.session.chosen);
    if (this.slow) { this.conductor.pause(); this.nextHalf(); } else {
      this.view().half = null;
      this.conductor.play(id, PACES[this.pace]);
      this.watch();
    }
  }

  nextHalf() {
    const { session } = this;
    if (session.cursor !== this.since && session.cursor === session.steps && !session.midway) { this.finish(); return; }
    this.conductor.half(this.id(session.chosen));
  }

  // Ask for what is to be drawn, once a frame for as long as something moves.
  watch() {
    if (this.watching) return;
    this.watching = true;
    const on = (clock) => {
      this.watching = false;
      // What a frame of the browser takes, milliseconds, of the last few: all that follows until the thread is free again.
      const begun = performance.now();
      setTimeout(() => { this.cost += (performance.now() - begun - this.cost) / 16; });
      if (!this.playing && !this.going) { this.lookAside(); return; }
      // A slow machine draws no more pictures than an eye needs, and has time for a finger in between.
      if (clock - this.pictured >= this.gap && !this.events.behind?.()) { this.pictured = clock; this.conductor.look(this.id(this.session.chosen)); }
      // Others are looked at less often: they are sent from afar.
      if (clock - this.looked > 250) { this.looked = clock; this.lookAside(); }
      this.watch();
    };
    requestAnimationFrame(on);
  }

  // The other futures at the round of the cursor.
  lookAside() {
    const { session } = this;
    for (const branch of session.branches) {
      const view = this.view(branch), at = Math.min(session.cursor, branch.head);
      const exact = !this.playing && !this.going, asked = `${at} ${exact}`;
      if (branch === session.chosen || !view || view.asked === asked) continue;
      view.asked = asked;
      // While something moves, as it was last measured there; then exactly.
      if (!exact) this.conductor.look(this.id(branch), at);
      else if (view.round !== at || view.turn) this.conductor.goto(this.id(branch), at);
    }
  }

  pause() {
    const was = this.playing;
    this.playing = false;
    if (!this.session || !was) return;
    this.conductor.pause();
    // Where it came to rest.
    this.conductor.look(this.id(this.session.chosen));
    this.watch();
    this.events.played();
  }

  setPace(place) {
    this.pace = Math.min(Math.max(place, 0), PACES.length - 1);
    if (this.playing) this.roll();
    this.events.played();
  }

  async step(who = "round") {
    this.pause();
    const { session } = this;
    if (who === "back") return this.goto(session.midway ? session.cursor : session.cursor - 1);
    if (who === "round" && !session.midway && session.cursor < session.chosen.head) return this.goto(session.cursor + 1);
    this.view().half = null;
    this.conductor.step(this.id(session.chosen), who);
    // In its turn after the step, so that it tells of its end.
    await this.conductor.state(this.id(session.chosen));
    this.lookAside();
    return session.cursor;
  }

  /** Go to a round of the chosen future: back to exactly that state, or on, training. Of many asked for the last is gone to. */
  goto(round) {
    this.pause();
    const { session } = this;
    if (!Number.isFinite(round)) return Promise.resolve(session.cursor);
    this.goal = Math.max(0, Math.round(round));
    if (this.goal <= session.chosen.head) Object.assign(session, { cursor: this.goal, midway: 0 });
    else this.events.told("going", { step: this.goal });
    this.view().half = null;
    this.going ??= this.go(this.generation);
    this.events.draw(false);
    return this.going;
  }

  async go(generation) {
    this.watch();
    let there = -1, branch = null;
    while (generation === this.generation && (there !== this.goal || branch !== this.session.chosen)) {
      [there, branch] = [this.goal, this.session.chosen];
      await this.conductor.goto(this.id(branch), there);
    }
    if (generation === this.generation) {
      this.going = null;
      this.events.told("", {});
      this.events.draw(true);
      this.lookAside();
    }
    return this.session.cursor;
  }

  // Until the training stands still and its round is known.
  async settled() {
    const again = this.playing;
    this.pause();
    await this.going;
    await this.conductor.state(this.id(this.session.chosen));
    const wanted = this.id(this.session.chosen);
    this.conductor.look(wanted);
    await this.conductor.state(wanted);
    return again;
  }

  // --- knobs and branches ---

  /** Turn a knob; returns whether it was turned. Where it was playing it plays on. */
  async turn(path, value) {
    const misfit = this.misfit(path, value);
    if (misfit) { this.events.refused(misfit.key, { ...misfit.values, path: misfit.path, given: JSON.stringify(value) }); this.events.turned(""); return false; }
    const again = await this.settled(), { session } = this;
    this.before = copied({ branches: session.branches, chosenName: session.chosenName, cursor: session.cursor });
    let told = null;
    try { told = session.turn(path, value); } catch (error) {
      this.events.refused(error instanceof RangeError ? "four_branches" : "", { message: error.message });
      this.events.turned("");
      return false;
    }
    if (told) {
      try { this.apply(told); } catch (error) {
        this.takeBack();
        this.events.refused("", { message: error.message });
        return false;
      }
      this.events.turned(told.kind, told.branch);
    }
    if (again) this.play();
    return told !== null;
  }

  apply({ kind, branch }) {
    if (kind === "start") {
      const plain = this.view(branch);
      if (plain) this.conductor.close(this.id(branch));
      this.openBranch(branch);
    } else if (kind === "branch") this.grow(branch);
    else {
      const plan = this.planOf(branch);
      this.conductor.change(this.id(branch), plan);
      this.conductor.look(this.id(branch));
    }
    this.follow(branch, this.view(branch), this.session.cursor);
  }

  // A future that shares its parent's past.
  grow(branch) {
    const plan = this.planOf(branch), parent = this.view(this.session.branch(branch.parent));
    const setup = plan.sections.filter(([at]) => at <= branch.from).pop()[1];
    this.views.set(branch.name, { setup, parameters: parent.parameters, round: branch.from, turn: 0, turns: null, half: null });
    this.conductor.branch(this.id(branch), this.id(this.session.branch(branch.parent)), branch.from, plan);
    this.session.midway = 0;
  }

  // What an engine refused is as if it had not been turned.
  takeBack() {
    const { session, before } = this;
    const gone = session.branches.filter((one) => !before.branches.some((old) => old.name === one.name));
    for (const one of gone) { this.conductor.close(this.id(one)); this.views.delete(one.name); }
    Object.assign(session, copied(before));
    session.turns.pop();
    this.before = null;
    this.events.turned("");
  }

  misfit(path, value) {
    const { session } = this, settings = session.settingsAt();
    if (!knownSetting(settings, path)) return { key: "unknown_setting", path, values: {} };
    const found = misfitOf(path, value);
    if (found) return { ...found, path };
    try { return conflictOf(laidOver(settings, changeTo(settings, path, value))); } catch (error) { return { key: "", path, values: { message: error.message } }; }
  }

  /** Whether turning this begins anew, and as which branch: a name, or "" where nothing is lost by it. */
  startsAs(path) {
    if (!needsStart(path)) return "";
    const { session } = this, { chosen } = session;
    return chosen.head === 0 ? "" : ["A", "B", "C", "D"].find((one) => !session.branch(one)) ?? "–";
  }

  putBack(path) {
    const old = this.session.oldValue(path);
    return old === undefined ? Promise.resolve(false) : this.turn(path, old);
  }

  async undo() {
    const last = this.session.undo();
    if (!last) return false;
    const done = await this.turn(last.path, last.value);
    // To take back is no turn of its own.
    if (done) this.session.turns.pop();
    return done;
  }

  /** A future that begins here, as its parent is until a knob is turned. */
  async branch() {
    await this.settled();
    const { session } = this;
    try {
      const made = session.grown(session.chosen, session.cursor);
      this.grow(made);
      this.events.turned("branch", made);
      return made.name;
    } catch { this.events.refused("four_branches", {}); return ""; }
  }

  choose(name) {
    const { session } = this;
    if (!session.branch(name) || name === session.chosenName) return Promise.resolve(session.cursor);
    this.pause();
    const at = session.cursor;
    session.choose(name);
    this.events.turned("chosen", session.chosen);
    return this.goto(Math.min(at, session.chosen.head));
  }

  async closeBranch(name) {
    const { session } = this;
    if (session.branches.length < 2 || !session.branch(name)) return;
    await this.settled();
    this.conductor.close(this.id(session.branch(name)));
    session.close(name);
    this.views.delete(name);
    this.events.turned("closed");
    await this.goto(Math.min(session.cursor, session.chosen.head));
  }

  /** Other metrics in a panel; they are measured from now on. */
  showCurve(place, metrics) {
    this.session.curves[place] = { metrics, scale: "linear" };
    for (const branch of this.session.branches) this.conductor.measure(this.id(branch), this.planOf(branch));
  }

  // --- states and seeds ---

  state() { return this.conductor.state(this.id(this.session.chosen)); }

  async restore(bytes) {
    await this.settled();
    const { chosen } = this.session, told = await this.conductor.restore(this.id(chosen), bytes);
    if (told.kind !== "seen") return false;
    chosen.head = told.round;
    chosen.rows = chosen.rows.filter(([round]) => round <= told.round);
    chosen.path = chosen.path?.filter(([round]) => round <= told.round);
    Object.assign(this.session, { cursor: told.round, midway: told.turn });
    this.events.draw(true);
    return true;
  }

  // A plan by which one claim's number is found.
  counting(plan, claim) { return { ...plan, metrics: [claim.metric], seldom: seldomOf(plan.due, [], [claim]) }; }

  rival(claim) {
    const other = claim.against && this.offer(claim.against);
    return other && !other.whyNot ? this.counting(this.plan(sectionsOf(other.settings), other, []), claim) : null;
  }

  /** Train seeds of the chosen plan in the background, against a claim. */
  hunt(claim, seeds, onResult, onEnd) {
    return new Hunt(this.engineText, { plan: this.counting(this.planOf(this.session.chosen), claim), rival: this.rival(claim), claim }, seeds, onResult, onEnd);
  }

  /** The number of the scenario that a claim compares with, of this seed. */
  countAgainst(claim, use) {
    const plan = this.rival(claim);
    if (plan) new Hunt(this.engineText, { plan, rival: null, claim: { ...claim, against: "" } }, [this.session.seed], ({ value }) => use(value));
  }
}
