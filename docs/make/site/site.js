// Films play while they are seen; labs open where they are, and say when their goal is reached; cards are chosen.
(() => {
  "use strict";
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  // --- films ---

  // Those that rest because nobody sees them; whoever pressed pause meant it.
  const resting = new WeakSet(), stopped = new WeakSet();
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) { if (!target.paused) { resting.add(target); target.pause(); } }
      else if (!stopped.has(target)) target.play().catch(() => {});
    }
  }, { threshold: 0.4 });
  for (const film of document.querySelectorAll("video.film")) {
    film.addEventListener("pause", () => { if (!resting.delete(film)) stopped.add(film); });
    film.addEventListener("play", () => stopped.delete(film));
    if (!still) seen.observe(film);
  }

  // --- tables ---

  // The theme wraps them when it has begun; what can be scrolled can be reached by keys.
  addEventListener("load", () => {
    for (const wrapped of document.querySelectorAll(".md-typeset__scrollwrap")) wrapped.tabIndex = 0;
  });

  // --- labs ---

  // Looks whose mean a curve has reached a goal with, unless the goal says over how many rounds: one alone may be a spike.
  const LOOKS = 3;
  const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  // Whether a goal is reached. session: {name, branches: [{name, base, changes}]}, of settings what differs from the scenario's;
  // futures: [{name, from, head, rows: [[round, {metric: value}]]}].
  const reached = (goal, session, futures) => {
    if (session.name !== goal.scenario) return false;
    if (goal.futures) return futures.filter((one) => one.head - one.from >= goal.rounds).length >= goal.futures;
    const turned = new Set(session.branches.filter(({ base, changes }) => Object.keys(base).length || changes.length).map(({ name }) => name));
    return futures.some(({ name, rows }) => {
      if (goal.turned && !turned.has(name)) return false;
      const looks = rows.map(([round, values]) => [round, values[goal.metric]]).filter(([, value]) => Number.isFinite(value));
      if (looks.length < LOOKS) return false;
      const curve = looks.map(([, value]) => value), since = looks.at(-1)[0] - goal.over;
      if (goal.over && looks[0][0] > since) return false;
      const last = mean(goal.over ? looks.filter(([round]) => round > since).map(([, value]) => value) : curve.slice(-LOOKS));
      if (goal.falls) return last > 0 && Math.max(...curve) >= goal.falls * last;
      return goal.above ? last >= goal.reaches : last <= goal.reaches;
    });
  };
  window.toylabGoal = reached;
  for (const lab of document.querySelectorAll(".toylab-lab")) {
    lab.hidden = false;
    const frame = lab.querySelector("iframe"), told = lab.querySelector(".reached"), goals = JSON.parse(lab.dataset.goals);
    let begun = false, asking = 0, session = null;
    // What it opened, with which settings, and how far each future came.
    const ask = () => { for (const what of ["session", "branches"]) frame.contentWindow?.postMessage({ toylab: what, id: "goal" }, "*"); };
    new IntersectionObserver((entries) => {
      const { isIntersecting } = entries.at(-1);
      if (isIntersecting && !begun) { begun = true; frame.src = frame.dataset.src; }
      clearInterval(asking);
      // It rests while nobody sees it.
      frame.contentWindow?.postMessage(isIntersecting ? "slide:start" : "slide:stop", "*");
      if (isIntersecting && !told.textContent) asking = setInterval(ask, 700);
    }, { rootMargin: "200px" }).observe(lab);
    window.addEventListener("message", ({ source, data }) => {
      if (source !== frame.contentWindow || data?.id !== "goal" || data.toylab !== "done" || told.textContent) return;
      if (!Array.isArray(data.result)) { session = data.result; return; }
      if (session && goals.some((goal) => reached(goal, session, data.result))) { told.textContent = `✓ ${lab.dataset.done}`; clearInterval(asking); }
    });
  }

  // --- cards ---

  const filters = document.querySelector(".filters");
  if (filters) {
    filters.hidden = false;
    const choices = [...filters.querySelectorAll("select")], count = filters.querySelector("output");
    const choose = () => {
      let shown = 0;
      for (const card of document.querySelectorAll(".card")) {
        card.hidden = !choices.every(({ name, value }) => !value || card.dataset[name].split(" ").includes(value));
        shown += !card.hidden;
      }
      for (const family of document.querySelectorAll(".cards")) {
        const none = !family.querySelector(".card:not([hidden])");
        // With its heading and lesson, which stand before it.
        for (let part = family; part; part = part.tagName === "H2" ? null : part.previousElementSibling) part.hidden = none;
      }
      count.textContent = shown;
    };
    // The address tells what is chosen, so that it can be sent on; elsewhere it names a card.
    const tell = () => {
      const chosen = choices.filter(({ value }) => value).map(({ name, value }) => `${name}=${value}`).join("&");
      history.replaceState(null, "", chosen ? `#${chosen}` : location.pathname + location.search);
      handOn();
    };
    // The same choice in the other language.
    const handOn = () => { for (const link of document.querySelectorAll(".toylab-tongue")) link.hash = location.hash.includes("=") ? location.hash : ""; };
    const read = () => {
      const told = new URLSearchParams(location.hash.slice(1));
      for (const choice of choices) {
        choice.value = told.get(choice.name) ?? "";
        // What nobody offers is no choice.
        if (choice.selectedIndex < 0) choice.value = "";
      }
      choose();
      handOn();
      // A card was asked for, and may have been hidden.
      if (location.hash && !location.hash.includes("=")) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
    };
    filters.addEventListener("change", () => { choose(); tell(); });
    addEventListener("hashchange", read);
    read();
  }
})();
