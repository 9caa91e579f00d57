// What is seen: a stage for each future, curves, and the round as a diagram; and the menu of layers and curves.
import { turnsOf } from "../engine/game.js";
import { isGaussian } from "../engine/gaussian.js";
import { METRICS, floor } from "../engine/metrics.js";
import { Stream } from "../engine/numbers.js";
import { builtTarget } from "../engine/targets.js";
import { BRANCH_NAMES } from "./session.js";
import { Diagram } from "./diagram.js";
import { Panel } from "./panels.js";
import { keyOf, layersOf } from "./layers.js";
import { isSolvable } from "./rules.js";
import { Stage } from "./stage.js";
import { inTongue } from "./speaking.js";

// Which of the theme's curves is a branch's colour: the second is green, as what mends.
const BRANCH_TINTS = [0, 2, 1, 3];

// Milliseconds that a frame takes from which on a machine is slow until they are fewer again, and then between two
// pictures: some 25 a second, and a finger finds the page at leisure.
const LATE = 13, IN_TIME = 9, SPARING = 33;
const NARROW = globalThis.matchMedia?.("(max-width: 760px)") ?? { matches: false };
// Milliseconds after which all is at rest.
const REST = 200;

/** places: {stages, panels, diagram, numbers, key, menu}; host: {lab, director, painters, word, told(), redraw(), drawn(), touched()}. */
export class Board {
  constructor(places, host) {
    Object.assign(this, { places, host, stages: new Map(), panels: [], known: new Map(), moved: -Infinity, rest: 0 });
    this.diagram = new Diagram(places.diagram, host.lab);
  }

  get session() { return this.host.director.session; }
  get colours() { return this.host.lab.themes[this.session.theme]; }
  colour(name) { return this.colours.curves[BRANCH_TINTS[BRANCH_NAMES.indexOf(name)] % this.colours.curves.length]; }
  get main() { return this.stages.get(this.session.chosenName)?.stage; }

  /** Stages and panels anew: another scenario. */
  build() {
    for (const { stage } of this.stages.values()) stage.close();
    this.stages.clear();
    this.places.stages.replaceChildren();
    this.panel();
  }

  panel() {
    for (const { panel } of this.panels) panel.close();
    this.places.panels.replaceChildren();
    this.panels = this.session.curves.map((curve) => {
      const box = this.places.panels.appendChild(document.createElement("div"));
      box.className = "panel";
      const panel = new Panel(box, this.host.lab, curve);
      panel.onround = (round) => { this.host.director.goto(Math.min(Math.max(Math.round(round), 0), this.session.chosen.head)); };
      panel.ondrawn = () => this.tellNumbers();
      return { panel, curve };
    });
    this.places.panels.hidden = !this.panels.length;
  }

  /** As many stages as futures; returns whether the chosen one is another. */
  arrange() {
    const { branches, chosenName } = this.session, { stages } = this.places;
    for (const [name, { stage, figure }] of this.stages) {
      if (this.session.branch(name)) continue;
      stage.close();
      figure.remove();
      this.stages.delete(name);
    }
    for (const { name } of branches) {
      if (this.stages.has(name)) continue;
      const figure = document.createElement("figure");
      figure.className = "stage";
      figure.addEventListener("pointerdown", () => { if (this.session.chosenName !== name) this.host.director.choose(name); }, true);
      const after = branches[branches.findIndex((one) => one.name === name) + 1]?.name;
      stages.insertBefore(figure, this.stages.get(after)?.figure ?? null);
      const stage = new Stage(figure, this.host.lab, this.host.painters, this.host.touched);
      stage.onDrawn = (view) => this.drawn(stage, view);
      this.stages.set(name, { figure, stage });
    }
    stages.dataset.n = branches.length;
    for (const [name, { figure }] of this.stages) figure.classList.toggle("chosen", name === chosenName && branches.length > 1);
  }

  draw() {
    this.drawStages();
    this.drawBeside();
  }

  /** Whether something moves, or did a moment ago: who stops it sees that at once, and all of the picture next. */
  isMoving() {
    const { director } = this.host, clock = performance.now();
    if (director.playing && !director.slow) { this.moved = clock; return true; }
    if (!(clock - this.moved < REST)) return false;
    this.rest ||= setTimeout(() => { this.rest = 0; this.host.redraw(); }, REST);
    return true;
  }

