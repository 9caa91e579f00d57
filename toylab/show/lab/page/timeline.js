// The timeline: every future as a line that leaves its parent's, where one looks, and what was changed where.
import { differencesTold } from "./changes.js";

const LANE_HIGH = 26, TOP_LANE = 28, SIDE_PAD = 14, SVG_SPACE = "http://www.w3.org/2000/svg";

/** host: {session, word, nameOf(path), colour(branch name), goto(round), choose(name)}. */
export class Timeline {
  constructor(box, host) {
    this.box = box;
    this.host = host;
    this.svg = box.appendChild(document.createElementNS(SVG_SPACE, "svg"));
    this.svg.setAttribute("aria-hidden", "true");
    this.words = box.appendChild(document.createElement("div"));
    this.words.className = "marks";
    Object.assign(box, { tabIndex: 0 });
    box.setAttribute("role", "slider");
    box.setAttribute("aria-orientation", "horizontal");
    box.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      box.setPointerCapture(event.pointerId);
      this.pick(event);
      this.drag(event);
    });
    box.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.drag(event); });
    new ResizeObserver(() => { this.width = box.clientWidth; this.draw(); }).observe(box);
  }

  x(round) { return SIDE_PAD + (round / Math.max(this.host.session.end, 1)) * (this.width - 2 * SIDE_PAD); }
  y(lane) { return TOP_LANE + lane * LANE_HIGH; }

  // The line under a finger is looked at from now on.
  pick(event) {
    const { session } = this.host, lane = Math.round((event.clientY - this.box.getBoundingClientRect().top - this.y(0)) / LANE_HIGH);
    const branch = session.branches[lane];
    if (branch && branch.name !== session.chosenName && this.roundAt(event) >= branch.from) this.host.choose(branch.name);
  }

  roundAt(event) {
    const box = this.box.getBoundingClientRect(), { session } = this.host;
    return Math.round(((event.clientX - box.left - SIDE_PAD) / Math.max(box.width - 2 * SIDE_PAD, 1)) * session.end);
  }

  drag(event) {
    const { session } = this.host, round = Math.min(Math.max(this.roundAt(event), 0), session.chosen.head);
    if (round !== session.cursor || session.turn) this.host.goto(round);
  }

  line(d, colour, width, opacity = 1) {
    const path = this.svg.appendChild(document.createElementNS(SVG_SPACE, "path"));
    for (const [key, value] of Object.entries({ d, stroke: colour, "stroke-width": width, opacity, fill: "none", "stroke-linecap": "round" })) path.setAttribute(key, value);
  }

  dot(x, y, r, fill, stroke) {
    const circle = this.svg.appendChild(document.createElementNS(SVG_SPACE, "circle"));
    for (const [key, value] of Object.entries({ cx: x, cy: y, r, fill, stroke, "stroke-width": 2.5 })) circle.setAttribute(key, value);
  }

  // From where it leaves its parent to a round, down to its own lane first.
  way(branch, lane, from, to) {
    const y = this.y(lane), begin = this.x(branch.from), parent = this.host.session.branches.findIndex((one) => one.name === branch.parent);
    if (parent < 0 || from > branch.from) return `M${this.x(from)} ${y}H${this.x(to)}`;
    const end = begin + 22, above = this.y(parent);
    const curve = `M${begin} ${above}C${begin + 14} ${above} ${end - 14} ${y} ${end} ${y}`;
    return this.x(to) > end ? `${curve}H${this.x(to)}` : curve;
  }

  draw() {
    const { session, word, colour } = this.host, n = session.branches.length;
    this.width ||= this.box.clientWidth;
    if (!this.width) return;
    const height = this.y(n - 1) + 26;
    this.box.style.height = `${height}px`;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.svg.replaceChildren();
    this.words.replaceChildren();
    const { cursor, chosen } = session, at = session.branches.indexOf(chosen);
    this.line(`M${this.x(0)} ${this.y(at)}H${this.x(session.end)}`, "var(--grid)", 6);
    session.branches.forEach((branch, lane) => {
      const own = colour(branch.name), begins = branch.parent ? branch.from : 0;
      if (branch.head > begins || !branch.parent) this.line(this.way(branch, lane, begins, branch.head), own, branch === chosen ? 6 : 4, branch === chosen && cursor < branch.head ? 0.45 : 1);
      if (branch === chosen && cursor > begins) this.line(this.way(branch, lane, begins, cursor), own, 6);
      for (const [round] of session.marks(branch)) if (round >= branch.from || !branch.parent) this.dot(this.x(round), round <= branch.from && branch.parent ? this.y(Math.max(session.branches.findIndex((one) => one.name === branch.parent), 0)) : this.y(lane), 5, "var(--paper)", own);
      // At the right end there is no place behind it.
      const ends = this.x(branch.head), last = ends > this.width - 40;
      if (n > 1) this.name(branch.name, last ? ends - 12 : ends + 12, this.y(lane) + (last ? -7 : 4), own);
    });
    this.tellMarks(session.marks());
    this.dot(this.x(cursor), this.y(at), 8, "var(--paper)", colour(chosen.name));
    this.ends(height);
    this.box.setAttribute("aria-label", word("time"));
    for (const [key, value] of [["min", 0], ["max", chosen.head], ["now", cursor]]) this.box.setAttribute(`aria-value${key}`, value);
    this.box.setAttribute("aria-valuetext", word("at_step", { step: cursor, head: chosen.head, branch: chosen.name }));
  }

  // Words above the marks, the latest first; one that would lie over another is left to the list of what differs.
  tellMarks(marks) {
    const { word, nameOf } = this.host;
    let free = this.width;
    for (const [round, differ] of [...marks].reverse()) {
      const label = this.words.appendChild(document.createElement("span")), x = this.x(round);
      label.textContent = label.title = word("change", { step: round, what: differencesTold(differ, nameOf, word).join(", ") || word("no_change") });
      // Near the right end it stands before its mark.
      const wide = Math.min(label.offsetWidth, 0.6 * this.width), left = Math.max(Math.min(x - 6, this.width - wide), 0);
      if (left + wide > free) { label.remove(); continue; }
      Object.assign(label.style, { left: `${left}px`, maxWidth: `${wide + 1}px` });
      free = left - 10;
    }
  }

  name(said, x, y, colour, anchor = "start") {
    const text = this.svg.appendChild(document.createElementNS(SVG_SPACE, "text"));
    for (const [key, value] of Object.entries({ x, y, fill: colour, "text-anchor": anchor })) text.setAttribute(key, value);
    text.textContent = said;
  }

  // Both ends, and between them where one looks.
  ends(height) {
    const { session, word } = this.host, said = word(session.cursor > session.steps ? "step_beyond" : "step_of", { step: session.cursor, end: session.steps }), half = 4.2 * said.length, y = height - 4;
    const x = Math.min(Math.max(this.x(session.cursor), half), this.width - half);
    this.name(said, x, y, "var(--ink)", "middle");
    if (x - half > 24) this.name("0", 4, y, "var(--soft)");
    if (x + half < this.width - 50) this.name(String(session.end), this.width - 4, y, "var(--soft)", "end");
  }
}
