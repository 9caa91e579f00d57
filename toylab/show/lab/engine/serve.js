// What a worker does, or the main thread in slices where there may be none: futures are played, looked at, gone
// back in; and seeds are counted.

import { reduced, satisfied } from "./metrics.js";
import { Refusal } from "./refusal.js";
import { Track } from "./track.js";

// Milliseconds of training between two looks into the letter box.
const SLICE = 8;

/**
 * post(message, transfer): sends an answer. soon(work): calls back when others had their turn. slice: how long
 * one piece of work may take. Returns what takes a message.
 */
export function serve(post, soon, slice = SLICE) {
  const tracks = new Map();
  let playing = null, awaited = false, rate = 0;

  function wake() {
    if (awaited) return;
    awaited = true;
    soon(work);
  }

  function work() {
    awaited = false;
    let until = performance.now() + slice;
    for (const [id, track] of tracks) {
      if (!track.late.length) continue;
      guarded(id, () => { track.catchUp(until); });
      answer(id, track);
      wake();
      // One at a time, and a slice for who plays meanwhile.
      until = performance.now() + slice;
      break;
    }
    for (const [id, track] of tracks) {
      if (track.goal === undefined) continue;
      if (!guarded(id, () => track.goto(track.goal, until))) return wake();
      // Who asked for another round before this one was reached has it from here.
      const asks = track.asks;
      Object.assign(track, { goal: undefined, asks: [] });
      answer(id, track, { asks });
    }
    if (!playing) return;
    const { id, track, pace } = playing, start = performance.now();
    playing.owed = pace === Infinity ? Infinity : Math.min(playing.owed + ((start - playing.clock) / 1000) * pace, Math.max(pace / 4, 1));
    playing.clock = start;
    guarded(id, () => {
      while (playing && playing.owed >= 1 && performance.now() < until) {
        track.step();
        playing.owed -= 1;
        playing.count += 1;
        if (track.run.round === playing.stop) { stop(id); answer(id, track); }
      }
    });
    if (playing && start - playing.since > 500) {
      rate = (1000 * playing.count) / (start - playing.since);
      Object.assign(playing, { since: start, count: 0 });
    }
    wake();
  }

  function guarded(id, act, asks = []) {
    try { return act() ?? true; } catch (error) {
      const refused = error instanceof Refusal;
      post({ id, kind: refused ? "refused" : "failed", path: error.path ?? "", message: String(error.message), asks });
      if (!refused) playing = null;
      return true;
    }
  }

  function answer(id, track, asked = {}) {
    const { run } = track;
    post({ id, kind: "seen", round: run.round, turn: run.turn, turns: run.turns, head: track.head, ended: run.ended, rate: playing?.id === id ? rate : 0, rows: track.news(), path: track.newWay(), ...track.parametersAt(asked.round), at: asked.round, goal: track.goal, asks: asked.asks ?? [] });
  }

  const stop = (id) => { if (playing && (id === undefined || playing.id === id)) playing = null; };
  const halved = (id, track) => {
    const before = track.run.parameters(), { round, turn } = track.run, seen = track.half(true), after = track.run.parameters();
    post({ id, kind: "half", round, turn, turns: track.run.turns, before, after, ...seen });
  };

  const OPS = {
    open: ({ id, plan, seed }) => { tracks.set(id, new Track(plan, seed)); answer(id, tracks.get(id)); },
    branch: ({ id, from, round, plan }) => {
      const track = tracks.get(from);
      tracks.set(id, new Track(plan, track.seed, { track, round }));
      answer(id, tracks.get(id));
    },
    change: ({ id, plan }, track) => track.change(plan),
    measure: ({ plan }, track) => { track.watch(plan); wake(); },
    play: ({ id, pace }, track) => {
      const now = performance.now();
      // It comes to rest at the end of the plan, unless it was there already.
      playing = { id, track, pace, stop: track.plan.stop, owed: 0, clock: now, since: now, count: 0 };
      rate = 0;
      wake();
    },
    pause: () => stop(),
    half: ({ id }, track) => { stop(id); halved(id, track); answer(id, track); },
    step: ({ id, who }, track) => {
      stop(id);
      if (who === "round") track.step();
      else {
        const wanted = track.run.turns.includes(who) ? who : track.run.turns[0];
        // On to the next turn of this side, and that one played.
        while (track.run.turns[track.run.turn] !== wanted) track.half(false);
        halved(id, track);
      }
      answer(id, track);
    },
    goto: ({ id, round, ask }, track) => { stop(id); Object.assign(track, { goal: Math.max(0, round), asks: [...(track.asks ?? []), ask] }); wake(); },
    look: ({ id, round }, track) => answer(id, track, { round }),
    state: ({ id, ask }, track) => post({ id, kind: "state", asks: [ask], bytes: track.run.state() }),
    restore: ({ id, bytes, ask }, track) => { stop(id); track.restore(bytes); answer(id, track, { asks: [ask] }); },
    close: ({ id }) => { stop(id); tracks.delete(id); },
    count: ({ seed, plan, rival, claim, ask }) => {
      const number = (of) => {
        const track = new Track(of, seed);
        track.goto(track.steps);
        const rounds = [...track.rows.keys()].sort((a, b) => a - b);
        return { track, value: reduced(claim, rounds, rounds.map((round) => track.rows.get(round).values[claim.metric] ?? NaN)) };
      };
      const own = number(plan), value = rival ? own.value - number(rival).value : own.value, shot = own.track.run.shot();
      post({ kind: "counted", ask, seed, value, holds: satisfied(claim, value), ended: own.track.run.ended, samples: shot.samples.slice(0, 1000), rows: own.track.news() });
    },
  };

  return (message) => {
    const track = tracks.get(message.id);
    if (!OPS[message.op] || (!track && !["open", "branch", "count", "pause", "close"].includes(message.op))) return;
    guarded(message.id, () => { OPS[message.op](message, track); }, [message.ask]);
  };
}

/** A worker's own beginning. */
export function serveWorker(scope) {
  // Timers of a worker wait four milliseconds; its own letters do not.
  const own = new MessageChannel(), works = [];
  own.port1.onmessage = () => works.shift()?.();
  const take = serve((message) => scope.postMessage(message), (work) => { works.push(work); own.port2.postMessage(0); });
  scope.onmessage = (event) => take(event.data);
  scope.postMessage({ kind: "ready" });
}
