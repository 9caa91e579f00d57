// The scenarios: the open one beside what it mends or what mends it, and all others in a list that can be searched.
import { inTongue } from "./speaking.js";

/** host: {lab, word, session(), open(name), unfold(shown)}. bar: the chips; list: the others, folded. */
export class Chips {
  constructor(bar, list, host) { Object.assign(this, { bar, list, host }); }

  // A failure and what mends it, whichever of them is open.
  near(offer) {
    const { scenarios } = this.host.lab, failure = scenarios.find((one) => one.name === offer.cures) ?? offer;
    const fixes = scenarios.filter((one) => one.cures === failure.name);
    return fixes.length ? [failure, ...fixes] : [failure];
  }

  tell() {
    const { lab, word, session } = this.host, { lang, offer } = session(), near = this.near(offer).slice(0, 4);
    this.bar.setAttribute("aria-label", word("playable"));
    this.bar.replaceChildren();
    for (const one of near) {
      const mends = one.cures && near.some((each) => each.name === one.cures);
      this.chip(this.bar, one, mends ? word("its_fix", { name: inTongue(one.title, lang) }) : inTongue(one.title, lang), mends ? "fix" : near.length > 1 ? "failure" : "");
    }
    const rest = lab.scenarios.length - near.length;
    if (rest <= 0) return;
    const more = this.bar.appendChild(document.createElement("button"));
    Object.assign(more, { type: "button", className: "chip", textContent: word("more_scenarios", { n: rest }) });
    more.setAttribute("aria-expanded", String(!this.list.hidden));
    more.setAttribute("aria-controls", this.list.id);
    more.addEventListener("click", () => { this.host.unfold(this.list.hidden); this.tell(); if (!this.list.hidden) this.fill(); });
    if (!this.list.hidden) this.fill(false);
  }

  chip(parent, offer, said, kind) {
    const { session, open } = this.host, { lang } = session(), chip = parent.appendChild(document.createElement("button"));
    Object.assign(chip, { type: "button", className: `chip ${kind}`, textContent: said, title: inTongue(offer.lesson, lang) });
    chip.dataset.name = offer.name;
    if (offer.name === session().offer.name) chip.setAttribute("aria-current", "true");
    if (offer.whyNot) chip.setAttribute("aria-disabled", "true");
    chip.addEventListener("click", () => { if (!offer.whyNot) { this.list.hidden = true; open(offer.name); } });
    return chip;
  }

  fill(focus = true) {
    const { lab, word, session } = this.host, { lang } = session();
    if (focus || !this.field) {
      this.list.replaceChildren();
      this.field = this.list.appendChild(document.createElement("input"));
      this.field.type = "search";
      this.field.addEventListener("input", () => this.fill(false));
      this.found = this.list.appendChild(document.createElement("ul"));
    }
    this.field.placeholder = word("search");
    this.field.setAttribute("aria-label", word("search"));
    this.found.replaceChildren();
    const wanted = this.field.value.trim().toLowerCase(), fits = (one) => [one.name, one.title?.en, one.title?.zh, one.lesson?.en, one.lesson?.zh].some((said) => said?.toLowerCase().includes(wanted));
    for (const one of lab.scenarios.filter(fits)) {
      const entry = this.found.appendChild(document.createElement("li"));
      this.chip(entry, one, inTongue(one.title, lang), one.cures ? "fix" : lab.scenarios.some((other) => other.cures === one.name) ? "failure" : "");
      const line = entry.appendChild(document.createElement("span"));
      line.textContent = one.whyNot ? word("cannot_play", { why: inTongue(one.whyNot, lang), command: `toylab show ${one.name}` }) : inTongue(one.lesson, lang);
    }
    if (!this.found.children.length) this.found.appendChild(document.createElement("li")).textContent = word("nothing_found");
    if (focus) this.field.focus();
  }
}