  // What follows from a picture that is on the page.
  drawn(stage, view) {
    const { limit, coloured } = stage.told;
    this.tellOutside(stage);
    // Futures side by side have one scale: where it grew for one, those at rest are painted anew, once.
    for (const { stage: other } of this.stages.values()) {
      if (other === stage || !other.view || other.nudged === limit || other.told.coloured !== coloured || !(other.told.limit < limit)) continue;
      other.nudged = limit;
      other.show(other.view);
    }
    if (stage !== this.main) return;
    this.session.look = stage.told.look ?? this.session.look;
    this.host.drawn(view.round);
  }

  /** Whether the page has no time for all that it would draw: its own pictures take long, or its frames do. */
  isSlow() {
    const { painters, director: { cost } } = this.host;
    this.late = cost > (this.late ? IN_TIME : LATE);
    return this.late || (this.main?.told.slow && !painters.ready);
  }

  /** Once every stage shows what it was last given. */
  async painted() {
    while ([...this.stages.values()].some(({ stage }) => stage.behind)) await new Promise((done) => { requestAnimationFrame(done); });
  }

  drawStages() {
    const { director, word } = this.host, { session } = this, { theme, lang, off, branches } = session, moving = this.isMoving();
    for (const branch of branches) {
      const view = director.view(branch), { stage } = this.stages.get(branch.name) ?? {};
      if (!view || !stage) continue;
      stage.show({
        parameters: view.parameters, setup: view.setup, seed: session.seed, run: `${session.offer.name} ${session.seed} ${director.generation}`, theme, lang, off, round: view.round, ended: branch.ended, half: view.half, moving, path: branch.path, given: session.given,
        caption: branches.length > 1 ? word("branch_at", { name: branch.name, step: view.round }) : "", colour: branches.length > 1 ? this.colour(branch.name) : "", // What is read out loud is not said anew with every frame.
        label: moving ? "" : `${session.heading("title", lang) ?? inTongue(session.offer.title, lang)}. ${word("at_step", { step: view.round, head: branch.head, branch: branch.name })}`,
      });
    }
    director.gap = this.isSlow() ? SPARING : 0;
  }

  /** Curves and the round, beside the stages; of them one alone, by its number, where a frame has no time for all. */
  drawBeside(only = -1) {
    const { director } = this.host, { session } = this, { theme, lang, branches, chosen } = session, moving = this.isMoving();
    const curves = branches.map((branch) => ({ name: branch.name, parent: branch.parent, colour: this.colour(branch.name), rows: session.rowsOf(branch), from: branch.parent ? branch.from : 0, chosen: branch === chosen, modes: director.view(branch)?.setup.told?.modes?.length ?? 0 }));
    const view = director.view(chosen), told = view.setup.told, { claims } = session;
    for (const [i, { panel, curve }] of this.panels.entries()) {
      if (only >= 0 && i !== only) continue;
      panel.show({
        foot: i === this.panels.length - 1, most: moving && this.isSlow() ? 1 : Infinity,
        branches: curves, cursor: session.cursor, steps: session.steps, end: session.end, changes: session.marks().map(([at]) => at), claims: claims.filter((claim) => curve.metrics.includes(claim.metric) && !claim.against),
        lacks: Object.fromEntries(curve.metrics.map((name) => [name, this.lack(name, view.setup)])),
        floors: this.floors(view, curve.metrics), modes: told?.modes?.length ?? 0, theme, lang,
      });
    }
    if (only >= 0 && only < this.panels.length) return;
    const last = curves.find((one) => one.chosen).rows.filter(([round]) => round <= session.cursor).pop()?.[1] ?? {};
    const losses = view.half?.losses ?? ("generator_loss" in last ? [last.discriminator_loss, last.generator_loss] : null);
    this.diagram.show({ turns: (view.turn && view.turns) || turnsOf(view.setup.settings), turn: view.turn, losses, half: view.half, settings: view.setup.settings, theme, lang });
  }

  // Points that no map shows are told of, now and then.
  tellOutside({ beyond, told: { outside, of } }) {
    const { director, word } = this.host, now = performance.now();
    if (now - (beyond.told ?? 0) < (director.playing ? 400 : 0)) return;
    beyond.told = now;
    // A few strays are no news.
    const said = outside > of / 10 ? word("outside", { n: outside, of }) : "";
    if (beyond.textContent !== said) beyond.textContent = said;
  }

