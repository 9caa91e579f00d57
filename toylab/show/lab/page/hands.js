// Hands on the page: keys, a teacher's script by `window.toylab`, and messages from a page around this one.

/** Keys; acts: {name of key: act}. Fields and buttons keep their own. */
export function listenForKeys(acts) {
  document.addEventListener("keydown", (event) => {
    const { tagName, type } = event.target, typing = (tagName === "INPUT" && !["range", "checkbox", "radio"].includes(type)) || tagName === "TEXTAREA";
    if (event.altKey || (typing && event.key !== "Escape") || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "z" || event.shiftKey) return;
      event.preventDefault();
      acts.undo();
      return;
    }
    const act = acts[event.key] ?? acts[event.key.toLowerCase()];
    if (!act) return;
    // Space presses a button or ticks a box; arrows turn a slider and choose in a list.
    const arrow = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
    if ((event.key === " " && (tagName === "BUTTON" || tagName === "SUMMARY" || type === "checkbox" || type === "radio")) || tagName === "SELECT") return;
    if (arrow && (type === "range" || type === "radio")) return;
    event.preventDefault();
    act();
  });
}

/**
 * What a script may do; every promise resolves when it is done, and rejects with a line that says why it was not.
 *
 * play(), pause(); step("d" | "g" | "round" | "back"); goto(round) -> the round; set("game.generator_steps", 1), a penalty by
 * "game.penalties.r1.weight" (null: off); putBack(path); undo(); reset(seed): from round 0 on; open("fair-steps"): back to where
 * it was left, with a seed anew;
 * branch() -> its name; choose("A"); close("B"); speed(place of the dial, 0 slow motion); state() -> Uint8Array, restore(bytes);
 * scenario() -> TOML; session() -> plain data, revive(data). round, seed, playing, branches [{name, parent, from, head, rows}].
 * on("seen" | "drawn" | "half" | "turned" | "opened" | "finished" | "refused", use) -> a function that ends it; use gets {round, ...};
 * with "drawn" a picture of the chosen future is on the page, of the round `pictured`.
 */
export function scriptOf(director, listeners, scenario) {
  const now = (act) => async (...given) => {
    let wrong = "";
    const end = on("refused", ({ line }) => { wrong = line; });
    try {
      const result = await act(...given);
      if (wrong) throw new Error(wrong);
      return result;
    } finally { end(); }
  };
  const on = (event, use) => {
    const set = listeners.get(event) ?? listeners.set(event, new Set()).get(event);
    set.add(use);
    return () => set.delete(use);
  };
  return {
    play: now(() => director.play()),
    pause: now(async () => { director.pause(); await director.settled(); }),
    step: now((who = "round") => director.step(who)),
    goto: now((round) => director.goto(round)),
    set: now((path, value) => director.turn(path, value)),
    putBack: now((path) => director.putBack(path)),
    undo: now(() => director.undo()),
    reset: now((seed = director.session.seed) => director.reset(seed)),
    open: now((name, seed) => director.open(name, seed)),
    branch: now(() => director.branch()),
    choose: now((name) => director.choose(name)),
    close: now((name) => director.closeBranch(name)),
    speed: (place) => director.setPace(place),
    state: now(() => director.state()),
    restore: now((bytes) => director.restore(bytes)),
    scenario,
    session: () => director.session.plain(),
    revive: now((plain) => director.revive(plain)),
    get round() { return director.session.cursor; },
    get seed() { return director.session.seed; },
    get playing() { return director.playing; },
    get branches() {
      const { session } = director;
      return session.branches.map((one) => ({ name: one.name, parent: one.parent, from: one.from, head: one.head, rows: session.rowsOf(one) }));
    },
    on,
  };
}

/**
 * The same by message: {toylab: "set", args: ["game.generator_steps", 1], id: 7} is answered by {toylab: "done", id: 7, result} or
 * {toylab: "refused", id: 7, line}. "slide:start" and "slide:stop", as decks of slides send them, go on and pause.
 */
export function listenForMessages(script) {
  let held = false;
  window.addEventListener("message", async (event) => {
    if (event.data === "slide:stop") { held = script.playing; if (held) script.pause(); return; }
    if (event.data === "slide:start") { if (held) script.play(); held = false; return; }
    const { toylab, args = [], id } = event.data ?? {};
    if (typeof toylab !== "string" || !event.source || event.source === window || !Array.isArray(args)) return;
    const answer = (told) => event.source.postMessage({ ...told, id }, "*");
    if (!Object.hasOwn(script, toylab) || toylab === "on") return;
    try {
      const result = typeof script[toylab] === "function" ? await script[toylab](...args) : script[toylab];
      answer({ toylab: "done", result });
    } catch (error) { answer({ toylab: "refused", line: error.message }); }
  });
}
