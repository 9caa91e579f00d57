// Between the page and its trainings: a worker where there may be one, slices of the main thread where not.

import { Refusal } from "../engine/refusal.js";
import { serve } from "../engine/serve.js";

// How long a worker may take to say that it is there, milliseconds. Where frames forbid them it never does.
const PATIENCE = 3000;
// A slice of the main thread: a half of what a frame has.
const SLICE = 7;

/** A worker of the engine's text, or what behaves like one; onmessage(data) is called for each answer. */
class Hand {
  constructor(engineText, onmessage) {
    Object.assign(this, { onmessage, waiting: [], send: null, worker: null });
    try {
      this.address = URL.createObjectURL(new Blob([engineText, "\ntoylabEngine.serveWorker(self);\n"], { type: "text/javascript" }));
      const worker = new Worker(this.address);
      this.worker = worker;
      worker.onmessage = ({ data }) => {
        if (data.kind !== "ready") return this.onmessage(data);
        clearTimeout(this.clock);
        this.begin((message) => worker.postMessage(message));
      };
      worker.onerror = (event) => { event.preventDefault(); if (!this.send) this.alone(); else this.onmessage({ kind: "failed", message: event.message ?? "worker" }); };
      this.clock = setTimeout(() => { if (!this.send) this.alone(); }, PATIENCE);
    } catch { this.alone(); }
  }

  /** Without a worker. */
  alone() {
    this.worker?.terminate();
    this.worker = null;
    clearTimeout(this.clock);
    const take = serve((message) => queueMicrotask(() => this.onmessage(message)), (work) => setTimeout(work), SLICE);
    this.begin(take);
  }

  begin(send) {
    this.send = send;
    for (const message of this.waiting.splice(0)) send(message);
  }

  tell(message) {
    if (this.send) this.send(message); else this.waiting.push(message);
  }

  end() {
    this.worker?.terminate();
    clearTimeout(this.clock);
    Object.assign(this, { onmessage: () => {}, send: () => {} });
    if (this.address) URL.revokeObjectURL(this.address);
  }
}

export class Conductor {
  /** report(message): called on the main thread for each answer, see `serve`. */
  constructor(engineText, report) {
    this.asks = new Map();
    this.last = 0;
    this.looking = new Set();
    this.hand = new Hand(engineText, (message) => {
      if (message.kind === "seen") this.looking.delete(`${message.id} ${message.at ?? ""}`);
      const answered = (message.asks ?? []).map((ask) => this.asks.get(ask));
      for (const ask of message.asks ?? []) this.asks.delete(ask);
      report(message);
      for (const resolve of answered) resolve?.(message.bytes ?? message);
    });
  }

  /** Whether it has a thread of its own. */
  get apart() { return this.hand.worker !== null; }

  open(id, plan, seed) { this.hand.tell({ op: "open", id, plan, seed }); }
  branch(id, from, round, plan) { this.hand.tell({ op: "branch", id, from, round, plan }); }
  change(id, plan) { this.hand.tell({ op: "change", id, plan }); }
  /** Other metrics from now on, and of the past what is kept of it. */
  measure(id, { metrics, seldom }) { this.hand.tell({ op: "measure", id, plan: { metrics, seldom } }); }
  play(id, pace) { this.hand.tell({ op: "play", id, pace }); }
  pause() { this.hand.tell({ op: "pause" }); }
  half(id) { this.hand.tell({ op: "half", id }); }
  step(id, who) { this.hand.tell({ op: "step", id, who }); }
  close(id) { this.hand.tell({ op: "close", id }); }
  /** Resolves when it is there. */
  goto(id, round) { return this.ask({ op: "goto", id, round }); }
  state(id) { return this.ask({ op: "state", id }); }
  /** Throws a Refusal for what is no state of this game. */
  async restore(id, bytes) {
    const told = await this.ask({ op: "restore", id, bytes });
    if (told.kind !== "seen") throw new Refusal(told.path, told.message);
    return told;
  }

  /** Ask for a report of kind "seen"; not again before the last was answered. */
  look(id, round) {
    const name = `${id} ${round ?? ""}`;
    if (this.looking.has(name)) return;
    this.looking.add(name);
    this.hand.tell({ op: "look", id, round });
  }

  ask(message) {
    const ask = ++this.last;
    return new Promise((resolve) => { this.asks.set(ask, resolve); this.hand.tell({ ...message, ask }); });
  }

  end() { this.hand.end(); }
}

/** Counts seeds against a claim in the background, on all cores but the one that draws. */
export class Hunt {
  /** work: {plan, rival: plan|null, claim}; seeds: in the order in which they are tried; onResult(result) for each. */
  constructor(engineText, work, seeds, onResult, onEnd = () => {}) {
    const rest = [...seeds], cores = Math.max(1, Math.min((navigator.hardwareConcurrency || 2) - 1, 8, rest.length));
    let open = rest.length;
    this.hands = Array.from({ length: cores }, () => {
      const hand = new Hand(engineText, (message) => {
        if (message.kind === "counted" || message.kind === "failed" || message.kind === "refused") {
          if (message.kind === "counted") onResult(message);
          if (--open <= 0) { this.stop(); return onEnd(); }
          next();
        }
      });
      const next = () => { if (rest.length) hand.tell({ op: "count", seed: rest.shift(), ask: 0, ...work }); };
      next();
      return hand;
    });
  }

  stop() { for (const hand of this.hands) hand.end(); }
}
