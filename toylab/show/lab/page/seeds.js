// Looking for the seed that fails: many trained in the background, each a small stage, counted against a claim.

const TILE_SIDE = 84;

/** host: {session, lab, word, hunt(claim, seeds, onResult, onEnd) -> {stop()}, canHunt(claim), open(seed), closed(), extent(), target(), colours()}. */
export class Seeds {
  constructor(box, host) {
    Object.assign(this, { box, host, running: null, results: [] });
    box.hidden = true;
  }

  get shown() { return !this.box.hidden; }

  show() {
    this.box.hidden = false;
    this.build();
    this.box.querySelector("select, button").focus();
  }

  hide() {
    this.stop();
    this.box.hidden = true;
  }

  stop() {
    const { running } = this;
    this.running = null;
    running?.stop();
    if (this.button) this.button.textContent = this.host.word("hunt_start");
  }

  build() {
    const { session, word } = this.host, make = (tag, parent, text = "") => Object.assign(parent.appendChild(document.createElement(tag)), { textContent: text });
    const chosen = this.choice?.value ?? "0", count = this.count?.value ?? "20";
    this.box.replaceChildren();
    const head = make("div", this.box);
    head.className = "line";
    make("h2", head, word("hunt"));
    const close = Object.assign(make("button", head, "✕"), { type: "button", title: word("close") });
    close.setAttribute("aria-label", word("close"));
    close.addEventListener("click", () => { this.hide(); this.host.closed(); });
    const line = make("div", this.box);
    line.className = "line wrap";
    const claim = make("label", line, `${word("claim")} `);
    this.choice = make("select", claim);
    session.claims.forEach((one, i) => {
      if (!this.host.canHunt(one)) return;
      Object.assign(make("option", this.choice, one.text[session.lang] ?? one.text.en), { value: i });
    });
    if ([...this.choice.options].some((one) => one.value === chosen)) this.choice.value = chosen;
    const number = make("label", line, `${word("how_many")} `);
    this.count = Object.assign(make("input", number), { type: "number", min: 1, max: 1000, value: count });
    this.button = Object.assign(make("button", line, word(this.running ? "hunt_stop" : "hunt_start")), { type: "button", className: "main" });
    this.choice.addEventListener("change", () => { if (!this.results.length) this.sum(); });
    this.button.disabled = !this.choice.options.length;
    this.button.addEventListener("click", () => (this.running ? this.stop() : this.start()));
    this.said = make("p", this.box);
    this.said.setAttribute("role", "status");
    this.tiles = make("div", this.box);
    this.tiles.className = "tiles";
    for (const one of this.results) this.tile(one);
    this.sum();
  }

  start() {
    const { session } = this.host, claim = session.claims[Number(this.choice.value)];
    const n = Math.min(Math.max(Math.round(Number(this.count.value)) || 20, 1), 1000);
    this.results = [];
    this.tiles.replaceChildren();
    Object.assign(this, { wanted: n, since: performance.now(), opened: -1, changed: session.differences().length > 0 });
    this.button.textContent = this.host.word("hunt_stop");
    this.running = this.host.hunt(claim, Array.from({ length: n }, (_, i) => i), (one) => {
      this.results.push(one);
      this.tile(one);
      this.sum();
    }, () => { this.stop(); this.sum(); });
    this.sum();
  }

  // "17 of 20 hold".
  sum() {
    const holds = this.results.filter((one) => one.holds).length, failing = this.results.filter((one) => !one.holds).map((one) => one.seed).sort((a, b) => a - b);
    const { word } = this.host, n = this.results.length;
    if (!n) { this.said.textContent = this.running ? word("hunting") : this.hint(); return; }
    const seconds = Math.ceil(((performance.now() - this.since) / 1000 / n) * (this.wanted - n));
    const rest = n < this.wanted && this.running ? ` ${word("of_wanted", { n: this.wanted, seconds })}` : "";
    this.said.textContent = word("hold", { hits: holds, n }) + (this.changed ? `, ${word("with_changes")}` : "") + rest + (failing.length ? ` · ${word("failing", { seeds: failing.slice(0, 12).join(", ") })}` : "");
  }

  // Where all that was published hold there is little to be found: a knob turned first gives more.
  hint() {
    const { session, word } = this.host, told = session.claims[Number(this.choice.value)]?.published;
    return `${told && told.hits === told.n ? `${word("all_held", told)} ` : ""}${word("hunt_hint")}`;
  }

  tile(one) {
    const { word } = this.host, button = document.createElement("button"), canvas = button.appendChild(document.createElement("canvas"));
    button.type = "button";
    button.className = `tile ${one.holds ? "holds" : "fails"}`;
    const label = button.appendChild(document.createElement("span"));
    label.textContent = `${one.seed} ${one.holds ? "✓" : "✗"}`;
    button.setAttribute("aria-label", word(one.holds ? "seed_holds" : "seed_fails", { seed: one.seed }));
    button.setAttribute("aria-pressed", String(one.seed === this.host.session.seed && this.opened === one.seed));
    button.addEventListener("click", () => { this.opened = one.seed; this.host.open(one.seed); });
    // As they come: none moves away from under a hand.
    this.tiles.append(button);
    this.paint(canvas, one.samples ?? []);
  }

  paint(canvas, samples) {
    const ratio = Math.min(globalThis.devicePixelRatio || 1, 2), side = TILE_SIDE * ratio, pen = canvas.getContext("2d"), colours = this.host.colours();
    // Its own size, for its pen's units are these.
    Object.assign(canvas, { width: side, height: side });
    const [x0, x1, y0, y1] = this.host.extent(), at = (x, y) => [((x - x0) / (x1 - x0)) * side, (1 - (y - y0) / (y1 - y0)) * side];
    pen.fillStyle = colours.soft;
    pen.globalAlpha = 0.55;
    for (const [x, y] of this.host.target()) {
      const [a, b] = at(x, y);
      pen.beginPath();
      pen.arc(a, b, 4 * ratio, 0, 2 * Math.PI);
      pen.fill();
    }
    pen.globalAlpha = 1;
    pen.fillStyle = colours.generated;
    for (let i = 0; i < samples.length; i += 2) {
      const [a, b] = at(samples[i], samples[i + 1]);
      pen.fillRect(a - 1.5 * ratio, b - 1.5 * ratio, 3 * ratio, 3 * ratio);
    }
  }
}
