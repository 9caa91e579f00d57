// Drawing and changing the data on the stage, by finger, mouse, pen and keyboard.
//
//   new Drawing(stage, tools, lab, host, earlier)
//     stage: {canvas}, whose parent is positioned; tools: an empty element for the buttons; lab.themes: colours
//     host: {target() -> target table, toldTarget(), extent(), set(target), word(key, values), refuse(line), changed?()}
//   .theme(theme, lang); .refresh() after another scenario, branch or step; .put(points, noise?); .use("draw" | ... | ""); .close()
// The target is set once a stroke has ended. Keys, with the stage focused: arrows move a cross, Enter or Space does what a
// tap does, Shift and arrows draw a line, Delete erases, + and - the brush or the mode, [ and ] its weight, Ctrl+Z, Escape.
import { alike } from "./changes.js";
import { Sketch } from "./sketch.js";
import { paintSketch } from "./sketch_picture.js";
import { Toolbar } from "./toolbar.js";
import { fitCanvas } from "../../page/pen.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const FINER = 1.15;

export class Drawing {
  constructor(stage, tools, lab, host, earlier = null) {
    Object.assign(this, { stage, tools, lab, host, tool: "", pointer: null, held: null, cross: null, asked: 0, later: 0, colours: lab.themes.light });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "drawing";
    Object.assign(this.canvas.style, { position: "absolute", border: "0", background: "none", aspectRatio: "auto", cursor: "crosshair" });
    this.canvas.setAttribute("role", "application");
    stage.canvas.after(this.canvas);
    this.bar = new Toolbar(tools, host.word, (tool) => this.use(this.tool === tool ? "" : tool), (deed) => this.done(deed));
    const on = (kind, does, options) => this.canvas.addEventListener(kind, does, options);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.moved(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.lost(event));
    on("pointerleave", () => { this.pointer = null; this.ask(); });
    on("wheel", (event) => this.wheeled(event), { passive: false });
    on("keydown", (event) => this.key(event));
    on("blur", () => { this.cross = null; this.ask(); });
    this.sizes = new ResizeObserver(() => this.ask());
    this.sizes.observe(stage.canvas);
    // What was drawn on another stage can be taken back on this one, where it leads to the data that there are.
    if (earlier?.leadsTo(host.target())) Object.assign(this, { sketch: earlier.sketch, given: earlier.given, before: null });
    else this.restart();
    // Where a stroke opened another future, and with it another stage, the tool stays in the hand.
    this.use(tools.dataset.held ?? "");
  }

  close() {
    this.sizes.disconnect();
    clearTimeout(this.later);
    cancelAnimationFrame(this.asked);
    this.canvas.remove();
    this.bar.close();
  }

  theme(theme, lang) {
    this.colours = this.lab.themes[theme];
    this.lang = lang ?? this.lang;
    this.dress();
  }

  // --- what is drawn, and what the page has ---

  restart() {
    const { host } = this;
    this.given = host.target();
    this.sketch = new Sketch(this.given, host.toldTarget(), host.extent());
    Object.assign(this, { before: null, held: null });
  }

  leadsTo(target) { return this.sketch.history.some((one) => one.target && alike(one.target, target)); }

  /** Take over what the page has, where that is not what was drawn here. */
  refresh() {
    const { sketch, host } = this, target = host.target();
    if (alike(target, this.given)) this.before = null;
    // A page that is still about to take over what it was given, or refused it, has what it had.
    else if (!this.before || !alike(target, this.before)) {
      const known = sketch.history.findLastIndex((one) => one.target && alike(one.target, target));
      if (known < 0) this.restart();
      else {
        // One step of these, taken back or done again by the page.
        sketch.travel(known - sketch.now);
        Object.assign(this, { given: target, before: null });
      }
    }
    this.sketch.fit(host.extent());
    this.dress();
  }

  /** Points that were read, already on the stage: a new drawing. */
  put(points, noise) {
    this.refresh();
    this.sketch.put(points, noise);
    this.keep();
  }

  /** End a step; the page learns of it where the data are some. */
  keep() {
    clearTimeout(this.later);
    const target = this.sketch.commit(), lacks = this.sketch.missing();
    if (lacks) this.host.refuse(this.host.word(lacks));
    this.hand(target);
  }

