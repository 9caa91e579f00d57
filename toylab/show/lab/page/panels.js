// A panel: curves of one metric, or of a few, of all branches, over the rounds of the plan and beyond. What the
// chosen branch has passed is solid, all other futures are pale.

import { boxOf, fitCanvas, fontOf, writeText } from "../../page/pen.js";
import { footOf, readMetric, roundTicks, toldRound } from "./axes.js";

const RIGHT = 12, TOP = 9, FOOT = 24, PALE = 0.34;
// Of several metrics in one panel each has its own way of drawing, for colours are the branches'.
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]], DASH_SIGNS = ["—", "╌", "┈", "–·"];

/** Number of rows up to a round. */
function rowsUpTo(rows, round) {
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] <= round) low = middle + 1; else high = middle;
  }
  return low;
}

export class Panel {
  /** box: an empty element; curve: {metrics, scale}. */
  constructor(box, lab, curve) {
    const add = (tag, parent, kind) => { const made = document.createElement(tag); if (kind) made.className = kind; parent.append(made); return made; };
    Object.assign(this, { box, lab, curve, view: null, due: 0, onround: null, spans: new Map() });
    this.metrics = curve.metrics.map((name) => ({ name, ...lab.metrics[name] }));
    this.heads = this.metrics.map(() => {
      const head = add("div", box, "head");
      return { name: add("span", head), values: add("span", head, "values"), told: "" };
    });
    // What is counted there, or why there is nothing.
    this.note = add("p", box, "counted");
    this.canvas = add("canvas", box);
    this.canvas.setAttribute("role", "img");
    const drag = (event) => {
      if (event.type === "pointermove" && !(event.buttons & 1)) return;
      const at = (event.clientX - this.canvas.getBoundingClientRect().left - this.left) / Math.max(this.wide, 1);
      this.onround?.(Math.round(Math.min(Math.max(at, 0), 1) * this.end));
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.canvas.setPointerCapture(event.pointerId);
      drag(event);
    });
    this.canvas.addEventListener("pointermove", drag);
    // Asked for when it is another: to ask lays out the page.
    this.sizes = new ResizeObserver(() => { this.size = null; this.ask(); });
    this.sizes.observe(this.canvas);
  }

  close() {
    this.sizes.disconnect();
    cancelAnimationFrame(this.due);
    this.box.replaceChildren();
  }

  show(view) {
    this.view = view;
    this.ask();
  }

  ask() { this.due ||= requestAnimationFrame(() => { this.due = 0; if (this.view) this.draw(); }); }

  get sized() {
    this.size ??= boxOf(this.canvas);
    return { ...this.size, ratio: window.devicePixelRatio || 1 };
  }

  parentOf(branch) {
    if (!branch.from && branch === this.view.branches[0]) return null;
    return this.view.branches.find((one) => one.name === (branch.parent ?? "A") && one !== branch) ?? null;
  }

  /** The chosen branch and those that it came from, each with the round where the next leaves it. */
  chain() {
    const found = new Map(), { branches, cursor } = this.view;
    for (let one = branches.find(({ chosen }) => chosen) ?? branches[0], until = cursor; one; one = this.parentOf(one)) {
      found.set(one, until);
      until = Math.min(until, one.from);
    }
    return found;
  }

  /** The row of a branch, or of what it came from, at a round. */
  rowAt(branch, round) {
    for (let one = branch; one; one = this.parentOf(one)) {
      const n = rowsUpTo(one.rows, round);
      if (n && (one.rows[n - 1][0] >= one.from || !this.parentOf(one))) return one.rows[n - 1];
    }
    return null;
  }

  // Least and most of a branch's rows; only new ones are looked at.
  spanOf(branch) {
    const known = this.spans.get(branch.name), { rows } = branch;
    const span = known && known.rows === rows && known.n <= rows.length && known.last === rows[known.n - 1] ? known : { rows, n: 0, low: Infinity, high: -Infinity, least: Infinity };
    for (; span.n < rows.length; span.n++) {
      for (const { name } of this.metrics) {
        const value = rows[span.n][1][name];
        if (value === null || !Number.isFinite(value)) continue;
        span.low = Math.min(span.low, value);
        span.high = Math.max(span.high, value);
        if (value > 0) span.least = Math.min(span.least, value);
      }
    }
    span.last = rows[span.n - 1];
    this.spans.set(branch.name, span);
    return span;
  }

  /** The value axis: {low, high, ticks, log}; it grows with what is seen. */
  axis() {
    const { branches, modes, floors = {} } = this.view, [first] = this.metrics, spans = branches.map((one) => this.spanOf(one));
    const lines = [...this.claims().map(({ threshold }) => threshold), ...this.metrics.map(({ name }) => floors[name])].filter(Number.isFinite);
    if (this.curve.scale === "log") {
      const most = Math.max(...spans.map((s) => s.high), ...lines, -Infinity), least = Math.min(...spans.map((s) => s.least), ...lines.filter((v) => v > 0), Infinity);
      const top = most > 0 && Number.isFinite(most) ? Math.ceil(Math.log10(most)) : 0;
      // Eight decades at most: below that a gradient is zero for any purpose.
      const foot = Math.max(Math.min(Number.isFinite(least) ? Math.floor(Math.log10(least)) : -1, top - 1), top - 8), every = Math.max(1, Math.ceil((top - foot) / 3));
      const ticks = [];
      for (let e = top; e >= foot; e -= every) ticks.unshift(10 ** e);
      return { low: 10 ** foot, high: 10 ** top, ticks, log: true };
    }
    const lows = this.metrics.map((m) => m.low).filter((v) => v !== null), highs = this.metrics.map((m) => (m.high === "modes" ? modes : m.high)).filter((v) => v !== null && v !== undefined);
    const finite = (values, none) => { const known = values.filter(Number.isFinite); return known.length ? known : [none]; };
    let low = Math.min(...finite([...spans.map((s) => s.low), ...lines, ...lows], 0)), high = Math.max(...finite([...spans.map((s) => s.high), ...lines, ...highs], 1));
    if (lows.length) low = footOf(low, Math.min(...lows), high);
    if (!(high > low)) high = low + Math.max(1, Math.abs(low));
    const whole = first.style === "count", ticks = first.high === "modes" && high === modes && modes > 1 ? [0, Math.floor(modes / 2), modes] : roundTicks(low, high, whole);
    [low, high] = [Math.min(low, ticks[0]), Math.max(high, ticks[ticks.length - 1])];
    const margin = 0.03 * (high - low);
    return { low: low - margin, high: high + margin, ticks, log: false };
  }

  /** Claims whose threshold is a place on this axis. */
  claims() {
    return (this.view.claims ?? []).filter(({ metric, reduce, against }) => this.curve.metrics.includes(metric) && !against && !reduce.startsWith("end"));
  }

  draw() {
    const { view, canvas, lab } = this, ratio = fitCanvas(canvas, view.most, this.sized), pen = canvas.getContext("2d"), theme = lab.themes[view.theme];
    const width = canvas.width / ratio, height = canvas.height / ratio, small = Math.max(12, Math.min(15, width / 30));
    const axis = this.axis(), { low, high, ticks, log } = axis, foot = view.foot === false ? TOP : FOOT, steps = Math.max(view.steps, 1);
    const heads = view.branches.map(({ rows }) => (rows.length ? rows[rows.length - 1][0] : 0));
    // Beyond the plan it grows by quarters of it.
    this.end = Math.max(steps, view.end ?? 0, Math.ceil(Math.max(view.cursor, ...heads) / (steps / 4)) * (steps / 4));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const said = ticks.map((tick) => readMetric(this.metrics[0], tick, true));
    pen.font = `${small}px ${fontOf()}`;
    // Panels stand above one another: their axes begin at one place, unless a label is longer than most.
    this.left = Math.ceil(Math.max(small * 4, ...said.map((one) => pen.measureText(one).width + 10)));
    this.wide = width - this.left - RIGHT;
    const x = (round) => this.left + (round / this.end) * this.wide;
    const share = (value) => (log ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low));
    const y = (value) => height - foot - Math.min(Math.max(share(value), 0), 1) * (height - foot - TOP);
    pen.lineWidth = 1;
    ticks.forEach((tick, i) => {
      pen.strokeStyle = theme.grid;
      pen.beginPath(); pen.moveTo(this.left, y(tick)); pen.lineTo(width - RIGHT, y(tick)); pen.stroke();
      pen.fillStyle = theme.soft;
      writeText(pen, said[i], this.left - 7, y(tick), small, "right");
    });
    if (view.foot !== false) {
      pen.fillStyle = theme.soft;
      writeText(pen, `${lab.words[view.lang].step} 0`, this.left, height - small * 0.75, small, "left");
      writeText(pen, toldRound(Math.round(this.end)), width - RIGHT, height - small * 0.75, small, "right");
    }
    const words = this.drawMarks(pen, theme, x, y, height - foot, small);
    this.drawCurves(pen, theme, x, y, height - foot);
    // Over all lines, with a border of paper.
    Object.assign(pen, { fillStyle: theme.soft, strokeStyle: theme.paper, lineWidth: 4, lineJoin: "round", textBaseline: "middle" });
    for (const [text, left, middle, size, align] of words) {
      Object.assign(pen, { font: `${size}px ${fontOf()}`, textAlign: align });
      pen.strokeText(text, left, middle);
      writeText(pen, text, left, middle, size, align);
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
    this.tellHeads(theme);
    this.ondrawn?.();
  }

  /** What is told of this moment: [[name, value]] of the chosen future. */
  readings() { return this.heads.map(({ name, chosen }) => [name.textContent, chosen ?? "–"]); }

  drawMarks(pen, theme, x, y, bottom, small) {
    const { view } = this, { floors = {}, changes = [], branches } = view, upright = (at, colour, dash) => {
      pen.setLineDash(dash);
      pen.strokeStyle = colour;
      pen.beginPath(); pen.moveTo(x(at), TOP / 2); pen.lineTo(x(at), bottom); pen.stroke();
    };
    pen.lineWidth = 1.5;
    // Dotted and upright: neither a line of the grid, nor a claim's, nor the present.
    for (const at of changes) if (!branches.some((one) => one.from === at && one.from > 0)) upright(at, theme.ink, [1.5, 3]);
    for (const one of branches) if (one.from > 0) upright(one.from, one.colour, [1.5, 3]);
    pen.setLineDash([]);
    pen.lineWidth = 1;
    pen.strokeStyle = theme.soft;
    const taken = [], atFloors = [], words = [], steps = Math.max(view.steps, 1), named = this.lab.words[view.lang].floor;
    for (const { name } of this.metrics) {
      const at = y(floors[name]), middle = at + (at > bottom / 2 ? -0.7 : 0.7) * small;
      if (!Number.isFinite(floors[name])) continue;
      pen.beginPath(); pen.moveTo(this.left, at); pen.lineTo(this.left + this.wide, at); pen.stroke();
      if (!named || atFloors.some((other) => Math.abs(other - middle) < small * 1.3)) continue;
      words.push([named, this.left + 4, middle, small * 0.9, "left"]);
      atFloors.push(middle);
    }
    pen.setLineDash([5, 4]);
    pen.lineWidth = 1.4;
    pen.fillStyle = pen.strokeStyle = theme.soft;
    for (const { threshold, relation, window, metric } of this.claims()) {
      // A claim about one moment would be a dot; a tenth of the plan can be seen.
      const from = Math.min(window[0], Math.max(0, window[1] - 0.1)) * steps, to = Math.max(window[1], window[0] + 0.1) * steps, at = y(threshold);
      pen.beginPath(); pen.moveTo(x(from), at); pen.lineTo(x(Math.min(to, this.end)), at); pen.stroke();
      const said = `${this.lab.film.signs[relation]} ${readMetric(this.lab.metrics[metric], threshold)}`, room = small * 1.5, early = to < 0.3 * this.end;
      // Above a ceiling, below a floor: the curve is expected on the other side.
      const sides = relation.startsWith("<") ? [-1, 1] : [1, -1];
      const side = sides.find((way) => { const middle = at + (way * room) / 2; return middle > small * 0.6 && middle < bottom - small * 0.5 && [...taken, ...(early ? atFloors : [])].every((other) => Math.abs(other - middle) >= room * 0.9); });
      if (!side) continue;
      taken.push(at + (side * room) / 2);
      words.push([said, x(early ? from : Math.min(to, this.end)), at + (side * room) / 2, small, early ? "left" : "right"]);
    }
    pen.setLineDash([]);
    return words;
  }

  drawCurves(pen, theme, x, y, bottom) {
    const { view } = this, chain = this.chain(), { branches, cursor } = view;
    pen.lineJoin = "round";
    pen.lineWidth = 1;
    pen.strokeStyle = theme.soft;
    pen.globalAlpha = 0.6;
    pen.beginPath(); pen.moveTo(x(cursor), TOP / 2); pen.lineTo(x(cursor), bottom); pen.stroke();
    // The chosen one and its past lie over the others.
    const order = [...branches.filter((one) => !chain.has(one)), ...[...chain.keys()].reverse()];
    this.metrics.forEach((metric, m) => {
      pen.setLineDash(DASHES[m % DASHES.length]);
      for (const branch of order) {
        pen.strokeStyle = branch.colour;
        const until = chain.get(branch) ?? branch.from;
        pen.globalAlpha = PALE;
        pen.lineWidth = 2;
        this.path(pen, branch, metric, Math.max(until, branch.from), Infinity, x, y);
        if (until <= branch.from && until < cursor) continue;
        pen.globalAlpha = 1;
        pen.lineWidth = 2.8;
        this.path(pen, branch, metric, branch.from, until, x, y);
      }
    });
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    for (const branch of order) {
      const chosen = branch === order[order.length - 1], head = branch.rows.length ? branch.rows[branch.rows.length - 1][0] : 0;
      for (const { name } of this.metrics) {
        const row = this.rowAt(branch, chosen ? cursor : head), value = row?.[1][name];
        if (value === undefined || value === null || !Number.isFinite(value) || (!chosen && branches.length === 1)) continue;
        pen.fillStyle = chosen && cursor < branch.from ? this.colourAt(branch, cursor) : branch.colour;
        pen.globalAlpha = chosen ? 1 : 0.6;
        pen.beginPath(); pen.arc(x(chosen ? cursor : head), y(value), chosen ? 5 : 3.5, 0, 2 * Math.PI); pen.fill();
      }
    }
    pen.globalAlpha = 1;
  }

  // Of the past that branches share the colour is that of whom it belongs to.
  colourAt(branch, round) {
    let one = branch;
    while (round < one.from && this.parentOf(one)) one = this.parentOf(one);
    return one.colour;
  }

  // A branch's rows from a round to another as one line, which a missing value breaks.
  path(pen, branch, { name, style }, from, to, x, y) {
    const { rows } = branch, steps = style === "count", start = this.rowAt(branch, from), end = rowsUpTo(rows, to);
    let open = false, last = 0;
    const put = (round, value) => {
      if (value === null || value === undefined || !Number.isFinite(value)) { open = false; return; }
      const at = x(round), tall = y(value);
      if (!open) pen.moveTo(at, tall);
      else if (steps) pen.lineTo(at, last);
      if (open) pen.lineTo(at, tall);
      open = true;
      last = tall;
    };
    pen.beginPath();
    if (start && start[0] <= from) put(from, start[1][name]);
    for (let i = rowsUpTo(rows, from); i < end; i++) put(rows[i][0], rows[i][1][name]);
    // What was last measured holds until the next.
    if (steps && open && Number.isFinite(to) && end && rows[end - 1][0] < to) pen.lineTo(x(to), last);
    pen.stroke();
  }

  tellHeads(theme) {
    const { view, lab } = this, { branches, cursor, lang, modes } = view, chosen = branches.find((one) => one.chosen) ?? branches[0], many = branches.length > 1;
    this.metrics.forEach((metric, m) => {
      const head = this.heads[m], sign = this.metrics.length > 1 ? `${DASH_SIGNS[m % DASH_SIGNS.length]} ` : "", label = sign + metric.label[lang];
      const told = branches.map((one) => {
        const row = this.rowAt(one, cursor), value = row && !(one === chosen && view.lacks?.[metric.name]) ? row[1][metric.name] ?? NaN : NaN, said = readMetric(metric, value);
        const total = one.modes ?? modes, counted = metric.high === "modes" && metric.style === "count" && total && said !== "–" ? lab.words[lang].count.replace("{value}", said).replace("{total}", total) : said;
        return { said: many ? `${one.name} ${counted}` : counted, colour: one.colour, chosen: one === chosen, name: one.name };
      });
      const key = JSON.stringify([label, told]);
      if (head.told === key) return;
      head.told = key;
      head.name.textContent = label;
      head.chosen = told.find((one) => one.chosen)?.said;
      head.name.style.color = theme.ink;
      head.values.replaceChildren(...told.map((one) => {
        const made = document.createElement("span");
        made.textContent = one.said;
        made.title = many ? one.name : "";
        Object.assign(made.style, { color: one.colour, fontWeight: one.chosen ? "bold" : "normal", marginLeft: "0.7em", fontSize: one.chosen ? "" : "0.8em", whiteSpace: "nowrap" });
        return made;
      }));
    });
    const [first] = this.metrics, need = view.lacks?.[first.name], told = lab.words[lang][need ? `lacks.${need}` : `note.${first.name}`] ?? "";
    if (this.note.textContent !== told) this.note.textContent = this.note.title = told;
    const said = this.metrics.map((metric, m) => `${metric.label[lang]}: ${this.heads[m].values.textContent}`).join(", ");
    if (this.canvas.ariaLabel !== said) this.canvas.setAttribute("aria-label", said);
  }
}