  // On a narrow screen curves lie below the map: what they say of this moment stands beside it.
  tellNumbers() {
    const { numbers } = this.places;
    if (!NARROW.matches) return;
    const readings = this.panels.flatMap(({ panel }) => panel.readings()), key = JSON.stringify(readings);
    if (key === this.numbersTold) return;
    this.numbersTold = key;
    const make = (tag, textContent) => Object.assign(document.createElement(tag), { textContent });
    numbers.replaceChildren(...readings.map(([name, value]) => {
      const pair = make("span", "");
      pair.append(make("span", name), make("b", value));
      return pair;
    }));
  }

  /** What a game lacks for a metric: a key of Python's needs, or "". */
  lack(name, { settings, told, output }) {
    const met = {
      modes: told?.modes?.length > 0, density: told?.kind === "mixture" || (told?.density ?? told?.noise?.every((s) => s > 0)), logit: output === "logit",
      training_set: settings.training.points > 0, equilibrium: isSolvable(settings),
      gaussian: isGaussian(settings.generator),
    };
    return this.host.lab.metrics[name]?.needs.find((need) => met[need] === false || met[need] === undefined) ?? "";
  }

  /** Where no curve means anything for the data any more the last one is of what does. */
  change() {
    const { director } = this.host, { curves } = this.session, { setup } = director.view();
    if (!curves.length || curves.some(({ metrics }) => metrics.some((name) => !this.lack(name, setup)))) return;
    director.showCurve(curves.length - 1, ["sliced_wasserstein"]);
    this.panel();
    this.fillMenu();
  }

  // What a perfect sampler would have at so many points; found when there is time for it.
  floors(view, metrics) {
    const { told, settings } = view.setup, n = settings.recording.samples, key = JSON.stringify([told?.points?.slice(0, 9) ?? told, n]);
    const known = this.known.get(key) ?? this.known.set(key, {}).get(key);
    for (const name of metrics) {
      if (name in known || !told || !METRICS[name]) continue;
      known[name] = undefined;
      setTimeout(() => {
        const target = builtTarget(told);
        let seed = 1e6;
        known[name] = floor(name, target, n, (k) => target.sample(new Stream(++seed, "evaluation_data"), k, new Float32Array(2 * k)))?.mean;
        this.draw();
      }, 600);
    }
    return known;
  }

  tellKey() {
    const { lab, director } = this.host, { theme, lang, off } = this.session;
    this.places.key.replaceChildren();
    for (const { sign, colour, edge, words } of keyOf(lab, director.view().setup, off, theme, lang)) {
      const entry = this.places.key.appendChild(document.createElement("span"));
      if (sign) {
        const mark = entry.appendChild(document.createElement("b"));
        mark.textContent = `${sign} `;
        mark.style.color = colour;
        if (edge) mark.style.webkitTextStroke = `1px ${edge}`;
      }
      entry.append(words);
    }
  }

  /** Boxes for the layers, and lists for the curves. */
  fillMenu() {
    const { lab, director, word } = this.host, { menu } = this.places, { lang, off, curves } = this.session;
    menu.querySelectorAll("label").forEach((one) => one.remove());
    menu.querySelector("legend").textContent = word("layers");
    for (const name of layersOf(lab, director.view().setup)) {
      const label = menu.appendChild(document.createElement("label")), box = label.appendChild(document.createElement("input"));
      Object.assign(box, { type: "checkbox", name, checked: !off.has(name) });
      label.append(lab.words[lang][`layer.${name}`] ?? (inTongue(lab.layers.find((one) => one.name === name)?.words, lang) || name));
      box.addEventListener("change", () => { if (box.checked) off.delete(name); else off.add(name); this.tellKey(); this.draw(); });
    }
    curves.forEach((curve, i) => {
      const label = menu.appendChild(document.createElement("label"));
      label.append(`${word("curve")} ${i + 1} `);
      const list = label.appendChild(document.createElement("select")), now = curve.metrics.join(" ");
      const names = Object.keys(lab.metrics);
      for (const name of names.includes(now) ? names : [now, ...names]) {
        const said = name.split(" ").map((one) => inTongue(lab.metrics[one]?.label, lang)).join(", ");
        Object.assign(list.appendChild(document.createElement("option")), { value: name, textContent: said });
      }
      list.value = now;
      list.addEventListener("change", () => { director.showCurve(i, list.value.split(" ")); this.panel(); this.draw(); });
    });
  }
}
