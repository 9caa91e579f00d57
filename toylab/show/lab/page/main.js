// The page that trains: it puts every part in its place and lets them know of one another. What Python told stands in toylabData.
import { Board } from "./board.js";
import { Chips } from "./chips.js";
import { differencesTold } from "./changes.js";
import { Claims } from "./claims.js";
import { Director, PACES } from "./director.js";
import { Drawing } from "./draw.js";
import { listenForKeys, listenForMessages, scriptOf } from "./hands.js";
import { Knobs } from "./knobs.js";
import { fromLink } from "./link.js";
import { Painters, servePaintings } from "./painters.js";
import { Saving } from "./saving.js";
import { Seeds } from "./seeds.js";
import { inTongue, settingNamer, speaker } from "./speaking.js";
import { Timeline } from "./timeline.js";
import { unpackedOffer } from "./unpacked.js";

const byId = (id) => document.getElementById(id);
// Milliseconds between two looks at curves and time line while it plays.
const BESIDE = 120;
// Milliseconds for which pictures wait while a finger is down.
const PICTURES_WAIT = 150;

/** Everything at its place. */
class Page {
  constructor(lab) {
    this.lab = lab;
    this.word = speaker(lab, () => this.session?.lang ?? lab.lang);
    this.nameOf = settingNamer(lab, () => this.session?.lang ?? lab.lang);
    this.listeners = new Map();
    Object.assign(this, { beside: 0, part: 0, finger: -Infinity });
    const events = {
      behind: () => this.board.main?.behind > 1,
      draw: (fresh) => { this.redraw(fresh); this.emit("seen", {}); },
      told: (key, values) => this.say(key ? this.word(key, values) : ""),
      refused: (key, values) => this.refuse(key ? this.refusal(key, values) : values.message),
      opened: () => this.opened(),
      // What was said of a moment is over when another follows.
      played: () => { if (this.director.playing) this.say(""); this.tellTime(); },
      turned: (kind, branch) => this.turned(kind, branch),
      finished: () => this.finished(),
      half: ({ who, nth, of }) => { this.say(this.word(`turn_${who}`) + (of > 1 ? ` (${nth}/${of})` : "")); this.emit("half", { who, nth, of }); },
    };
    const painters = this.painters = new Painters(`${byId("engine").textContent}\n${byId("script").textContent}`, lab, () => this.redraw());
    const { word } = this, director = this.director = new Director(lab, byId("engine").textContent, events);
    const shared = { lab, word, director, say: (line) => this.say(line), refuse: (line) => this.refuse(line) };
    this.board = new Board({ stages: byId("stages"), panels: byId("panels"), diagram: byId("diagram"), numbers: byId("numbers"), key: byId("key"), menu: byId("menu") }, { ...shared, painters, redraw: () => this.redraw(true), drawn: (round) => this.emit("drawn", { pictured: round }), touched: () => this.touched });
    this.chips = new Chips(byId("scenarios"), byId("others"), { ...shared, session: () => this.session, open: (name) => director.open(name), unfold: (shown) => this.unfold(shown ? "others" : "") });
    const own = this, colour = (name) => this.board.colour(name);
    this.knobs = new Knobs(byId("knobs"), byId("more"), { word, get session() { return own.session; }, refuse: shared.refuse, turn: (path, value) => this.turn(path, value), putBack: (path) => director.putBack(path) });
    this.timeline = new Timeline(byId("line"), { word, nameOf: this.nameOf, colour, get session() { return own.session; }, goto: (round) => director.goto(round), choose: (name) => director.choose(name) });
    this.against = new Map();
    this.claims = new Claims(byId("claims"), {
      lab, word, get session() { return own.session; }, against: this.against,
      countAgainst: (i) => { const { generation } = director; director.countAgainst(this.session.claims[i], (value) => { if (generation === director.generation) { this.against.set(i, value); this.redraw(true); } }); },
    });
    this.seeds = new Seeds(byId("seeds"), {
      lab, word, get session() { return own.session; }, hunt: (...given) => director.hunt(...given), open: (seed) => this.openSeed(seed), closed: () => byId("hunt").focus(),
      canHunt: (claim) => !claim.against || director.rival(claim) !== null,
      extent: () => director.view().setup.extent, target: () => { const { modes, points } = director.view().setup.told ?? {}; return modes?.length ? modes : (points ?? []).filter((_, i) => i % 16 === 0); }, colours: () => this.board.colours,
    });
    this.saving = new Saving(byId("keeping"), { ...shared, drawing: () => this.drawing, dress: (theme) => this.wear(theme), painted: () => this.board.painted() });
    this.script = scriptOf(director, this.listeners, () => this.saving.scenario());
    this.hands();
  }

