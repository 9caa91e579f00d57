// The knobs: what can be turned, how far, and each as a labelled slider or choice with its old value beside it.
import { needsStart, numberTold, valueAt, valueTold } from "./changes.js";
import { isSolvable, oneEach } from "./rules.js";

const isLayered = (player) => (settings) => Array.isArray(settings[player].hidden);
const hasOptimizer = (player, kind) => (settings) => settings.optimizer[player].kind === kind;
const hasTarget = (key) => (settings) => ["ring", "grid", "mixture", "drawn", "dirac"].includes(settings.target.kind) && key in settings.target;
const RATE_KNOB = { kind: "number", scale: "log", low: 1e-5, high: 100 };
const SHARE_KNOB = { kind: "number", scale: "stops", stops: [0, 0.5, 0.8, 0.9, 0.99, 0.999] };
const hasPenalty = (kind) => (s) => valueAt(s, `game.penalties.${kind}`) !== null;
const penaltyKnob = (path, more) => ({ path: `game.penalties.${path}`, group: "tricks", kind: "number", scale: "log", low: 1e-3, high: 100, off: true, ...more });
const playerKnobs = (player) => [
  { path: `optimizer.${player}.kind`, group: "players", kind: "choice", options: ["adam", "sgd", "rmsprop"] },
  { path: `optimizer.${player}.betas[0]`, group: "players", ...SHARE_KNOB, when: hasOptimizer(player, "adam") },
  { path: `optimizer.${player}.betas[1]`, group: "players", ...SHARE_KNOB, when: hasOptimizer(player, "adam") },
  { path: `optimizer.${player}.momentum`, group: "players", kind: "number", scale: "linear", low: -0.9, high: 0.95, step: 0.05, when: hasOptimizer(player, "sgd") },
  { path: `optimizer.${player}.decay`, group: "players", ...SHARE_KNOB, when: hasOptimizer(player, "rmsprop") },
  { path: `optimizer.${player}.schedule`, group: "players", kind: "choice", options: ["constant", "linear", "cosine", "step"] },
];
// Width and depth are two knobs of one list.
const networkKnobs = (player) => [
  { path: `${player}.hidden`, name: "width", group: "networks", kind: "number", scale: "power", low: 1, high: 9, when: (s) => isLayered(player)(s) && s[player].hidden.length > 0, from: (hidden) => hidden[0], into: (n, hidden) => hidden.map(() => n) },
  { path: `${player}.hidden`, name: "depth", group: "networks", kind: "number", scale: "count", low: 0, high: 5, when: isLayered(player), from: (hidden) => hidden.length, into: (n, hidden) => Array(n).fill(hidden[0] ?? 64) },
  { path: `${player}.activation`, group: "networks", kind: "choice", options: ["relu", "leaky_relu", "tanh", "elu", "silu", "linear"], when: isLayered(player) },
];