  hand(target) {
    if (target && !alike(target, this.given)) {
      Object.assign(this, { before: this.before ?? this.given, given: target });
      this.host.set(target);
      this.sketch.fit(this.host.extent());
    }
    this.dress();
    this.host.changed?.();
  }

  // --- tools ---

  /** Take a tool up, or lay all of them down. */
  use(tool) {
    this.tool = this.tools.dataset.held = tool;
    this.refresh();
    this.canvas.style.pointerEvents = tool ? "auto" : "none";
    this.canvas.style.touchAction = tool ? "none" : "auto";
    this.canvas.tabIndex = tool ? 0 : -1;
    this.canvas.setAttribute("aria-hidden", String(!tool));
    this.host.changed?.();
  }

  done(deed) {
    if (this.held) return;
    this.refresh();
    const { sketch } = this;
    if (deed === "undo" || deed === "redo") {
      this.hand(sketch.travel(deed === "undo" ? -1 : 1));
      return;
    }
    const way = deed.endsWith("_more") ? FINER ** 2 : FINER ** -2;
    if (deed === "clear") sketch.clear();
    else if (deed === "remove") sketch.remove();
    else if (deed.startsWith("spread")) sketch.spread(way);
    else sketch.weight(way);
    if (deed === "clear" && this.tool !== "draw") this.use("draw");
    this.keep();
  }

  // Words, states and what is to be seen.
  dress() {
    // What goes out of sight keeps no keys.
    if (this.bar.tell(this.tool, this.sketch) && this.tool) this.canvas.focus({ preventScroll: true });
    this.canvas.setAttribute("aria-label", this.host.word("draw_stage"));
    this.ask();
  }

  // --- pointers ---

  placeOf(event) {
    const box = this.canvas.getBoundingClientRect(), [x0, x1, y0, y1] = this.sketch.extent;
    return [x0 + ((x1 - x0) * (event.clientX - box.left)) / box.width, y1 - ((y1 - y0) * (event.clientY - box.top)) / box.height];
  }

  down(event) {
    // A second finger, and any but the main button, are no pen.
    if (this.held || !event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.cross = null;
    this.refresh();
    const at = this.placeOf(event);
    // Not every pointer can be captured; without it a stroke ends at the edge.
    try { this.canvas.setPointerCapture(event.pointerId); } catch { /* as said */ }
    this.held = { id: event.pointerId, at };
    this.tap(at);
  }

  // What a tool does where it is set down.
  tap(at) {
    const { sketch } = this;
    if (this.tool === "draw" && !sketch.penDown(at)) this.full();
    if (this.tool === "erase") sketch.erase(at);
    if (this.tool === "move") sketch.chosen = sketch.modeAt(at);
    if (this.tool === "add") {
      const there = sketch.modeAt(at);
      if (there >= 0) sketch.chosen = there;
      else if (!sketch.add(at)) this.full();
    }
    this.dress();
  }

  // On the way from one place to the next.
  pull(from, to) {
    const { sketch } = this;
    if (this.tool === "draw" && !sketch.stroke(from, to)) this.full();
    if (this.tool === "erase") {
      // Often enough that nothing is jumped over.
      const n = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / sketch.brush);
      for (let k = 1; k <= n; k++) sketch.erase(from.map((x, i) => x + ((to[i] - x) * k) / n));
    }
    // In a drawing a heap was laid, and there is nothing to drag.
    if (this.tool === "move" || (this.tool === "add" && sketch.modes[sketch.chosen])) sketch.move([to[0] - from[0], to[1] - from[1]]);
  }

  full() {
    this.host.refuse(this.host.word("draw_full", { most: this.sketch.points.length.toLocaleString("en") }));
  }

  moved(event) {
    const at = this.placeOf(event);
    if (event.isPrimary) this.pointer = at;
    if (this.held?.id === event.pointerId) {
      // All places since the last frame, so that a quick stroke has no corners.
      const every = event.getCoalescedEvents?.() ?? [];
      for (const one of every.length ? every : [event]) {
        const next = this.placeOf(one);
        this.pull(this.held.at, next);
        this.held.at = next;
      }
    }
    this.ask();
  }

