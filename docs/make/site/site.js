// Films play while they are seen; labs open where they are, and say when their goal is reached; cards are chosen.
(() => {
  "use strict";
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  // --- films ---

  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) target.pause();
      // Whoever pressed pause meant it.
      else if (!target.dataset.stopped) target.play().catch(() => {});
    }
  }, { threshold: 0.4 });
  for (const film of document.querySelectorAll("video.film")) {
    film.addEventListener("click", () => { film.dataset.stopped = film.paused ? "" : "1"; });
    if (!still) seen.observe(film);
  }

  // --- tables ---

  // The theme wraps them when it has begun; what can be scrolled can be reached by keys.
  addEventListener("load", () => {
    for (const wrapped of document.querySelectorAll(".md-typeset__scrollwrap")) wrapped.tabIndex = 0;
  });

  // --- labs ---

  // Whether a goal is reached, from what a lab tells of its futures: [{head, rows: [[round, {metric: value}]]}].
  const reached = (goal, futures) => {
    if (goal.futures) return futures.filter((one) => one.head >= goal.rounds).length >= goal.futures;
    return futures.some(({ rows }) => {
      const curve = rows.map(([, values]) => values[goal.metric]).filter(Number.isFinite);
      if (!curve.length) return false;
      const last = curve[curve.length - 1];
      if (goal.falls) return Math.max(...curve) >= goal.falls * last;
      return goal.above ? last >= goal.reaches : last <= goal.reaches;
    });
  };
  for (const lab of document.querySelectorAll(".toylab-lab")) {
    lab.hidden = false;
    const frame = lab.querySelector("iframe"), told = lab.querySelector(".reached"), goal = JSON.parse(lab.dataset.goal);
    let begun = false, asking = 0;
    new IntersectionObserver(([{ isIntersecting }]) => {
      if (isIntersecting && !begun) { begun = true; frame.src = frame.dataset.src; }
      clearInterval(asking);
      // It rests while nobody sees it.
      frame.contentWindow?.postMessage(isIntersecting ? "slide:start" : "slide:stop", "*");
      if (isIntersecting && !told.textContent) asking = setInterval(() => frame.contentWindow?.postMessage({ toylab: "branches", id: "goal" }, "*"), 700);
    }, { rootMargin: "200px" }).observe(lab);
    window.addEventListener("message", ({ source, data }) => {
      if (source !== frame.contentWindow || data?.id !== "goal" || data.toylab !== "done" || told.textContent) return;
      if (reached(goal, data.result)) { told.textContent = `✓ ${lab.dataset.done}`; clearInterval(asking); }
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
    filters.addEventListener("change", choose);
    choose();
  }
})();