  get session() { return this.director?.session; }

  emit(event, told) {
    for (const use of this.listeners.get(event) ?? []) use({ round: this.session.cursor, ...told });
  }

  // --- what is said ---

  say(line) {
    if (byId("said").textContent !== line) byId("said").textContent = byId("said").title = line;
  }

  refusal(key, values) {
    const path = values.path ?? "", name = this.word(`knob.${path.replace(/^(game\.penalties|game|training|target|optimizer)\./, "")}`);
    return this.word(key, { name: name.startsWith("knob.") ? this.nameOf(path) : name, ...values });
  }

  refuse(line) {
    byId("alert").hidden = !line;
    byId("alert").replaceChildren(line);
    if (!line) return;
    const close = byId("alert").appendChild(document.createElement("button"));
    Object.assign(close, { type: "button", className: "small", textContent: "✕", title: this.word("close") });
    close.setAttribute("aria-label", this.word("close"));
    close.addEventListener("click", () => this.refuse(""));
    this.emit("refused", { line });
  }

  // --- what happens ---

  opened() {
    const { session } = this;
    const before = this.openName, { base } = session.chosen, parts = [session, session.curves, base], again = parts.every((part, i) => part === this.built?.[i]);
    Object.assign(this, { openName: session.offer.name, built: parts });
    this.refuse("");
    this.say(before !== this.openName && this.director.kept.has(before) ? this.word("kept", { name: inTongue(this.director.offer(before).title, session.lang) }) : "");
    this.against.clear();
    byId("confirm").hidden = true;
    this.unfold("");
    this.seeds.stop();
    // Of the same plan with another seed nothing but the pictures is new, and they should be there at once.
    if (!again) {
      this.dress();
      // Of data nothing is learned there.
      byId("drawing").hidden = Boolean(session.offer.solvable);
      this.board.build();
    }
    this.arrange(true);
    if (again) this.redraw(true); else this.tellWords();
    this.emit("opened", { name: session.offer.name, seed: session.seed });
  }

  turned(kind, branch) {
    if (kind === "branch") this.say(this.word("branch_began", { name: branch.name, step: branch.from }));
    if (kind && kind !== "closed" && kind !== "chosen") { this.refuse(""); this.against.clear(); }
    if (kind === "branch" || kind === "change" || kind === "start") this.board.change();
    this.arrange(kind === "chosen" || kind === "branch" || kind === "closed" || kind === "start");
    this.redraw(true);
    this.emit("turned", { kind });
  }

  finished() {
    const found = this.claims.tell();
    this.say(this.word("finished", { step: this.session.cursor, n: found.length, holds: found.filter((one) => one.holds).length }));
    this.tellTime();
    this.redraw(true);
    this.emit("finished", { claims: found });
  }

  /** A seed that was found: at the end of the plan, where its claim was judged. */
  openSeed(seed) {
    this.seeds.hide();
    this.director.reset(seed);
    byId("play").focus();
    return this.director.goto(this.session.steps);
  }

  /** Turn a knob; of what begins anew it is asked first. */
  turn(path, value) {
    const name = this.director.startsAs(path);
    if (!name || this.director.misfit(path, value)) return this.director.turn(path, value);
    this.asked = { path, value };
    byId("question").textContent = this.word("ask_start", { what: `${this.nameOf(path)} → ${JSON.stringify(value).replace(/[[\]"]/g, "")}`, name });
    byId("confirm").hidden = false;
    byId("confirmed").focus();
    return Promise.resolve(false);
  }

  answer(yes) {
    byId("confirm").hidden = true;
    if (yes) this.director.turn(this.asked.path, this.asked.value); else this.knobs.tell();
    byId("play").focus();
  }

  // --- what is seen ---