  up(event) {
    if (this.held?.id !== event.pointerId) return;
    this.held = null;
    this.keep();
  }

  lost(event) {
    if (this.held?.id !== event.pointerId) return;
    this.held = null;
    this.sketch.abandon();
    this.dress();
  }

  wheeled(event) {
    if (this.held || event.ctrlKey || !event.deltaY) return;
    event.preventDefault();
    if (this.tool === "move" || this.tool === "add") {
      const there = this.sketch.modeAt(this.placeOf(event));
      if (there >= 0) this.sketch.chosen = there;
    }
    this.grow(event.deltaY < 0 ? FINER : 1 / FINER, event.shiftKey);
  }

  // The chosen mode, or the brush; a turn of a wheel is one step.
  grow(factor, weight = false) {
    const { sketch } = this;
    if (this.tool !== "move" && this.tool !== "add") sketch.resize(factor);
    else if (weight) sketch.weight(factor);
    else sketch.spread(factor);
    this.dress();
    clearTimeout(this.later);
    this.later = setTimeout(() => { if (!this.held) this.keepIfChanged(); }, 300);
  }

  keepIfChanged() {
    if (this.tool === "move" || this.tool === "add") this.keep();
  }

  // --- keys ---

  key(event) {
    if (!this.keyed(event)) return;
    event.preventDefault();
    // The page's own keys would play and step.
    event.stopPropagation();
  }

  keyed(event) {
    if (this.held || !this.tool) return false;
    this.refresh();
    const { sketch } = this, { key } = event, [x0, x1, y0, y1] = sketch.extent;
    if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(key)) return this.done(event.shiftKey || /y/i.test(key) ? "redo" : "undo"), true;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (key === "Escape") return this.use(""), true;
    if (key in ARROWS) {
      const from = this.cross ?? [(x0 + x1) / 2, (y0 + y1) / 2], step = (event.shiftKey && this.tool !== "draw" ? 0.05 : 0.02) * sketch.width;
      const to = this.cross ? sketch.inside(from.map((x, i) => x + step * ARROWS[key][i])) : from;
      this.cross = to;
      if (this.tool === "draw" && event.shiftKey) {
        if (!sketch.own) sketch.penDown(from);
        this.pull(from, to);
        this.soon();
      } else if (this.tool === "move" && sketch.modes[sketch.chosen]) {
        this.pull(from, to);
        this.soon();
      }
      this.dress();
      return true;
    }
    if (key === "Enter" || key === " ") {
      this.cross ??= [(x0 + x1) / 2, (y0 + y1) / 2];
      const chosen = sketch.chosen;
      this.tap(this.cross);
      // Taken by one, laid down by the next.
      if (this.tool === "move" && chosen >= 0 && this.sketch.chosen === chosen) this.sketch.chosen = -1;
      this.keep();
      return true;
    }
    if (key === "Delete" || key === "Backspace") {
      if (this.tool === "move" && sketch.modes[sketch.chosen]) sketch.remove();
      else sketch.erase(this.cross ?? this.pointer ?? [Infinity, Infinity]);
      this.keep();
      return true;
    }
    const grown = { "+": FINER, "=": FINER, "-": 1 / FINER, "]": FINER, "[": 1 / FINER }[key];
    if (grown) this.grow(grown, "[]".includes(key));
    return Boolean(grown);
  }

  // Held keys repeat: what they draw is one step.
  soon() {
    clearTimeout(this.later);
    this.later = setTimeout(() => { if (!this.held) this.keep(); }, 300);
  }

  // --- the picture ---

  ask() {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  paint() {
    const { canvas, sketch } = this, under = this.stage.canvas;
    Object.assign(canvas.style, { left: `${under.offsetLeft + under.clientLeft}px`, top: `${under.offsetTop + under.clientTop}px`, width: `${under.clientWidth}px`, height: `${under.clientHeight}px` });
    fitCanvas(canvas);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    if (!this.tool) return;
    const ring = this.tool === "draw" ? sketch.brush : this.tool === "erase" ? 2 * sketch.brush : 0;
    paintSketch(canvas, sketch, this.colours, { fresh: this.tool === "draw", cross: this.cross, ring: this.pointer && ring ? { at: this.pointer, radius: ring } : null });
  }
}
