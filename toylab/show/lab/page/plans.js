// What the engine is told: of each part of a training its settings, its target and the square that is seen.
import { Viewer, begun } from "../engine/eyes.js";
import { METRICS, windowOf } from "../engine/metrics.js";
import { ACTIVATIONS } from "../engine/networks.js";
import { OBJECTIVES } from "../engine/objectives.js";
import { OPTIMIZERS } from "../engine/optimizers.js";
import { PENALTIES } from "../engine/penalties.js";
import { extentOf, targetOf } from "../engine/targets.js";
import { UPDATES } from "../engine/updates.js";
import { alike, sectionsOf, valueAt } from "./changes.js";
import { KNOBS } from "./knobs.js";
import { conflictOf, misfitOf } from "./rules.js";

// The diagram tells them whatever else is measured.
const LOSS_METRICS = ["discriminator_loss", "generator_loss"];

// The square about two extents.
function squareAround([a, b, c, d], [e, f, g, h]) {
  const x0 = Math.min(a, e), x1 = Math.max(b, f), y0 = Math.min(c, g), y1 = Math.max(d, h), half = Math.max(x1 - x0, y1 - y0) / 2;
  const x = (x0 + x1) / 2, y = (y0 + y1) / 2;
  return [x - half, x + half, y - half, y + half];
}

// Whether a target lies in a square.
function liesWithin({ modes, points, spread = [] }, [x0, x1, y0, y1]) {
  const places = modes?.length ? modes : points ?? [], room = 2 * Math.max(0, ...spread);
  return places.every(([x, y]) => x - room >= x0 && x + room <= x1 && y - room >= y0 && y + room <= y1);
}

/** What the engine needs to know of one section; `told` is its target, whoever tells it. */
export function setupOf(settings, offer) {
  const told = sectionsOf(offer.settings).map(([at, one]) => [one.target, (offer.later ?? []).find(([from]) => from === at)?.[1] ?? (at === 0 ? offer.target : null)]);
  const known = told.find(([target, of]) => of && alike(target, settings.target))?.[1] ?? null, made = known ?? targetOf(settings.target);
  return {
    settings, target: known, told: made, output: OBJECTIVES[valueAt(settings, "game.objective")]?.output ?? offer.output,
    // A picture that changes its scale under a hand is none to draw on.
    extent: known || !made || liesWithin(made, offer.extent) ? offer.extent : squareAround(offer.extent, extentOf(made)),
  };
}

/** A training's plan: its sections, when what is measured, and where it comes to rest. */
export function plannedOf(sections, offer, curves, claims) {
  const drawn = curves.flatMap((curve) => curve.metrics), due = dueOf(sections[0][1], offer);
  return {
    sections: sections.map(([at, settings]) => [at, setupOf(settings, offer)]), due, stop: settingsSteps(sections),
    metrics: [...new Set([...drawn, ...claims.map((claim) => claim.metric), ...LOSS_METRICS])], seldom: seldomOf(due, drawn, claims),
  };
}

/** {metric: [rounds]}: where what is costly and not drawn is measured, which is where a claim speaks of it. */
export function seldomOf(due, drawn, claims) {
  const seldom = {};
  for (const { metric, window } of claims) if (METRICS[metric]?.costly && !drawn.includes(metric)) (seldom[metric] ??= []).push(...due.slice(...windowOf(due, window)));
  return seldom;
}

/** Why settings from elsewhere are none that this page plays: {path, key, values} of a word, or null. */
export function unplayedIn(settings, offer) {
  const { game, optimizer, generator, discriminator } = settings;
  const rows = [
    ["game.objective", OBJECTIVES, valueAt(settings, "game.objective")], ["game.update", UPDATES, valueAt(settings, "game.update")],
    ...(game.penalties ?? []).map(({ kind }) => ["game.penalties", PENALTIES, kind]), ...Object.entries(optimizer).map(([who, { kind }]) => [`optimizer.${who}`, OPTIMIZERS, kind]),
    ...Object.entries({ generator, discriminator }).filter(([, one]) => one.hidden).map(([who, one]) => [`${who}.activation`, ACTIVATIONS, one.activation]),
  ];
  const strange = rows.find(([, table, kind]) => !Object.hasOwn(table, kind));
  if (strange) return { path: strange[0], key: "not_played", values: { given: strange[2] } };
  for (const [who, one] of Object.entries({ generator, discriminator })) {
    const option = ["batch_norm", "spectral_norm", "minibatch", "dropout"].find((key) => one[key]);
    if (option) return { path: `${who}.${option}`, key: "not_played", values: { given: one[option] } };
  }
  for (const path of [...KNOBS.map((knob) => knob.path), "training.steps"]) {
    const value = valueAt(settings, path), found = misfitOf(path, value);
    if (found) return { ...found, path, values: { ...found.values, given: JSON.stringify(value) } };
  }
  try {
    const setup = setupOf(settings, offer);
    if (!setup.told) return { path: "target", key: "not_played", values: { given: settings.target.kind } };
    new Viewer(setup, 0);
    begun(setup, 0);
  } catch (error) { return { path: "", key: "", values: { message: error.message } }; }
  return conflictOf(settings);
}

// When it is measured: as Python said, or evenly where somebody's own file is of another length.
function dueOf(settings, offer) {
  const { training: { steps }, recording: { snapshots } } = settings, own = offer.settings;
  if (steps === own.training.steps && snapshots === own.recording.snapshots) return offer.due;
  const n = Math.min(snapshots, steps + 1);
  return Array.from({ length: n }, (_, i) => Math.round((i * steps) / (n - 1)));
}

export const settingsSteps = (sections) => sections[0][1].training.steps;
