// Scenario files: written from what is open, and read back.
//
//   toToml({ base, settings, changes?, seed?, round?, lacking? }) -> text
//     base: the offer that was opened, or null; settings: all that holds from round 0 on; changes: what changes on the way,
//     [[at, settings]] or [{at, ...}] (else settings.changes); lacking: metrics that the target does not give.
//   fromToml(text) -> plain object, or Unreadable with the line
import { isGaussian } from "../engine/gaussian.js";
import { OWN_KEYS, alike, copied, laidOver } from "./changes.js";
import { isSolvable } from "./rules.js";
import { isRecord, TomlReader } from "./toml_reader.js";
import { Unreadable } from "./unreadable.js";

// The kind of tables that need not name one. Written beside another key it would replace a base that names none.
const KIND_LEFT_OUT = { generator: "mlp", discriminator: "mlp" };
const MOST_TOML = 1_000_000;

const isListOfRecords = (value) => Array.isArray(value) && value.length > 0 && value.every(isRecord);

/** The session as a file that `toylab run` takes. */
export function toToml({ base = null, settings, changes, seed, round, lacking = [] }) {
  const whole = { ...copied(settings) };
  const later = (changes ?? whole.changes ?? []).map((one) => (Array.isArray(one) ? { at: one[0], ...one[1] } : one));
  delete whole.changes;
  if (later.length) whole.changes = later;
  keepWhatFits(whole, base, later.length, new Set(lacking));
  const told = base && base.named !== false ? besideBase(base.settings, whole) : null;
  const lines = [];
  if (seed !== undefined) {
    lines.push(`# Saved from toylab's page${round === undefined ? "" : ` at round ${round}`}, seed ${seed} of the page. A page draws other numbers than Python`);
    lines.push("# does: `toylab run` plays this game on draws of its own, and no seed of it is that one.");
  }
  writeTable(told ? { extends: base.name, ...told } : whole, [], lines);
  return `${lines.join("\n").trim()}\n`;
}

/**
 * Metrics that some part of a plan does not give, so that no claim on them can be saved.
 *
 * metrics: lab.metrics; setups: of the plan's parts, {settings, target (as told; `told`, where there is one), output}.
 */
export function lackingOf(metrics, setups) {
  const met = ({ settings, target: own, told: target = own, output }) => ({
    modes: target.modes.length > 0,
    density: target.kind === "mixture" || (target.density ?? target.noise.every((s) => s > 0)),
    logit: output === "logit",
    training_set: settings.training.points > 0,
    equilibrium: isSolvable(settings),
    gaussian: isGaussian(settings.generator),
    // No plan of the page's has classes.
    asked: false,
  });
  const parts = setups.map(met);
  return Object.keys(metrics).filter((name) => metrics[name].needs.some((need) => parts.some((one) => one[need] === false)));
}

// Claims and curves that the file's own target and changes leave a meaning.
function keepWhatFits(whole, base, n, lacking) {
  const lost = (edge) => typeof edge === "string" && (/^change (\d+)$/.exec(edge) ? Number(edge.slice(7)) > n : edge === "change" && n === 0);
  if (whole.claims) {
    whole.claims = whole.claims.filter((one) => !lacking.has(one.metric)).map((one) => {
      if (!one.window?.some(lost)) return one;
      const i = (base?.settings.claims ?? []).findIndex((other) => other.text === one.text);
      const numbers = base?.claims?.[i]?.window;
      return numbers && !numbers.some(lost) ? { ...one, window: numbers } : null;
    }).filter(Boolean);
  }
  if (whole.film?.curves) {
    const curves = whole.film.curves.map((one) => ({ ...one, metrics: one.metrics.filter((name) => !lacking.has(name)) }));
    const left = curves.filter((one) => one.metrics.length);
    // Of any data there is this distance.
    whole.film = { ...whole.film, curves: left.length || !curves.length ? left : [{ metrics: ["sliced_wasserstein"], scale: "linear" }] };
  }
}

