// One round as a diagram: from z over G to a generated point, from there and from a real one into D, two losses,
// and the way of the gradient to whoever moves now.

import { readMetric } from "./axes.js";

const DIAGRAM_SVG = "http://www.w3.org/2000/svg", VIEW = [384, 178];
// Left, top, width, height of each box.
const BOXES = { z: [4, 36, 32, 32], g: [58, 28, 46, 48], fake: [126, 36, 84, 32], real: [126, 94, 84, 32], d: [232, 53, 46, 56] };
const FLOWS = ["M36 52 H58", "M104 52 H126", "M210 52 L232 72", "M210 110 L232 90", "M278 72 L293 64", "M278 90 L293 98"];
// From a loss back to whom it moves: into D from below, or through D and the generated point to G.
const WAYS = { d: "M318 54 C318 14 255 14 255 49", g: "M318 110 C318 156 240 150 168 150 C110 150 81 130 81 82" };

export class Diagram {
  /** box: an empty element; lab: what Python tells, with looks. */
  constructor(box, lab) {
    Object.assign(this, { box, lab, told: "" });
    this.svg = this.make("svg", box, { viewBox: `0 0 ${VIEW.join(" ")}`, role: "img", width: "100%" });
    this.svg.style.display = "block";
    this.svg.style.maxWidth = "520px";
    this.flows = FLOWS.map((d) => this.make("path", this.svg, { d, fill: "none", "stroke-width": 1.5 }));
    this.ways = Object.fromEntries(Object.entries(WAYS).map(([who, d]) => {
      const way = this.make("path", this.svg, { d, fill: "none", "stroke-width": 2.4, "stroke-dasharray": "6 4" });
      return [who, { way, tip: this.make("path", this.svg, { d: who === "d" ? "M249 43 L255 52 L261 43" : "M75 88 L81 79 L87 88", fill: "none", "stroke-width": 2.4 }) }];
    }));
    this.boxes = Object.fromEntries(Object.entries(BOXES).map(([name, [x, y, width, height]]) => {
      const shape = this.make("rect", this.svg, { x, y, width, height, rx: 6 });
      return [name, { shape, text: this.write(x + width / 2, y + height / 2, "middle", name === "fake" || name === "real" ? 13.5 : 16) }];
    }));
    this.losses = { d: this.lossAt(296, 64), g: this.lossAt(296, 99) };
    this.round = this.make("text", this.svg, { x: VIEW[0] / 2, y: 172, "text-anchor": "middle", "font-size": 13.5 });
  }

  close() { this.box.replaceChildren(); }

  make(tag, parent, attributes) {
    const made = document.createElementNS(DIAGRAM_SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return parent.appendChild(made);
  }

  write(x, y, anchor, size) { return this.make("text", this.svg, { x, y, "text-anchor": anchor, "dominant-baseline": "central", "font-size": size }); }

  // An L with whose loss it is below, and its value.
  lossAt(x, y) {
    const text = this.write(x, y, "start", 14), name = this.make("tspan", text, {}), whose = this.make("tspan", text, { "font-size": 10, dy: 4 }), value = this.make("tspan", text, { dy: -4, dx: 4 });
    name.textContent = "L";
    return { text, whose, value };
  }

  /** turns: of a round; turn: how many of them are done; half: one that is being played, if any. */
  show({ turns, turn, losses, half, theme, lang }) {
    const key = JSON.stringify([turns, turn, losses, half && [half.who, half.nth, half.of, half.losses], theme, lang]);
    if (key === this.told) return;
    this.told = key;
    const look = this.lab.themes[theme], words = this.lab.words[lang], colour = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`, now = half?.who ?? turns[turn] ?? "d";
    const moves = { d: now !== "g", g: now !== "d" }, set = (made, attributes) => { for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value); };
    const fills = { z: look.grid, g: look.generated, fake: look.grid, real: look.grid, d: colour(look.ramp[theme === "dark" ? 8 : 4]) };
    const said = { z: "z", g: "G", fake: words.generated, real: words.real, d: "D" };
    for (const flow of this.flows) set(flow, { stroke: look.soft });
    for (const [name, { shape, text }] of Object.entries(this.boxes)) {
      const own = moves[name] ?? false;
      set(shape, { fill: fills[name], "fill-opacity": name === "g" && !own ? 0.45 : 1, stroke: own ? look.ink : "none", "stroke-width": own ? 2.4 : 0 });
      set(text, { fill: name === "g" && (own || theme === "light") ? look.edge : look.ink, "font-weight": name === "d" || name === "g" ? "bold" : "normal" });
      text.textContent = said[name];
      // Long words are brought together rather than cut.
      if (said[name].length > 9) set(text, { textLength: 76, lengthAdjust: "spacingAndGlyphs" }); else text.removeAttribute("textLength");
    }
    const known = half?.losses ?? losses ?? [null, null], values = { d: known[0] ?? losses?.[0], g: known[1] ?? losses?.[1] };
    for (const [who, { text, whose, value }] of Object.entries(this.losses)) {
      set(text, { fill: look.ink, "font-weight": moves[who] ? "bold" : "normal" });
      whose.textContent = who.toUpperCase();
      value.textContent = readMetric({ style: "number" }, values[who] ?? NaN).replace(/^(-?)0\./, "$1.");
    }
    for (const [who, { way, tip }] of Object.entries(this.ways)) {
      for (const made of [way, tip]) set(made, { stroke: look.curves[1], visibility: moves[who] ? "visible" : "hidden" });
    }
    this.tellRound(turns, turn, half, look);
    const [d, g] = ["discriminator_loss", "generator_loss"].map((name) => this.lab.metrics[name].label[lang]);
    const turned = words[`turn_${moves.d && moves.g ? "both" : now}`] ?? "";
    this.svg.setAttribute("aria-label", [turned, `${d} ${this.losses.d.value.textContent}`, `${g} ${this.losses.g.value.textContent}`].filter(Boolean).join("; "));
  }

  // The round's turns, one after the other: those of one side together, the present ones bold.
  tellRound(turns, turn, half, look) {
    const runs = [];
    turns.forEach((who, k) => {
      const last = runs[runs.length - 1];
      if (last?.who === who) last.n += 1; else runs.push({ who, n: 1, from: k });
    });
    this.round.replaceChildren();
    runs.forEach(({ who, n, from }, i) => {
      const own = half ? half.who === who || (half.who === "both" && who !== "d" && who !== "g") : turn >= from && turn < from + n;
      const name = who === "d" || who === "g" ? who.toUpperCase() : "D + G", nth = half && own ? half.nth : turn - from + 1;
      const one = this.make("tspan", this.round, { fill: own ? look.ink : look.soft, "font-weight": own ? "bold" : "normal" });
      one.textContent = name + (n > 1 ? (own ? ` ${Math.min(nth, n)}/${n}` : ` ×\u202f${n}`) : "");
      if (i < runs.length - 1) this.make("tspan", this.round, { fill: look.soft }).textContent = "  →  ";
    });
  }
}