/** What can be turned: path, group, kind ("choice", "number", "flag", "numbers"), scale and ends of the slider. */
export const KNOBS = [
  { path: "game.objective", group: "rules", kind: "choice", options: ["non_saturating", "saturating", "least_squares", "hinge", "wasserstein", "relativistic", "fake_value"] },
  { path: "game.generator_steps", group: "rules", kind: "number", scale: "count", low: 0, high: 40, held: oneEach },
  { path: "game.discriminator_steps", group: "rules", kind: "number", scale: "count", low: 0, high: 40, held: oneEach },
  { path: "optimizer.generator.lr", group: "rules", ...RATE_KNOB },
  { path: "optimizer.discriminator.lr", group: "rules", ...RATE_KNOB },
  { ...penaltyKnob("r1.weight"), group: "rules" },
  { ...penaltyKnob("instance_noise.spread", { low: 0.01, high: 3 }), group: "rules" },
  { path: "training.batch", group: "rules", kind: "number", scale: "power", low: 0, high: 12 },
  { path: "game.update", group: "tricks", kind: "choice", options: ["alternating", "simultaneous", "extragradient", "optimistic"] },
  { path: "game.update.generator_first", group: "tricks", kind: "flag", when: (s) => s.game.update?.kind === "alternating" },
  penaltyKnob("instance_noise.end", { kind: "number", scale: "linear", low: 0, high: 1, step: 0.05, off: false, when: hasPenalty("instance_noise") }),
  penaltyKnob("r1.every", { scale: "count", low: 1, high: 40, off: false, when: hasPenalty("r1") }),
  penaltyKnob("r2.weight"), penaltyKnob("r2.every", { scale: "count", low: 1, high: 40, off: false, when: hasPenalty("r2") }),
  penaltyKnob("gradient_penalty.weight"),
  penaltyKnob("gradient_penalty.target", { scale: "linear", low: 0, high: 5, step: 0.1, off: false, when: hasPenalty("gradient_penalty") }),
  penaltyKnob("gradient_penalty.one_sided", { kind: "flag", off: false, when: hasPenalty("gradient_penalty") }),
  penaltyKnob("weight_clipping.limit"), penaltyKnob("weight_decay.share", { high: 0.9 }), penaltyKnob("gradient_clipping.norm"),
  penaltyKnob("label_smoothing.amount", { scale: "linear", low: 0, high: 1, step: 0.05 }),
  penaltyKnob("replay.share", { scale: "linear", low: 0, high: 1, step: 0.05 }),
  penaltyKnob("replay.capacity", { scale: "power", low: 6, high: 16, off: false, when: hasPenalty("replay") }),
  penaltyKnob("average.decay", { ...SHARE_KNOB }),
  penaltyKnob("truncation.scale", { scale: "linear", low: 0.05, high: 3, step: 0.05 }),
  ...playerKnobs("generator"), ...playerKnobs("discriminator"),
  { path: "target.spread", group: "data", kind: "number", scale: "log", low: 0.01, high: 1, when: hasTarget("spread") },
  { path: "target.noise", group: "data", kind: "number", scale: "linear", low: 0, high: 1, step: 0.01, when: hasTarget("noise") },
  { path: "target.modes", group: "data", kind: "number", scale: "count", low: 1, high: 25, when: (s) => s.target.kind === "ring" },
  { path: "target.side", group: "data", kind: "number", scale: "count", low: 1, high: 8, when: hasTarget("side") },
  { path: "target.radius", group: "data", kind: "number", scale: "linear", low: 0.2, high: 4, step: 0.1, when: hasTarget("radius") },
  { path: "target.spacing", group: "data", kind: "number", scale: "linear", low: 0.2, high: 4, step: 0.1, when: hasTarget("spacing") },
  { path: "target.x", group: "data", kind: "number", scale: "linear", low: -2, high: 2, step: 0.1, when: hasTarget("x") },
  { path: "target.weights", group: "data", kind: "numbers", when: hasTarget("weights") },
  ...networkKnobs("generator"), ...networkKnobs("discriminator"),
  { path: "generator.latent", group: "networks", kind: "number", scale: "count", low: 1, high: 16, when: isLayered("generator") },
  { path: "generator.gap", group: "networks", kind: "number", scale: "log", low: 0.1, high: 10, when: (s) => s.generator.kind === "torn" },
  { path: "discriminator.spread", group: "networks", kind: "number", scale: "linear", low: 0, high: 2, step: 0.05, when: (s) => s.discriminator.kind === "fourier" },
];
export const KNOB_GROUPS = ["rules", "tricks", "players", "data", "networks"];
export const knobName = (knob) => knob.path.replace(/^(game\.penalties|game|training|target|optimizer)\./, "") + (knob.name ? `.${knob.name}` : "");

// Twenty places a decade, said with two digits: 1, 2 and 5 are among them.
const PLACES_A_DECADE = 20;
/** A slider's places: how many, the value at each, and the place nearest to a value. */
export function placesOf(knob) {
  const { scale, low, high, step, stops } = knob;
  const ways = {
    log: [Math.round(PLACES_A_DECADE * Math.log10(high / low)), (i) => Number((low * 10 ** (i / PLACES_A_DECADE)).toPrecision(2)), (v) => PLACES_A_DECADE * Math.log10(v / low)],
    power: [high - low, (i) => 2 ** (low + i), (v) => Math.log2(v) - low],
    count: [high - low, (i) => low + i, (v) => v - low],
    linear: [Math.round((high - low) / step), (i) => Number((low + i * step).toFixed(6)), (v) => (v - low) / step],
    stops: [(stops?.length ?? 1) - 1, (i) => stops[i], (v) => stops.reduce((best, s, i) => (Math.abs(s - v) < Math.abs(stops[best] - v) ? i : best), 0)],
  };
  const [n, at, of] = ways[scale], shift = knob.off ? 1 : 0;
  const within = (i) => Math.min(Math.max(Math.round(Number.isNaN(i) ? 0 : i), 0), n);
  return {
    last: n + shift,
    valueAt: (i) => (i < shift ? null : at(i - shift)),
    placeOf: (v) => (v === null ? 0 : within(of(v)) + shift),
  };
}

