// Which layers there are for a game, and what their marks stand for.

import { targetOf } from "../engine/targets.js";
import { isSolvable } from "./rules.js";

const KEY_SIGNS = { real: "▪", generated: "●", arrow: "➜", line: "—", dashes: "╌" };

/** Names of the layers that there are for a game, bottom first. */
export function layersOf(lab, setup) {
  const { settings, output } = setup, target = setup.target ?? targetOf(settings.target), modes = target?.modes?.length ?? 0;
  const known = target?.kind === "mixture" || (target?.noise?.[0] > 0 && target.noise[1] > 0 && target.density !== false);
  const solvable = isSolvable(settings);
  const there = {
    density: known, optimal: known, optimal_gap: known && output === "logit",
    lattice: settings.generator.latent === 2 && settings.generator.kind === "mlp", modes: modes > 0 && modes <= lab.film.mostLabels, phase: solvable,
  };
  // In a game of two numbers the plane of the data is all but empty.
  return lab.layers.map(({ name }) => name).filter((name) => (solvable ? name === "phase" : there[name] ?? true) && lab.layers.find((one) => one.name === name).offered);
}

/** The line below a stage: what its marks stand for. */
export function keyOf(lab, setup, off, theme, lang) {
  const there = layersOf(lab, setup), found = new Map();
  for (const layer of lab.layers) {
    if (!layer.mark || off.has(layer.name) || !there.includes(layer.name)) continue;
    const edge = layer.mark === "generated" ? lab.themes[theme].edge : "";
    found.set(layer.words[lang], { sign: KEY_SIGNS[layer.mark], colour: layer.colour[theme], edge, words: layer.words[lang] });
  }
  return [...found.values()];
}
