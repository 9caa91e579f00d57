// What a scenario claims: what was counted over its published seeds, and what this run makes of it.
import { reduced, satisfied } from "../engine/metrics.js";
import { inTongue } from "./speaking.js";

/** The number that a claim speaks of, from rows [[round, {metric: value}]]; NaN where there is none. */
export function reducedRows(claim, rows, steps) {
  const known = rows.filter(([, values]) => claim.metric in values);
  return known.length ? reduced(claim, known.map(([round]) => round), known.map(([, values]) => values[claim.metric] ?? NaN), steps) : NaN;
}

/** What is known of a claim here: {state: "before" | "sofar" | "known", value, holds}. */
export function claimHere(claim, rows, steps, head, other = null) {
  const [low, high] = claim.window.map((part) => part * steps);
  if (head < low || !rows.length || (claim.reduce.startsWith("end") && head < high) || (claim.against && other === null)) return { state: "before", value: NaN, holds: false };
  // An end is not the nearest moment to it so far.
  if (low === high && head < low) return { state: "before", value: NaN, holds: false };
  // Where it was not measured, as of data without modes, nothing is known of it.
  if (rows.some(([round, values]) => round >= low && round <= Math.min(high, head) && !(claim.metric in values))) return { state: "lost", value: NaN, holds: false };
  const value = reducedRows(claim, rows, steps) - (claim.against ? other : 0);
  return { state: head >= high - 1e-9 ? "known" : "sofar", value, holds: satisfied(claim, value) };
}

const shortNumber = (value, style) => (!Number.isFinite(value) ? "–" : style === "share" ? `${Math.round(100 * value)} %` : Number(value.toPrecision(2)).toString());

/** The card. host: {session, lab, word, against: Map(claim number -> the other's value), countAgainst(number)}. */
export class Claims {
  constructor(box, host) { Object.assign(this, { box, host, told: "" }); }

  /** Tell what is known; returns how many hold of those known, for who listens. */
  tell() {
    const { session, lab, word } = this.host, { offer, claims } = session, branch = session.chosen;
    this.box.hidden = !claims.length;
    const rows = session.rowsOf(branch), found = claims.map((claim, i) => claimHere(claim, rows, session.steps, branch.head, this.host.against.get(i) ?? null));
    const key = JSON.stringify([session.lang, offer.name, session.steps, session.differences().length, found, [...this.host.against]]);
    // Only what is otherwise is written anew: who listens is not told the same twice.
    if (key === this.told) return found;
    this.told = key;
    const make = (tag, parent, text = "", kind = "") => Object.assign(parent.appendChild(document.createElement(tag)), { textContent: text, className: kind });
    this.box.replaceChildren();
    const changed = session.differences().length > 0;
    make("h2", this.box, word("claims"));
    claims.forEach((claim, i) => {
      const { state, value, holds } = found[i], style = claim.against ? "number" : lab.metrics[claim.metric]?.style;
      const one = make("div", this.box, "", "claim");
      make("p", one, claim.text[session.lang] ?? claim.text.en);
      if (claim.published) make("p", one, word(claim.published.exact ? "published_exact" : "published", { hits: claim.published.hits, n: claim.published.n }) + (changed ? ` ${word("unchanged")}` : ""), "count");
      const line = make("p", one, "", "count"), [low, high] = claim.window.map((part) => Math.round(part * session.steps));
      line.append(`${low === high ? word("here_at", { step: low }) : word("here_in", { low, high })}: `);
      if (claim.against && !this.host.against.has(i)) {
        const other = lab.scenarios.find((each) => each.name === claim.against);
        if (other && !other.whyNot) {
          const button = make("button", line, word("count_against", { name: inTongue(other.title, session.lang) }), "small");
          button.type = "button";
          button.addEventListener("click", () => { button.disabled = true; this.host.countAgainst(i); });
        } else line.append(word("not_here"));
      } else if (state === "before" || state === "lost") line.append(word(state === "lost" ? "not_here" : "not_yet"));
      // Without a number there is no verdict, unless it diverged.
      else if (!Number.isFinite(value) && branch.ended < 0) line.append("–");
      else {
        const told = shortNumber(value, claim.reduce.startsWith("end") ? "number" : style), way = low === high ? "last" : claim.reduce;
        make("b", line, `${word(`reduced.${way}`, { value: told })} ${holds ? "✓" : "✗"}`, holds ? "holds" : "fails");
      }
      if (state === "sofar") line.append(` ${word("so_far")}`);
    });
    return found;
  }
}