// What has to stand beside `extends`; null where a base cannot be left out of some key that it has.
function besideBase(base, whole) {
  const told = {}, { changes = [], ...rest } = whole, before = base.changes ?? [];
  for (const key of OWN_KEYS) if (rest[key] !== undefined && rest[key] !== null) told[key] = rest[key];
  const inherited = Object.fromEntries(Object.entries(base).filter(([key]) => !OWN_KEYS.includes(key) && key !== "changes"));
  const played = Object.fromEntries(Object.entries(rest).filter(([key]) => !OWN_KEYS.includes(key)));
  Object.assign(told, whatDiffers(inherited, played, ""));
  if (!alike(changes, before)) told.changes = changes;
  const { changes: now = before, ...all } = laidOver(inherited, told);
  return alike({ ...all, changes: now }, { ...rest, changes }) ? told : null;
}

function whatDiffers(before, after, prefix) {
  const found = {};
  for (const [key, value] of Object.entries(after)) {
    const old = before[key], path = prefix + key;
    if (value === null || value === undefined || alike(old, value)) continue;
    if (!isRecord(old) || !isRecord(value) || old.kind !== value.kind) found[key] = value;
    else found[key] = { ...(value.kind && value.kind !== KIND_LEFT_OUT[path] ? { kind: value.kind } : {}), ...whatDiffers(old, value, `${path}.`) };
  }
  return found;
}

// --- writing ---

const keyTold = (key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : stringTold(key));

function stringTold(text) {
  const named = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\" };
  // Half of a pair is no character in UTF-8.
  const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  return `"${whole.replace(/["\\\x00-\x1f\x7f]/g, (c) => named[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;
}

function numberAsToml(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  // What is whole, but no integer that a reader must take, is written as a float.
  return Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER ? value.toExponential() : String(value);
}

function valueAsToml(value, indent = "") {
  if (typeof value === "string") return stringTold(value);
  if (typeof value === "number") return numberAsToml(value);
  if (typeof value === "boolean") return String(value);
  if (!Array.isArray(value)) {
    const inner = entriesOf(value).map(([key, one]) => `${keyTold(key)} = ${valueAsToml(one)}`);
    return inner.length ? `{ ${inner.join(", ")} }` : "{}";
  }
  const parts = value.map((one) => valueAsToml(one));
  if (parts.join(", ").length <= 100) return `[${parts.join(", ")}]`;
  // As many on a line as a page is wide.
  const rows = [""];
  for (const part of parts) {
    if (rows[rows.length - 1].length + part.length > 108) rows.push("");
    rows[rows.length - 1] += `${rows[rows.length - 1] ? " " : ""}${part},`;
  }
  return `[\n${rows.map((row) => `${indent}    ${row}`).join("\n")}\n${indent}]`;
}

// TOML has no word for nothing.
const entriesOf = (table) => Object.entries(table).filter(([, value]) => value !== null && value !== undefined);

function writeTable(table, path, lines) {
  const below = [];
  for (const [key, value] of entriesOf(table)) {
    if (isRecord(value) || isListOfRecords(value)) below.push([key, value]);
    else lines.push(`${keyTold(key)} = ${valueAsToml(value)}`);
  }
  for (const [key, value] of below) {
    const name = [...path, key].map(keyTold).join(".");
    if (isListOfRecords(value)) {
      for (const one of value) {
        lines.push("", `[[${name}]]`);
        writeDotted(one, "", lines);
      }
      continue;
    }
    const inner = entriesOf(value);
    // A table of tables alone needs no line of its own.
    if (!inner.length || inner.some(([, one]) => !isRecord(one) && !isListOfRecords(one))) lines.push("", `[${name}]`);
    writeTable(value, [...path, key], lines);
  }
}

function writeDotted(table, prefix, lines) {
  for (const [key, value] of entriesOf(table)) {
    const name = prefix + keyTold(key);
    if (isRecord(value) && entriesOf(value).length) writeDotted(value, `${name}.`, lines);
    else lines.push(`${name} = ${valueAsToml(value)}`);
  }
}

// --- reading ---

/** The text as `tomllib` reads it; dates are in no scenario. */
export function fromToml(text) {
  if (text.length > MOST_TOML) throw new Unreadable("toml_large", { most: MOST_TOML.toLocaleString("en") });
  return new TomlReader(text.replace(/^\ufeff/, "").replace(/\r\n/g, "\n")).document();
}
