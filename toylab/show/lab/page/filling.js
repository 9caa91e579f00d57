// A scenario file as written, spelt out: what it leaves out, and what it says in short.
//
//   filled(told, base, unwritten) -> whole settings    told: what fromToml gave, without `extends`; base: whole settings of what
//     it extends, or null; unwritten: lab.unwritten, as Python tells it
import { OWN_KEYS, copied, laidOver } from "./changes.js";
import { isRecord } from "./toml_reader.js";

export function filled(told, base, { settings, rows, claim }) {
  const { claims = [], changes, ...played } = told;
  const inherited = Object.fromEntries(Object.entries(copied(base ?? settings)).filter(([key]) => !OWN_KEYS.includes(key) && key !== "changes"));
  const whole = laidOver(inherited, speltRows(played, inherited, rows));
  const curves = whole.film?.curves;
  if (Array.isArray(curves)) whole.film = { ...whole.film, curves: curves.map((one) => (typeof one === "string" ? { metrics: [one], scale: "linear" } : { scale: "linear", ...one })) };
  let now = whole;
  const later = (changes ?? base?.changes ?? []).map((one) => {
    const spelt = speltRows(one, now, rows);
    now = laidOver(now, spelt);
    return spelt;
  });
  return { ...whole, claims: claims.map((one) => ({ ...copied(claim), ...one })), ...(later.length ? { changes: later } : {}) };
}

// Each row of a table with all its options, where it is named or is another than before.
function speltRows(told, before, rows, prefix = "") {
  const found = {};
  for (const [key, value] of Object.entries(told)) {
    const path = prefix + key, of = rows[path];
    if (Array.isArray(value) && of) found[key] = value.map((one) => speltRow(one, of));
    else if (of) {
      const one = typeof value === "string" ? { kind: value } : value, old = before?.[key];
      const same = isRecord(one) && isRecord(old) && (one.kind ?? old.kind) === old.kind && typeof value !== "string";
      found[key] = same ? one : speltRow(one, of);
    } else found[key] = isRecord(value) ? speltRows(value, before?.[key], rows, `${path}.`) : value;
  }
  return found;
}

function speltRow(value, of) {
  const one = typeof value === "string" ? { kind: value } : value, options = isRecord(one) && Object.hasOwn(of, one.kind) ? of[one.kind] : null;
  // A row without options is its bare name; what no table knows is left for whoever plays it to refuse.
  if (!options) return value;
  return Object.keys(options).length || Object.keys(one).length > 1 ? { kind: one.kind, ...copied(options), ...one } : one.kind;
}