/** A typed entry as a value: {value}, or {wrong: true}. Off is an empty entry or the word for it. */
export function typedEntry(knob, text, off = "off") {
  const told = text.trim().replace(/[−–]/g, "-").replace(/，/g, ",");
  if (knob.off && (!told || told === off || told === "off")) return { value: null };
  if (knob.kind === "numbers") {
    const numbers = told ? told.split(/[\s,;]+/).map(Number) : [];
    return numbers.every(Number.isFinite) ? { value: numbers } : { wrong: true };
  }
  const number = Number(told);
  return told && Number.isFinite(number) ? { value: number } : { wrong: true };
}

/**
 * The rows of knobs. host: {session, word, turn(path, value), putBack(path), refuse(line)}; a turned knob is told on by
 * `turn`, and shown as it is by `tell`.
 */
export class Knobs {
  /** box: for the knobs of the game; rest: for all others, folded by groups. */
  constructor(box, rest, host) {
    Object.assign(this, { box, rest, host, rows: [] });
  }

  /** Rows anew: for another scenario, language, or another kind of what has options of its own. */
  build() {
    const { session, word } = this.host, settings = session.settingsAt();
    const open = new Set([...this.rest.querySelectorAll("details[open]")].map((one) => one.dataset.group));
    this.box.replaceChildren();
    this.rest.replaceChildren();
    this.rows = [];
    for (const group of KNOB_GROUPS) {
      const knobs = KNOBS.filter((knob) => knob.group === group && (!knob.when || knob.when(settings)));
      if (!knobs.length) continue;
      const first = group === "rules", outer = document.createElement(first ? "div" : "details");
      outer.dataset.group = group;
      outer.className = "group";
      if (!first) {
        outer.open = open.has(group);
        const summary = document.createElement("summary");
        summary.textContent = word(`group_${group}`);
        outer.append(summary);
        const note = { networks: "new_start", data: "data_note" }[group];
        if (note) Object.assign(outer.appendChild(document.createElement("p")), { className: "note", textContent: word(note) });
      }
      (first ? this.box : this.rest).append(outer);
      for (const knob of knobs) this.rows.push(this.row(knob, outer));
    }
    this.shape = this.shapeOf(settings);
    this.tell();
  }

  // Which rows there are.
  shapeOf(settings) { return KNOBS.map((knob) => (!knob.when || knob.when(settings) ? 1 : 0)).join("") + this.host.session.lang; }

  row(knob, outer) {
    const { word } = this.host, label = word(`knob.${knobName(knob)}`), id = `knob-${knobName(knob).replace(/\W+/g, "-")}`;
    const row = document.createElement("div"), head = row.appendChild(document.createElement("div"));
    row.className = `knob ${knob.kind}`;
    head.className = "line";
    const name = head.appendChild(document.createElement(knob.kind === "choice" ? "span" : "label"));
    name.textContent = label;
    const old = head.appendChild(document.createElement("button"));
    Object.assign(old, { type: "button", className: "old" });
    const made = { knob, row, old, label, places: knob.kind === "number" ? placesOf(knob) : null };
    old.addEventListener("click", () => { this.host.putBack(knob.path); (made.slider ?? made.entry ?? row.querySelector("input"))?.focus(); });
    if (knob.kind === "choice") {
      row.setAttribute("role", "radiogroup");
      row.setAttribute("aria-label", label);
      const list = row.appendChild(document.createElement("div"));
      list.className = "options";
      made.options = knob.options.map((value) => {
        const option = list.appendChild(document.createElement("label")), input = option.appendChild(document.createElement("input"));
        Object.assign(input, { type: "radio", name: id, value });
        option.append(word(`value.${value}`));
        input.addEventListener("change", () => this.host.turn(knob.path, value));
        return input;
      });
    } else if (knob.kind === "flag") {
      made.flag = head.appendChild(document.createElement("input"));
      Object.assign(made.flag, { type: "checkbox", id });
      name.htmlFor = id;
      made.flag.addEventListener("change", () => this.host.turn(knob.path, made.flag.checked));
    } else {
      made.entry = head.appendChild(document.createElement("input"));
      Object.assign(made.entry, { type: "text", id: `${id}-entry`, autocomplete: "off", spellcheck: false });
      made.entry.inputMode = knob.kind === "number" ? "decimal" : "text";
      made.entry.setAttribute("aria-label", label);
      made.entry.addEventListener("change", () => this.typed(made));
      made.entry.addEventListener("blur", () => this.tell());
      made.entry.addEventListener("keydown", (event) => { if (event.key === "Escape") this.tell(); });
      if (made.places) {
        made.slider = row.appendChild(document.createElement("input"));
        Object.assign(made.slider, { type: "range", id, min: 0, max: made.places.last, step: 1 });
        name.htmlFor = id;
        made.slider.addEventListener("input", () => this.slid(made, false));
        made.slider.addEventListener("change", () => { if (!made.scrolled) this.slid(made, true); });
        // A finger that scrolls the page over it turns nothing.
        made.slider.addEventListener("pointerdown", () => { made.before = made.slider.value; made.scrolled = false; });
        made.slider.addEventListener("pointercancel", () => { made.scrolled = true; made.slider.value = made.before; this.slid(made, false); });
      } else name.htmlFor = made.entry.id;
    }
    row.addEventListener("keydown", (event) => {
      if (event.key !== "Backspace" || event.target.type === "text") return;
      event.preventDefault();
      event.stopPropagation();
      this.host.putBack(knob.path);
    });
    outer.append(row);
    return made;
  }

