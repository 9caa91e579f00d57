// What cannot be played together, before anything is trained: the bounds and rules of Python's that knobs can reach.
import { valueAt } from "./changes.js";

// Least and most of each setting; `open` leaves out the least itself.
const KNOB_BOUNDS = [
  [/\.lr$/, 0, 1e9, true], [/\.betas$/, 0, 0.9999999], [/\.decay$/, 0, 0.9999999], [/\.momentum$/, -0.9999999, 0.9999999], [/\.eps$/, 0, 1, true],
  [/_steps$/, 0, 1000], [/\.batch$/, 1, 65536], [/\.steps$/, 1, 1e7],
  [/penalties\.(r1|r2|gradient_penalty)\.weight$/, 0, 1e6], [/\.limit$/, 0, 1000, true], [/\.norm$/, 0, 1e6, true], [/truncation\.scale$/, 0, 10, true], [/weight_decay\.share$/, 0, 0.9999999], [/\.(amount|share|end)$/, 0, 1],
  [/instance_noise\.spread$/, 0, 1000], [/gradient_penalty\.target$/, 0, 1000], [/\.capacity$/, 1, 1e5], [/\.every$/, 1, 1000],
  [/target\.spreads?$/, 1e-4, 1000], [/target\.(radius|spacing|scale)$/, 1e-4, 1000], [/target\.modes$/, 1, 1024], [/target\.side$/, 1, 32], [/target\.weights$/, 0, 1e9, true],
  [/\.hidden$/, 1, 4096], [/\.latent$/, 1, 1024], [/\.gap$/, 0, 100, true], [/discriminator\.spread$/, 0, 100],
];
const ONE_EACH = ["simultaneous", "extragradient", "optimistic"];
const LABELLED_OBJECTIVES = ["saturating", "non_saturating"];
const WHOLE_SETTINGS = /(_steps|\.batch|\.modes|\.side|\.hidden|\.latent|\.capacity|\.every|training\.steps)$/;

/** Why a setting cannot have a value: {key, values} of a word, or null. */
export function misfitOf(path, value) {
  const found = KNOB_BOUNDS.find(([pattern]) => pattern.test(path));
  if (value === null || !found) return null;
  const [, least, most, open] = found, numbers = [value].flat(2);
  const fits = (n) => typeof n === "number" && Number.isFinite(n) && (open ? n > least : n >= least) && n <= most && (!WHOLE_SETTINGS.test(path) || Number.isInteger(n));
  return numbers.every(fits) ? null : { key: WHOLE_SETTINGS.test(path) ? "must_be_whole" : "must_be", values: { least: open ? `> ${least}` : least, most } };
}

/** Whether the players are two numbers each, as Python's networks tell it. */
export const isSolvable = ({ generator, discriminator }) => generator.kind === "point" && ["linear", "quadratic"].includes(discriminator.kind);

/** Whether a round of this update is one step each. */
export const oneEach = (settings) => ONE_EACH.includes(valueAt(settings, "game.update"));

/** What makes no sense together in a game: {path, key, values} of a word, or null. */
export function conflictOf(settings) {
  const { game, training } = settings, objective = valueAt(settings, "game.objective"), kinds = (game.penalties ?? []).map((one) => one.kind);
  if (!game.discriminator_steps && !game.generator_steps) return { path: "game.generator_steps", key: "nobody_moves", values: {} };
  if (oneEach(settings) && (game.discriminator_steps !== 1 || game.generator_steps !== 1)) {
    return { path: "game.update", key: "one_each", values: { update: valueAt(settings, "game.update") } };
  }
  if (kinds.includes("label_smoothing") && !LABELLED_OBJECTIVES.includes(objective)) return { path: "game.penalties.label_smoothing", key: "needs_labels", values: {} };
  if (kinds.includes("replay") && valueAt(settings, "game.update") === "extragradient") return { path: "game.penalties.replay", key: "asks_twice", values: {} };
  if (kinds.includes("truncation") && settings.generator.kind !== "mlp") return { path: "game.penalties.truncation", key: "needs_network", values: {} };
  const size = valueAt(settings, "game.penalties.packing.size");
  if (size && settings.discriminator.kind !== "mlp") return { path: "game.penalties.packing", key: "packs_need_layers", values: {} };
  if (size && (training.batch % size || training.points % size)) return { path: "training.batch", key: "packs", values: { size } };
  const { weights, modes, side } = settings.target;
  const k = settings.target.means?.length ?? (side ? side * side : modes);
  if (weights?.length && k && weights.length !== k) return { path: "target.weights", key: "one_a_mode", values: { n: k } };
  return null;
}
