// The line below a stage that says what its colours stand for.

import { filmShort } from "./axes.js";

const probability = (v) => v.toFixed(2).replace(/0+$/, "").replace(/^0/, "");

export class ColourBar {
  constructor(box, lab) {
    Object.assign(this, { box, lab, told: "" });
    [this.name, this.low, this.strip, this.high] = ["span", "span", "i", "span"].map((tag) => box.appendChild(document.createElement(tag)));
  }

  /** layer: whose colours, if any; limit: of the surface's outermost ones. */
  show(layer, limit, { setup, theme, lang }) {
    this.box.hidden = !layer;
    if (!layer) return;
    const bar = this.lab.layers.find(({ name }) => name === layer).bar[lang], output = setup.output ?? "logit";
    let [said, low, high] = [bar.name, bar.ticks[0][1], bar.ticks[2][1]];
    if (layer === "surface") {
      const p = 1 / (1 + Math.exp(-limit));
      [low, high] = output === "logit" ? [probability(1 - p), probability(p)] : [filmShort(-limit), filmShort(limit)];
      if (output === "difference") said = this.lab.words[lang].difference;
    }
    const told = [said, low, high, theme].join("|");
    if (this.told === told) return;
    this.told = told;
    Object.assign(this.name, { textContent: said });
    Object.assign(this.low, { textContent: low });
    Object.assign(this.high, { textContent: high });
    const ramp = this.lab.themes[theme].ramp.slice(0, -1);
    this.strip.style.background = `linear-gradient(to right, ${ramp.map((c) => `rgb(${c.join()})`).join(", ")})`;
  }
}