  // What a knob's value is in the settings' own form.
  into(knob, value) {
    if (!knob.into) return value;
    return knob.into(value, this.host.session.value(knob.path));
  }

  slid(made, done) {
    const value = made.places.valueAt(Number(made.slider.value));
    made.entry.value = this.said(value);
    this.dress(made, value);
    if (done) this.host.turn(made.knob.path, this.into(made.knob, value));
  }

  typed(made) {
    const { knob, entry } = made, found = typedEntry(knob, entry.value, this.host.word("off"));
    if (found.wrong) {
      this.host.refuse(this.host.word("no_number", { name: made.label, given: entry.value.slice(0, 40) }));
      this.tell();
      return;
    }
    // What was said of an entry before is over.
    this.host.refuse("");
    const turned = this.host.turn(knob.path, this.into(knob, found.value));
    // What was refused does not stay there as if it were so.
    Promise.resolve(turned).then((done) => { if (!done) { entry.blur(); this.tell(); } });
  }

  said(value) {
    if (value === null || value === undefined) return this.host.word("off");
    return Array.isArray(value) ? value.map(numberTold).join(", ") : numberTold(value);
  }

  dress({ places, slider, knob }, value) {
    const said = this.said(value);
    slider.style.setProperty("--part", `${(100 * places.placeOf(value)) / Math.max(places.last, 1)}%`);
    slider.setAttribute("aria-valuetext", needsStart(knob.path) ? `${said}, ${this.host.word("new_start")}` : said);
  }

  /** Every knob as it is at the cursor, and beside it what the scenario has. */
  tell() {
    const { session, word } = this.host, settings = session.settingsAt();
    if (this.shapeOf(settings) !== this.shape) { if (this.shape) return this.build(); }
    for (const made of this.rows) {
      const { knob } = made, whole = valueAt(settings, knob.path), value = knob.from ? knob.from(whole) : whole;
      const before = session.oldValue(knob.path), old = before !== undefined && knob.from ? knob.from(before ?? []) : before;
      const changed = old !== undefined && old !== value;
      made.row.classList.toggle("changed", changed);
      made.old.hidden = !changed;
      if (changed) {
        const told = knob.kind === "choice" ? word(`value.${old}`) : knob.kind === "number" ? this.said(old) : valueTold(old, word);
        made.old.replaceChildren(Object.assign(document.createElement("s"), { textContent: told }), " ↺");
        made.old.setAttribute("aria-label", word("put_back", { name: made.label, value: told }));
        made.old.title = made.old.getAttribute("aria-label");
      }
      for (const input of made.options ?? []) {
        input.checked = input.value === value;
        // A game of D's mean alone is none for data.
        input.parentNode.hidden = input.value === "fake_value" && !input.checked && !isSolvable(settings);
      }
      if (made.flag) made.flag.checked = Boolean(value);
      if (made.entry && document.activeElement !== made.entry) made.entry.value = made.places || value?.length ? this.said(value) : word("equal");
      if (made.slider) {
        made.slider.value = made.places.placeOf(value);
        const held = Boolean(knob.held?.(settings));
        made.slider.disabled = made.entry.disabled = held;
        made.row.title = held ? word("one_each", { update: word(`value.${valueAt(settings, "game.update")}`) }) : "";
        this.dress(made, value);
      }
    }
    return undefined;
  }
}