  // Stages for all futures; drawing by hand is on the chosen one.
  arrange(other) {
    this.board.arrange();
    const { main } = this.board, session = this.session;
    if (main && (main !== this.drawnOn || !this.drawing)) {
      const earlier = this.drawing;
      earlier?.close();
      byId("drawing").replaceChildren();
      this.drawnOn = main;
      this.drawing = new Drawing(main, byId("drawing"), this.lab, {
        target: () => this.session.settingsAt().target, toldTarget: () => this.director.view().setup.told, extent: () => this.director.view().setup.extent,
        set: (target) => this.director.turn("target", target), word: this.word, refuse: (line) => this.refuse(line), changed: () => this.redraw(true),
      }, earlier);
      this.drawing.theme(session.theme, session.lang);
    } else this.drawing?.refresh();
    if (other) this.board.fillMenu();
    this.board.tellKey();
    this.tellBranches();
    this.tellDiffers();
    this.knobs.tell();
  }

  redraw(fresh = false) {
    this.fresh ||= fresh;
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      if (this.touched) { this.redraw(); return; }
      const { session } = this, section = JSON.stringify([session.chosenName, session.cursor === 0, session.sections(session.chosen).filter(([from]) => from <= session.cursor).length]);
      this.board.drawStages();
      const clock = performance.now(), parts = this.board.panels.length + 2;
      if (this.board.isMoving() && section === this.section) {
        // What stands beside the stages is read, not watched: one thing after the other, now and then.
        if (clock - this.beside < BESIDE / parts) return;
        Object.assign(this, { beside: clock, part: (this.part + 1) % parts });
        if (this.part < parts - 1) { this.board.drawBeside(this.part); return; }
      } else { this.board.drawBeside(); }
      this.timeline.draw();
      this.tellTime();
      if (this.fresh) { this.claims.tell(); this.tellBranches(); }
      // Other knobs hold in another section.
      if (section !== this.section) { this.knobs.tell(); this.tellBranches(); }
      Object.assign(this, { fresh: false, section });
    });
  }

  /** Whether a finger was set down and what it asked for was not answered yet: pictures wait for that. */
  get touched() { return performance.now() - this.finger < PICTURES_WAIT; }

  tellBranches() {
    const { session, word } = this, { branches, chosenName } = session, box = byId("branches");
    const key = JSON.stringify([session.lang, session.theme, chosenName, branches.map((one) => [one.name, one.head])]);
    if (key === this.branchesTold) return;
    this.branchesTold = key;
    const held = document.activeElement?.dataset?.branch, button = (said, name, act, label = "") => {
      const made = box.appendChild(document.createElement("button"));
      Object.assign(made, { type: "button", textContent: said });
      made.dataset.branch = name;
      if (label) { made.title = label; made.setAttribute("aria-label", label); }
      made.addEventListener("click", act);
      return made;
    };
    box.replaceChildren();
    for (const { name, head } of branches) {
      if (branches.length === 1) break;
      const one = button(`${name} · ${head}`, name, () => this.director.choose(name), word("branch_at", { name, step: head }));
      one.style.color = this.board.colour(name);
      one.setAttribute("aria-pressed", String(name === chosenName));
      button("✕", `close ${name}`, () => this.director.closeBranch(name), word("branch_close", { name })).className = "shut";
    }
    button(`⎇ ${word("branch_new")}`, "new", () => this.director.branch());
    if (held) box.querySelector(`[data-branch="${held}"]`)?.focus();
  }

  /** What differs from the scenario, always listed. */
  tellDiffers() {
    const { session, word } = this, found = session.differences(), box = byId("differs");
    box.replaceChildren();
    box.appendChild(document.createElement("h2")).textContent = word("differs");
    const { told } = this.director.view().setup, line = (said) => { box.appendChild(document.createElement("p")).textContent = said; };
    // Nothing is drawn from less than Python draws from without a word.
    if (told?.exact === false) line(word("some_points", { n: told.points.length }));
    if (!found.length) { line(word("differs_not")); return; }
    const list = box.appendChild(document.createElement("ul"));
    for (const [from, differ] of found) {
      const what = differencesTold(differ, this.nameOf, word).join(", ") || word("no_change");
      list.appendChild(document.createElement("li")).textContent = from ? word("from_step", { step: from, what }) : word("from_start", { what });
    }
    const back = box.appendChild(document.createElement("button"));
    Object.assign(back, { type: "button", className: "small", textContent: word("put_all_back") });
    back.addEventListener("click", () => this.director.open(session.offer.name, session.seed, true));
  }

  tellTime() {
    const { director, word, session } = this, { playing, pace } = director, place = byId("speed"), sign = playing ? "❚❚" : "▶\uFE0E";
    if (byId("play").textContent !== sign) {
      byId("play").textContent = sign;
      for (const key of ["title", "aria-label"]) byId("play").setAttribute(key, word(playing ? "pause" : "play"));
    }
    place.max = PACES.length - 1;
    place.value = pace;
    const said = PACES[pace] === 0 ? word("speed_slow") : PACES[pace] === Infinity ? word("speed_most") : word(PACES[pace] === 1 ? "speed_one" : "speed_rounds", { n: PACES[pace] });
    const rate = playing && director.rate && PACES[pace] === Infinity ? word("rate", { n: Math.round(director.rate) }) : said;
    place.setAttribute("aria-valuetext", said);
    byId("dial").firstElementChild.textContent = rate;
    if (document.activeElement !== byId("seed")) byId("seed").value = session.seed;
    byId("printed").textContent = `${session.offer.name} · ${word("seed")} ${session.seed} · ${word("step")} ${session.cursor}`;
  }

  tellWords() {
    const { session, word } = this, { lang, offer } = session, name = (id, key, sign = "") => {
      byId(id).title = word(key);
      byId(id).setAttribute("aria-label", word(key));
      if (sign) byId(id).textContent = sign;
    };
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = byId("title").textContent = session.heading("title", lang) ?? inTongue(offer.title, lang);
    byId("lesson").textContent = session.heading("lesson", lang) ?? inTongue(offer.lesson, lang);
    byId("seedlabel").textContent = word("seed");
    byId("seed").title = word("seed_note");
    name("next", "seed_next");
    for (const [id, key] of [["hunt", "find_failing"], ["save", "save"], ["skip", "skip"], ["share", "share"], ["stepd", "step_d"], ["stepg", "step_g"], ["layers", "layers"], ["confirmed", "do_start"], ["left", "leave_it"]]) byId(id).textContent = word(key);
    // With Latin letters too, for who has no Chinese font.
    byId("lang").textContent = lang === "zh" ? this.lab.words.en.language : `${this.lab.words.zh.language} (zh)`;
    name("theme", session.theme === "dark" ? "light" : "dark");
    name("asking", "help_title");
    name("back", "step_back");
    name("forward", "step_round");
    byId("play").textContent = "";
    byId("speed").setAttribute("aria-label", word("speed"));
    byId("turning").querySelector("h2").textContent = word("knobs");
    byId("round").querySelector("h2").textContent = word("this_round");
    byId("hint").textContent = word("time_hint");
    byId("help").textContent = word("help_keys");
    this.chips.tell();
    this.knobs.build();
    this.saving.tell();
    this.board.fillMenu();
    this.board.tellKey();
    if (this.seeds.shown) this.seeds.build();
    this.branchesTold = this.claims.told = "";
    this.tellBranches();
    this.tellDiffers();
    this.claims.tell();
    this.drawing?.theme(session.theme, lang);
    this.redraw(true);
  }

  wear(theme) {
    this.session.theme = theme;
    this.dress();
    this.tellWords();
  }

  dress() {
    const theme = this.lab.themes[this.session.theme], root = document.documentElement.style;
    for (const key of ["paper", "ink", "soft", "grid"]) root.setProperty(`--${key}`, theme[key]);
    theme.curves.forEach((colour, i) => root.setProperty(`--curve${i}`, colour));
    root.colorScheme = this.session.theme;
  }

  /** Of what lies folded above the stage one at a time is open. */
  unfold(name) {
    for (const id of ["help", "others", "keeping"]) byId(id).hidden = id !== name;
    byId("save").setAttribute("aria-expanded", String(name === "keeping"));
    if (name && this.seeds.shown) this.seeds.hide();
  }

  // --- hands ---

  hands() {
    const { director } = this, press = (id, act) => byId(id).addEventListener("click", act), toggle = () => (director.playing ? director.pause() : director.play());
    const hunt = () => { if (this.seeds.shown) { this.seeds.hide(); byId("hunt").focus(); } else { this.unfold(""); this.seeds.show(); } };
    const help = () => this.unfold(byId("help").hidden ? "help" : ""), save = () => { this.unfold(byId("keeping").hidden ? "keeping" : ""); byId("keeping").querySelector("button").focus(); };
    const layers = () => {
      byId("menu").hidden = !byId("menu").hidden;
      byId("layers").setAttribute("aria-expanded", String(!byId("menu").hidden));
      if (!byId("menu").hidden) byId("menu").querySelector("input, select")?.focus();
    };
    const acts = {
      play: toggle, stepd: () => director.step("d"), stepg: () => director.step("g"), back: () => director.step("back"), forward: () => director.step("round"),
      hunt, layers, save, asking: help, next: () => director.reset(this.session.seed + 1), share: () => this.saving.guarded(() => this.saving.share()), confirmed: () => this.answer(true), left: () => this.answer(false),
      theme: () => this.wear(this.session.theme === "dark" ? "light" : "dark"),
      lang: () => { this.session.lang = this.session.lang === "zh" ? "en" : "zh"; this.tellWords(); },
    };
    for (const [id, act] of Object.entries(acts)) press(id, act);
    press("skip", () => byId("line").focus());
    byId("speed").addEventListener("input", () => director.setPace(Number(byId("speed").value)));
    byId("seed").addEventListener("change", () => {
      const seed = Number(byId("seed").value.trim());
      if (Number.isInteger(seed) && seed >= 0 && byId("seed").value.trim()) director.reset(seed);
      else { this.refuse(this.word("must_be_whole", { name: this.word("seed"), given: byId("seed").value, least: 0, most: 999999999 })); byId("seed").value = this.session.seed; }
    });
    listenForKeys({
      " ": toggle, ArrowLeft: acts.back, ArrowRight: acts.forward, d: acts.stepd, g: acts.stepg, Home: () => director.goto(0), End: () => director.goto(this.session.chosen.head),
      "[": () => director.setPace(director.pace - 1), "]": () => director.setPace(director.pace + 1), s: acts.next, b: () => director.branch(), l: layers, "?": help, f: hunt, undo: () => director.undo(),
      ...Object.fromEntries(["1", "2", "3", "4"].map((key, i) => [key, () => { const one = this.session.branches[i]; if (one) director.choose(one.name); }])),
      Escape: () => {
        if (byId("side").contains(document.activeElement)) document.activeElement.blur();
        this.refuse(""); byId("menu").hidden = true; this.unfold(""); if (!byId("confirm").hidden) this.answer(false); if (this.seeds.shown) hunt(); this.chips.tell();
      },
    });
    const lifted = () => { this.finger = -Infinity; }, listen = (kind, act) => document.addEventListener(kind, act, { capture: true, passive: true });
    listen("pointerdown", () => { this.finger = performance.now(); });
    for (const kind of ["pointermove", "pointercancel"]) listen(kind, lifted);
    // The next frame has the answer to itself.
    listen("click", () => requestAnimationFrame(() => requestAnimationFrame(lifted)));
    window.addEventListener("resize", () => this.redraw());
    window.addEventListener("hashchange", () => this.follow());
    listenForMessages(this.script);
    window.toylab = this.script;
  }

  /** What the address holds: a session, or the name of a scenario, "#scenario=fair-steps&seed=7&lang=zh". */
  async follow() {
    const asked = new URLSearchParams(location.hash.slice(1)), name = asked.get("scenario");
    if (name !== null) {
      const seed = Number(asked.get("seed") ?? this.session.seed), lang = asked.get("lang");
      if (lang in this.lab.words) this.session.lang = lang;
      return this.director.open(name, Number.isInteger(seed) && seed >= 0 ? seed : 0);
    }
    try {
      const told = await fromLink(location.hash);
      return told !== null && await this.director.revive(told);
    } catch (error) {
      this.refuse(error.key ? this.word(error.key, error.values) : error.message);
      return false;
    }
  }
}

async function beginPage() {
  const told = globalThis.toylabData, lab = { ...told, scenarios: told.scenarios.map(unpackedOffer) }, page = new Page(lab);
  // The first picture before a worker answers, and whatever a link holds over it.
  page.director.open(lab.opened ?? lab.scenarios.find((one) => !one.whyNot).name);
  await page.follow();
}

// A worker is given the same text, and paints.
if (globalThis.document) beginPage(); else servePaintings(globalThis);
