// A stage: a painting of two players on the page, its bar of colours, and what the place under a pointer says. It is
// painted in a worker where there may be one, so that a finger never waits for a picture.

import { askedNumber, askedPlace } from "../../page/asking.js";
import { boxOf } from "../../page/pen.js";
import { ColourBar } from "./colour_bar.js";
import { Painting } from "./painting.js";

export class Stage {
  /** figure: an empty element; lab: what Python tells, with looks; painters: see Painters, or null; touched(): whether pictures wait. */
  constructor(figure, lab, painters = null, touched = () => false) {
    const add = (tag, kind) => { const made = document.createElement(tag); if (kind) made.className = kind; figure.append(made); return made; };
    Object.assign(this, { figure, lab, painters, touched, view: null, pointer: null, due: 0, told: {}, away: 0, waiting: false, own: null });
    this.caption = add("figcaption");
    this.canvas = add("canvas");
    this.here = add("div", "here");
    this.beyond = add("div", "outside");
    this.bar = new ColourBar(add("div", "bar"), lab);
    this.canvas.setAttribute("role", "img");
    for (const kind of ["pointermove", "pointerdown"]) this.canvas.addEventListener(kind, (event) => { this.pointer = this.shareOf(event); this.askHere(); });
    this.canvas.addEventListener("pointerleave", () => { this.pointer = null; this.tellHere(null); });
    this.sizes = new ResizeObserver(() => { this.box = null; if (this.view) this.show(this.view); });
    this.sizes.observe(this.canvas);
  }

  close() {
    this.sizes.disconnect();
    cancelAnimationFrame(this.due);
    this.painters?.close(this);
    this.view = null;
    this.figure.replaceChildren();
  }

  shareOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  }

  /** Where no worker paints. */
  get painting() { return this.own ??= new Painting(this.canvas, this.lab); }

  /** Pictures that are asked for and not on the page yet: none, or one, or one and what is to be seen after it. */
  get behind() { return this.away + this.waiting + Boolean(this.due); }

  /** What is to be seen as soon as may be; see Painting.show, and caption, colour, label. Of many the last. */
  show(view) {
    this.view = view;
    if (this.painters?.ready && !this.away) this.send();
    else if (this.painters?.ready) this.waiting = true;
    else this.due ||= requestAnimationFrame(() => { this.due = 0; if (this.view) this.draw(); });
  }

  get sized() {
    this.box ??= boxOf(this.canvas);
    return { ...this.view, box: { ...this.box, ratio: window.devicePixelRatio || 1 } };
  }

  /** Painted here and now. */
  draw() { this.present(this.sized, this.painting.show(this.sized)); }

  async send() {
    const view = this.sized;
    Object.assign(this, { away: 1, waiting: false });
    const answer = await this.painters.paint(this, view);
    while (this.touched()) await new Promise((done) => { requestAnimationFrame(done); });
    this.away = 0;
    if (!this.view) { answer?.picture.close(); return; }
    // Of a worker that is no more there comes nothing: then it is painted here.
    if (!answer) { this.show(this.view); return; }
    const { picture, told } = answer, { canvas } = this, context = canvas.getContext("2d");
    if (canvas.width !== picture.width || canvas.height !== picture.height) Object.assign(canvas, { width: picture.width, height: picture.height });
    context.globalAlpha = 1;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0);
    picture.close();
    this.present(view, told);
    if (this.waiting) this.send();
  }

  // What stands around a picture.
  present(view, told) {
    Object.assign(this, { told, shown: view });
    if (this.caption.textContent !== (view.caption ?? "")) this.caption.textContent = view.caption ?? "";
    this.caption.style.color = view.colour ?? "";
    if (view.label && this.label !== view.label) this.canvas.setAttribute("aria-label", this.label = view.label);
    this.bar.show(told.coloured, told.limit, view);
    this.askHere();
    this.onDrawn?.(view);
  }

  async askHere() {
    if (!this.pointer) return;
    if (!this.painters?.ready) { this.tellHere(this.own?.scene ? this.own.at(this.pointer) : null); return; }
    await (this.asked ||= this.painters.at(this, this.pointer).then((said) => { this.asked = null; this.tellHere(said); }));
  }

  tellHere(found) {
    const { shown, pointer, figure, canvas } = this;
    if (!found || !pointer || !shown) { this.here.textContent = ""; return; }
    const { setup: { extent: [x0, x1, y0, y1], output }, lang } = shown, [a, b] = pointer, words = this.lab.words[lang];
    const said = [`(${askedPlace(a, x0, x1)}, ${askedPlace(b, y0, y1)})`], { value, density } = found;
    if (value !== null) {
      const name = output === "difference" ? `D – ${words.mean}` : "D";
      said.push(Number.isFinite(value) ? `${name} = ${askedNumber((output ?? "logit") === "logit" ? 1 / (1 + Math.exp(-value)) : value)}` : `${name}: –`);
    }
    if (density !== null) said.push(`${words.p} ${askedNumber(density)}`);
    // Over the canvas's lower edge, whatever stands below it.
    if (!this.here.textContent) this.here.style.bottom = `${figure.clientHeight - canvas.offsetTop - canvas.offsetHeight + 8}px`;
    const line = said.join(" · ");
    if (this.here.textContent !== line) this.here.textContent = line;
  }
}
