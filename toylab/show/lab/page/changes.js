// Settings as plain data: laid over one another, asked by path, compared, told in words.

// What a file says about itself and its base does not hand down.
export const OWN_KEYS = ["title", "title_zh", "lesson", "lesson_zh", "source", "partner", "claims"];
// That, and what is recorded and shown: no difference between games.
const NOT_COMPARED = new Set([...OWN_KEYS, "film", "slow", "recording", "changes"]);
// Options beside the one that a knob turns, where a penalty or an optimiser is new: Python's defaults.
export const PENALTY_OPTIONS = {
  r1: { weight: 0.1, every: 1 }, r2: { weight: 0.1, every: 1 }, gradient_penalty: { weight: 0.1, target: 1, one_sided: false },
  weight_clipping: { limit: 0.01 }, weight_decay: { share: 0.01 }, label_smoothing: { amount: 0.1 }, instance_noise: { spread: 0.5, end: 0 },
  gradient_clipping: { norm: 1 }, packing: { size: 2 }, replay: { share: 0.5, capacity: 4096 }, average: { decay: 0.999 }, truncation: { scale: 0.5 },
};
export const OPTIMIZER_OPTIONS = {
  adam: { lr: 1e-3, betas: [0.5, 0.999], eps: 1e-8, schedule: "constant" },
  sgd: { lr: 1e-2, momentum: 0, schedule: "constant" },
  rmsprop: { lr: 1e-3, decay: 0.99, eps: 1e-8, schedule: "constant" },
};
// What decides how many numbers the players are, or was drawn at the start.
const FIXED_PATHS = ["generator", "discriminator", "training.points", "game.penalties.packing"];

const isSettingsTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
export const alike = (a, b) => JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));
const inOrder = (value) => (Array.isArray(value) ? value.map(inOrder) : isSettingsTable(value)
  ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, inOrder(value[key])])) : value);
export const copied = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

/** Lay a change over settings, table by table; a list replaces a list, and another kind of table the table. */
export function laidOver(base, change) {
  const result = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const old = result[key];
    const within = isSettingsTable(old) && isSettingsTable(value) && (value.kind ?? old.kind) === old.kind;
    result[key] = within ? laidOver(old, value) : value;
  }
  return result;
}

/** What has to be laid over settings so that others come of it. */
export function partialBetween(before, after) {
  const found = {};
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (alike(old, value)) continue;
    const within = isSettingsTable(old) && isSettingsTable(value) && old.kind === value.kind;
    found[key] = within ? partialBetween(old, value) : value;
  }
  return found;
}

/** The settings between changes on the way, each with the round before which it begins. */
export function sectionsOf(settings, changes = settings.changes ?? []) {
  const { changes: _, ...first } = settings;
  const found = [[0, first]];
  for (const { at, ...change } of changes) found.push([at, laidOver(found[found.length - 1][1], change)]);
  return found;
}

/** The settings that hold in a round of which so many come before it. */
export const sectionAt = (sections, round) => sections.filter(([at]) => at <= round).pop()[1];

const partsOfPath = (path) => path.replace(/\[(\d+)\]/g, ".$1").split(".");

/** A setting by its path; "game.penalties.r1.weight" is null where there is no r1. A row's kind stands for it. */
export function valueAt(settings, path) {
  let value = settings;
  for (const key of partsOfPath(path)) {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value) && !/^\d+$/.test(key)) value = value.find((one) => one?.kind === key) ?? null;
    else if (typeof value === "string" && key === "kind") continue;
    else value = value[key] ?? null;
  }
  return path === "game.objective" || path === "game.update" || path === "optimizer.generator" || path === "optimizer.discriminator"
    ? value?.kind ?? value : value;
}

/** The change that gives a setting a value. */
export function changeTo(settings, path, value) {
  const keys = partsOfPath(path);
  if (keys[0] === "game" && keys[1] === "penalties" && keys.length > 2) {
    return { game: { penalties: penaltiesWith(settings.game.penalties ?? [], keys.slice(2), value) } };
  }
  if (keys[0] === "optimizer" && (keys[2] === "kind" || (keys.length === 2 && typeof value === "string"))) {
    if (!OPTIMIZER_OPTIONS[value]) throw new Error(`${path}: "${value}" is unknown. Known: ${Object.keys(OPTIMIZER_OPTIONS).join(", ")}.`);
    const { lr, schedule } = settings.optimizer[keys[1]];
    return { optimizer: { [keys[1]]: { kind: value, ...OPTIMIZER_OPTIONS[value], lr, schedule } } };
  }
  if (path === "game.update" && typeof value === "string") {
    // All but the alternating one are a step each.
    const update = value === "alternating" ? { kind: value, generator_first: false } : value;
    return { game: value === "alternating" ? { update } : { update, discriminator_steps: 1, generator_steps: 1 } };
  }
  // Of a list the whole list is new.
  const place = keys.findIndex((key) => /^\d+$/.test(key));
  if (place > 0) {
    const whole = copied(valueAt(settings, keys.slice(0, place).join(".")) ?? []);
    let inner = whole;
    for (const key of keys.slice(place, -1)) inner = inner[key] ??= {};
    inner[keys[keys.length - 1]] = value;
    return wrappedIn(keys.slice(0, place), whole);
  }
  return wrappedIn(keys, value);
}

