// Between stages and the worker that paints them; and what that worker does.

import { fontOf, useFont } from "../../page/pen.js";
import { Painting } from "./painting.js";

// Parts of a view that are large and change seldom: they are sent when they are others.
const LARGE = ["setup", "parameters", "half", "path"];
// What stands beside a picture is the page's own affair.
const AROUND = ["caption", "colour", "label"];

/** Another thread's paintings, one for each stage. Until it is `ready`, and where there may be none, stages paint themselves. */
export class Painters {
  /** text: of the worker; onready: called when there is one. */
  constructor(text, { film, themes, layers, words }, onready) {
    Object.assign(this, { ready: false, worker: null, last: 0, stages: new Map(), asks: new Map() });
    try {
      this.address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
      this.worker = new Worker(this.address);
    } catch { return; }
    this.worker.onmessage = ({ data: { ask, ...told } }) => {
      if (told.ready) { this.ready = true; onready(); return; }
      this.asks.get(ask)?.(told.failed ? null : told);
      this.asks.delete(ask);
      if (told.failed) this.end();
    };
    this.worker.onerror = (event) => { event.preventDefault(); this.end(); };
    this.worker.postMessage({ op: "begin", lab: { film, themes, layers, words }, font: fontOf() });
  }

  /** A picture of a view, {picture, told}; null if nobody is there to paint it. */
  paint(stage, view) {
    const { id, sent } = this.stages.get(stage) ?? this.stages.set(stage, { id: ++this.last, sent: {} }).get(stage);
    const fresh = Object.fromEntries(Object.entries(view).filter(([key, value]) => !AROUND.includes(key) && !(LARGE.includes(key) && key in sent && sent[key] === value)));
    for (const key of LARGE) sent[key] = view[key];
    return this.ask({ op: "paint", id, view: fresh, part: view.half?.part });
  }

  /** What its last picture says of a place; see Painting.at. */
  async at(stage, place) {
    const known = this.stages.get(stage);
    return known ? (await this.ask({ op: "at", id: known.id, place }))?.said ?? null : null;
  }

  close(stage) {
    const known = this.stages.get(stage);
    if (known) this.worker?.postMessage({ op: "close", id: known.id });
    this.stages.delete(stage);
  }

  ask(message) {
    if (!this.ready) return Promise.resolve(null);
    const ask = ++this.last;
    return new Promise((done) => { this.asks.set(ask, done); this.worker.postMessage({ ...message, ask }); });
  }

  end() {
    this.ready = false;
    this.worker?.terminate();
    for (const done of this.asks.values()) done(null);
    this.asks.clear();
  }
}

/** What the worker does. */
export function servePaintings(scope) {
  const paintings = new Map();
  let lab = null;
  const ops = {
    begin: (told) => { ({ lab } = told); useFont(told.font); return { ready: true }; },
    paint: ({ id, view, part }) => {
      const known = paintings.get(id) ?? paintings.set(id, { canvas: new OffscreenCanvas(1, 1), view: {} }).get(id);
      known.painting ??= new Painting(known.canvas, lab);
      Object.assign(known.view, view);
      if (known.view.half) known.view.half.part = part;
      const told = known.painting.show({ ...known.view });
      return { told, picture: known.canvas.transferToImageBitmap() };
    },
    at: ({ id, place }) => ({ said: paintings.get(id)?.painting.at(place) ?? null }),
    close: ({ id }) => { paintings.delete(id); return null; },
  };
  scope.onmessage = ({ data }) => {
    let answer = null;
    try { answer = ops[data.op](data); } catch { answer = { failed: true }; }
    if (answer) scope.postMessage({ ask: data.ask, ...answer }, answer.picture ? [answer.picture] : []);
  };
}