const wrappedIn = (keys, value) => keys.reduceRight((inner, key) => ({ [key]: inner }), value);

function penaltiesWith(list, [kind, option], value) {
  if (/^\d+$/.test(kind)) return list.map((one, i) => (i === Number(kind) ? { ...one, [option]: value } : one));
  const rest = list.filter((one) => one.kind !== kind), old = list.find((one) => one.kind === kind);
  if (value === null || value === false) return rest;
  if (!PENALTY_OPTIONS[kind]) throw new Error(`game.penalties: "${kind}" is unknown. Known: ${Object.keys(PENALTY_OPTIONS).join(", ")}.`);
  const one = { ...(old ?? { kind, ...PENALTY_OPTIONS[kind] }), ...(option ? { [option]: value } : {}) };
  return old ? list.map((each) => (each === old ? one : each)) : [...rest, one];
}

/** Whether a path leads to a setting of a game. */
export function knownSetting(settings, path) {
  const [table, list, kind, option] = partsOfPath(path);
  if (table === "game" && list === "penalties" && kind && !/^\d+$/.test(kind)) return kind in PENALTY_OPTIONS && (!option || option in PENALTY_OPTIONS[kind]);
  return valueAt(settings, path) !== null || /^optimizer\.(generator|discriminator)\.kind$/.test(path);
}

/** Whether a setting cannot be otherwise in the middle of a training. */
export const needsStart = (path) => FIXED_PATHS.some((fixed) => `${path}.`.startsWith(`${fixed}.`));

// What is played, flat; a kind under the name of what is of that kind, of a penalty each option by itself.
function speltOut(settings, prefix = "", found = {}) {
  for (const [key, value] of Object.entries(settings)) {
    if (!prefix && NOT_COMPARED.has(key)) continue;
    const path = (prefix + key).replace(/\.kind$/, "");
    if (isSettingsTable(value)) speltOut(value, `${prefix}${key}.`, found);
    else if (Array.isArray(value) && value.length && value.every(isSettingsTable)) {
      found[path] = value.map((one) => one.kind);
      for (const { kind, ...options } of value) speltOut(options, `${path}.${kind}.`, found);
    } else found[path] = value;
  }
  return found;
}

/** Paths at which games differ, each with what was and what is: [[path, old, new]]. */
export function differencesBetween(before, after) {
  const old = speltOut(before), now = speltOut(after);
  const paths = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().filter((path) => !alike(old[path] ?? null, now[path] ?? null));
  // Another kind has other options, which say little to who looks on.
  return paths.filter((path) => (path in old && path in now) || !paths.some((one) => path.startsWith(`${one}.`)))
    .map((path) => [path, old[path] ?? null, now[path] ?? null]);
}

/** A number as short as it can be said. */
export function numberTold(value) {
  if (typeof value !== "number") return String(value);
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential().replace("e+", "e").replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(6)));
}

/** A value in words, a method's name as it is called; of a list of places how many they are. */
export function valueTold(value, word, nameOf = (name) => name.replace(/_/g, " ")) {
  if (value === null || value === undefined || (Array.isArray(value) && !value.length)) return word("none");
  if (Array.isArray(value)) return value.some(Array.isArray) ? String(value.length) : value.map((one) => valueTold(one, word, nameOf)).join(" + ");
  if (typeof value === "boolean") return word(value ? "yes" : "no");
  if (isSettingsTable(value)) return value.kind ?? "…";
  if (typeof value === "number") return numberTold(value);
  return /^\w+$/.test(value) ? nameOf(value) : value.split("/").pop().replace(/_/g, " ");
}

/** Differences in words: "generator steps 20 → 1"; what is alike of both players once. */
export function differencesTold(found, nameOf, word) {
  const told = [];
  for (const [path, old, now] of found) {
    const [table, player, ...rest] = path.split(".");
    let name = path;
    if (table === "optimizer" && player) {
      const other = [table, player === "generator" ? "discriminator" : "generator", ...rest].join(".");
      if (found.some(([p, a, b]) => p === other && alike(a, old) && alike(b, now))) {
        if (player === "generator") continue;
        name = rest.join(".") || table;
      }
    }
    const words = [valueTold(old, word, nameOf), valueTold(now, word, nameOf)];
    told.push(words[0] === words[1] ? word("other", { what: nameOf(name) }) : `${nameOf(name)} ${words.join(" → ")}`);
  }
  return told;
}
