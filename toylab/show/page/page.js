// The player. It shows what toylab/show/page/page.py packed: strokes on stages of one size, which pen.js draws,
// and curves beside them. Nothing is fetched; all text is set as text.

import { askedNumber, askedPlace, askedValue } from "./asking.js";
import { Pen, fitCanvas, writePlate, writeText } from "./pen.js";

const page = JSON.parse(document.getElementById("film").textContent);
const $ = (id) => document.getElementById(id);
const SHEET = 255, STEPS = 16383, ABSENT = 65535, LEVELS = page.themes.light.ramp.length - 1;
const last = page.steps.length - 1;
const bytes = await unpacked(page.pack);

const now = {
  frame: Math.min(page.frame, last), playing: false, speed: 1, scene: 0,
  theme: page.theme, lang: page.lang, off: new Set(), waited: 0, clock: 0,
};
let stages = [], panels = [];

// --- unpacking ---

async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Whole numbers were stored as differences along the first axis, one plane of bytes after the other.
function read({ at, shape, width }) {
  const n = shape.reduce((a, b) => a * b, 1), row = shape[0] ? n / shape[0] : 0;
  const out = width === 1 ? new Uint8Array(n) : new Uint16Array(n);
  for (let i = 0; i < n; i++) {
    const value = width === 1 ? bytes[at + i] : bytes[at + i] | (bytes[at + n + i] << 8);
    out[i] = value + (i >= row ? out[i - row] : 0);
  }
  return out;
}

const share = (q) => (q / STEPS) * 3 - 1; // of the stage, 0 left or bottom, 1 right or top

// Frames of lines: for frame k, lines from[k] to from[k + 1]; of line l, points at[l] to at[l + 1].
function lines(stroke) {
  const sums = (counts) => {
    const out = new Uint32Array(counts.length + 1);
    counts.forEach((c, i) => { out[i + 1] = out[i] + c; });
    return out;
  };
  return { from: sums(read(stroke.frames)), at: sums(read(stroke.lengths)), points: read(stroke.points) };
}

// What the pen is given: `shown` is filled anew for each frame.
function prepare(stroke) {
  if (stroke.kind === "dots" && stroke.dots) {
    const [frames, count] = stroke.dots.shape;
    return { ...stroke, frames, points: read(stroke.dots), show: showDots, shown: { count, places: new Float64Array(2 * count) } };
  }
  if (stroke.kind === "sheet") {
    const [frames, rows, columns] = stroke.levels.shape;
    const shown = { rows, columns, values: read(stroke.levels), from: 0, zero: 1, factor: (LEVELS - 1) / (SHEET - 1), known: true };
    return { ...stroke, frames, show: showSheet, shown };
  }
  if (!stroke.lengths) return { ...stroke, show: showWords, shown: { place: stroke.place, align: stroke.align, plate: stroke.plate } };
  const told = lines(stroke), most = told.from.reduce((n, from, k) => (k ? Math.max(n, told.at[from] - told.at[told.from[k - 1]]) : n), 0);
  const shown = { places: new Float64Array(2 * most), ends: new Uint32Array(told.at.length), count: 0, loose: stroke.kind === "dots" };
  return { ...stroke, ...told, show: shown.loose ? showLoose : showLines, shown };
}

// Where a stroke that never moves was stored once.
const frameOf = (frames, k) => (frames === 1 ? 0 : k);

function showSheet({ frames, shown }, k) {
  shown.from = frameOf(frames, k) * shown.rows * shown.columns;
  shown.known = shown.values[shown.from] !== 0;
}

function unpackPlaces(points, from, n, places) {
  for (let i = 0; i < n; i += 2) {
    const known = points[from + i] !== ABSENT;
    places[i] = known ? share(points[from + i]) : NaN;
    places[i + 1] = share(points[from + i + 1]);
  }
}

function showDots({ frames, points, shown }, k) {
  unpackPlaces(points, frameOf(frames, k) * shown.count * 2, 2 * shown.count, shown.places);
}

function showLines({ from, at, points, shown }, frame) {
  const k = frameOf(from.length - 1, frame), first = from[k], start = at[first];
  shown.count = from[k + 1] - first;
  for (let l = 0; l < shown.count; l++) shown.ends[l] = at[first + l + 1] - start;
  unpackPlaces(points, 2 * start, 2 * (at[from[k + 1]] - start), shown.places);
}

// Dots whose number changes from frame to frame.
function showLoose(stroke, frame) {
  showLines(stroke, frame);
  const { shown } = stroke;
  shown.count = shown.count ? shown.ends[shown.count - 1] : 0;
}

function showWords({ said, strength, shown }, k) {
  shown.said = inLanguage(said)?.[k];
  shown.strength = strength[k];
}

// --- scenes ---

function element(tag, parent, kind = "") {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  parent.append(made);
  return made;
}

function openScene(index) {
  now.scene = index;
  const scene = page.scenes[index];
  // What is observed is kept, with all that was drawn from.
  sizes.disconnect();
  $("stages").replaceChildren();
  $("panels").replaceChildren();
  $("stages").style.setProperty("--share", scene.panels.length ? 11 : 20);
  stages = scene.stages.map((stage) => {
    const figure = element("figure", $("stages"), "stage");
    const caption = element("figcaption", figure), canvas = element("canvas", figure);
    const here = element("div", figure, "here");
    canvas.setAttribute("role", "img");
    const layers = stage.layers.map((layer) => ({ ...layer, strokes: layer.strokes.map(prepare) }));
    // Several where another target is to be learned on the way, each from a frame on.
    const densities = [stage.density ?? []].flat().map((one) => one.below
      ? { from: one.from ?? 0, peak: one.peak, side: one.below.shape[0], below: read(one.below) } : one);
    const opened = { ...stage, layers, densities, canvas, pen: new Pen(canvas, page.side), caption, here, pointer: null };
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      opened.pointer = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      tellHere(opened);
    });
    canvas.addEventListener("pointerleave", () => { opened.pointer = null; tellHere(opened); });
    sizes.observe(canvas);
    return opened;
  });
  panels = scene.panels.map((panel) => {
    const box = element("div", $("panels"), "panel");
    const heads = panel.curves.map(() => {
      const head = element("div", box, "head");
      return [element("span", head), element("span", head)];
    });
    const canvas = element("canvas", box);
    canvas.setAttribute("role", "img");
    const opened = { ...panel, canvas, heads };
    const drag = (event) => {
      if (event.type === "pointermove" && !(event.buttons & 1)) return;
      const box = canvas.getBoundingClientRect();
      const at = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
      pause();
      show(nearest(page.steps[0] + at * (page.steps[last] - page.steps[0])));
    };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); drag(event); });
    canvas.addEventListener("pointermove", drag);
    sizes.observe(canvas);
    return opened;
  });
  arrange();
  fillMenu();
  tellWords();
  show(now.frame);
}

// As many columns as make the stages largest in the window, beside what is around them.
function arrange() {
  const around = parseFloat(getComputedStyle($("player")).getPropertyValue("--not-stage")) + 10;
  const n = stages.length, wide = $("stages").clientWidth, high = window.innerHeight - around;
  const caption = stages.some((stage) => Object.keys(stage.title).length) ? 34 : 0;
  const side = (columns) => Math.min(wide / columns - 14, high / Math.ceil(n / columns) - caption);
  let columns = 1;
  for (let c = 2; c <= n; c++) if (side(c) > side(columns)) columns = c;
  $("stages").style.setProperty("--columns", columns);
  $("stages").style.setProperty("--most", `${Math.max(180, Math.floor(side(columns)))}px`);
}

function nearest(step) {
  let best = 0;
  page.steps.forEach((s, k) => { if (Math.abs(s - step) < Math.abs(page.steps[best] - step)) best = k; });
  return best;
}

// --- drawing a stage ---

const colours = () => page.themes[now.theme];
function drawStage(stage) {
  const { pen } = stage, { context } = pen;
  pen.begin(colours());
  // What a stage before it shows as well is shown there alone.
  const empty = now.frame < (stage.begins ?? 0);
  stage.canvas.style.borderStyle = empty ? "dashed" : "";
  if (empty) {
    context.fillStyle = colours().soft;
    return writeText(context, inLanguage(stage.later), pen.side / 2, pen.side / 2, 21 * pen.unit, "center");
  }
  for (const layer of stage.layers) {
    if (now.off.has(layer.name)) continue;
    for (const stroke of layer.strokes) {
      stroke.show(stroke, now.frame);
      pen.draw(stroke.kind, stroke.style?.[now.theme], stroke.shown);
    }
  }
  pen.end();
  const step = page.steps[now.frame];
  if (stage.ended >= 0 && stage.ended <= step) {
    const said = word("diverged").replace("{step}", stage.ended);
    writePlate(context, colours(), said, pen.side / 2, pen.side / 2, 24 * pen.unit, "center", 1);
  }
}

// --- asking a place ---

function sheetAt(stroke, place) {
  showSheet(stroke, now.frame);
  if (!stroke.shown.known) return NaN;
  return ((askedValue(stroke.shown, place) - 1) / (SHEET - 1) * 2 - 1) * stroke.limit;
}

function tellHere(stage) {
  if (!stage.pointer || now.frame < (stage.begins ?? 0)) { stage.here.textContent = ""; return; }
  const [a, b] = stage.pointer, [x0, x1, y0, y1] = stage.extent, said = [];
  if (!stage.layers.some((layer) => layer.name === "phase")) {
    said.push(`(${askedPlace(a, x0, x1)}, ${askedPlace(b, y0, y1)})`);
    const surface = stage.layers.find((layer) => layer.name === "surface");
    if (surface) {
      const stroke = surface.strokes.find((s) => s.kind === "sheet"), value = sheetAt(stroke, stage.pointer);
      const beyond = Math.abs(value) > 0.997 * stroke.limit;
      const shown = stage.output === "logit" ? 1 / (1 + Math.exp(-value)) : value;
      // Beyond the surface's limits only the side is known.
      const sign = !beyond ? "=" : value > 0 ? "≥" : "≤";
      // Where only differences mean anything the surface shows those to the frame's mean.
      const name = stage.output === "difference" ? `D – ${word("mean")}` : "D";
      said.push(Number.isNaN(value) ? `${name}: –` : `${name} ${sign} ${askedNumber(shown)}`);
    }
    const density = stage.densities.filter((one) => one.from <= now.frame).pop();
    if (density?.below) {
      const { side, below, peak } = density;
      const cell = (s) => Math.min(side - 1, Math.max(0, Math.floor(s * side)));
      said.push(`${word("p")} ${askedNumber(Math.exp(peak - below[cell(b) * side + cell(a)] / 100))}`);
    }
  }
  stage.here.textContent = said.join(" · ");
}

// --- curves ---

const LEFT = 62, RIGHT = 14, TOP = 10, BOTTOM = 30;

function drawPanel(panel, lowest) {
  const ratio = fitCanvas(panel.canvas), pen = panel.canvas.getContext("2d"), theme = colours();
  const width = panel.canvas.width / ratio, height = panel.canvas.height / ratio;
  const small = Math.max(11, Math.min(17, width / 34));
  // Words of a floor may stand below the axes.
  const under = panel.floors.some(([h, place]) => place === "bottom" && (h / 1000) * height < small);
  const foot = lowest ? BOTTOM : under ? small * 1.6 : TOP;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const [first, end] = [page.steps[0], page.steps[last]];
  const x = (step) => LEFT + ((step - first) / Math.max(end - first, 1)) * (width - LEFT - RIGHT);
  const y = (h) => height - foot - (h / 1000) * (height - foot - TOP);
  pen.lineWidth = 1;
  for (const [h, said] of panel.ticks) {
    pen.strokeStyle = theme.grid;
    pen.beginPath(); pen.moveTo(LEFT, y(h)); pen.lineTo(width - RIGHT, y(h)); pen.stroke();
    pen.fillStyle = theme.soft;
    writeText(pen, said, LEFT - 8, y(h), small, "right");
  }
  if (lowest) {
    pen.fillStyle = theme.soft;
    writeText(pen, `${word("step")} ${first}`, LEFT, height - small * 0.8, small, "left");
    writeText(pen, String(end).replace(/\B(?=(\d{3})+$)/g, "\u202f"), width - RIGHT, height - small * 0.8, small, "right");
  }
  // The unbroken pieces of a curve up to a frame; a count holds until the next.
  const pieces = (heights, steps, until = last) => {
    const found = [];
    let piece = null;
    for (let k = 0; k <= until; k++) {
      if (heights[k] === null) { piece = null; continue; }
      if (!piece) found.push(piece = []);
      else if (steps) piece.push([x(page.steps[k]), piece.at(-1)[1]]);
      piece.push([x(page.steps[k]), y(heights[k])]);
    }
    return found;
  };
  const along = (found) => {
    pen.beginPath();
    for (const piece of found) piece.forEach(([a, b], k) => (k ? pen.lineTo(a, b) : pen.moveTo(a, b)));
  };
  pen.lineJoin = "round";
  panel.bands.forEach(([low, middle, high], i) => {
    const { steps } = panel.curves[i];
    pen.fillStyle = pen.strokeStyle = theme.curves[tint(panel, i)];
    pen.globalAlpha = 0.16;
    // Where one quartile is missing all are.
    const above = pieces(high, steps);
    along(pieces(low, steps).map((piece, k) => [...piece, ...above[k].reverse()]));
    pen.fill();
    pen.globalAlpha = 0.45;
    pen.lineWidth = 1.9;
    along(pieces(middle, steps));
    pen.stroke();
    pen.globalAlpha = 1;
  });
  // Dotted and upright: neither a line of the grid, nor a claim's, nor the present.
  pen.setLineDash([1.5, 3]);
  pen.strokeStyle = theme.ink;
  pen.lineWidth = 1.5;
  for (const step of panel.changes ?? []) {
    pen.beginPath(); pen.moveTo(x(step), TOP / 2); pen.lineTo(x(step), height - foot); pen.stroke();
  }
  pen.setLineDash([]);
  pen.lineWidth = 1;
  pen.fillStyle = pen.strokeStyle = theme.soft;
  for (const [h, place, early] of panel.floors) {
    pen.beginPath(); pen.moveTo(x(first), y(h)); pen.lineTo(x(end), y(h)); pen.stroke();
    const at = early ? x(first) + 4 : x(end);
    if (place) writeText(pen, word("perfect"), at, y(h) + (place === "bottom" ? 1 : -1) * small * 0.75, small, early ? "left" : "right");
  }
  pen.setLineDash([5, 4]);
  for (const [from, to, h, said, place, of] of panel.thresholds) {
    // Among several curves the line says whose it is.
    pen.fillStyle = pen.strokeStyle = of === null ? theme.soft : theme.curves[tint(panel, of)];
    pen.lineWidth = 1.4;
    pen.beginPath(); pen.moveTo(x(from), y(h)); pen.lineTo(x(to), y(h)); pen.stroke();
    if (place) writeText(pen, said, x(to), y(h) + (place === "bottom" ? 1 : -1) * small * 0.75, small, "right");
  }
  pen.setLineDash([]);
  const at = page.steps[now.frame];
  pen.strokeStyle = theme.soft;
  pen.globalAlpha = 0.6;
  pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(x(at), TOP / 2); pen.lineTo(x(at), height - foot); pen.stroke();
  pen.globalAlpha = 1;
  panel.curves.forEach((curve, i) => {
    const colour = theme.curves[tint(panel, i)];
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 3;
    along(pieces(curve.at, curve.steps, now.frame));
    pen.stroke();
    const h = curve.at[now.frame];
    if (h !== null) { pen.beginPath(); pen.arc(x(at), y(h), 5, 0, 2 * Math.PI); pen.fill(); }
    const [name, value] = panel.heads[i];
    const said = curve.said[now.frame];
    const total = Array.isArray(curve.total) ? curve.total[now.frame] : curve.total;
    value.textContent = total && said !== "–" ? word("count").replace("{value}", said).replace("{total}", total) : said;
    value.style.color = colour;
    name.style.color = panel.curves.length > 1 ? colour : "";
  });
  pen.setTransform(1, 0, 0, 1, 0, 0);
}

// Curves take the theme's colours one after the other, across panels.
function tint(panel, i) {
  const before = panels.slice(0, panels.indexOf(panel)).reduce((n, p) => n + p.curves.length, 0);
  return (before + i) % colours().curves.length;
}

// --- time ---

let due = false;
function redraw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; draw(); });
}

function draw() {
  stages.forEach(drawStage);
  panels.forEach((panel, i) => drawPanel(panel, i === panels.length - 1));
  stages.forEach(tellHere);
}

function show(frame) {
  now.frame = Math.min(Math.max(frame, 0), last);
  $("time").value = now.frame;
  $("time").setAttribute("aria-valuetext", `${word("step")} ${page.steps[now.frame]}`);
  $("step").textContent = `${word("step")} ${page.steps[now.frame]}`;
  const passed = page.scenes[now.scene].chapters[now.lang].filter(([k]) => k <= now.frame);
  const stay = Math.max(2, Math.round(0.14 * (last + 1))), [newest] = passed.at(-1) ?? [-stay];
  const fresh = now.frame < newest + stay ? passed.filter(([k]) => k === newest) : [];
  const said = fresh.map((chapter) => chapter[1]).join(" · ");
  if ($("said").textContent !== said) $("said").textContent = said;
  // What somebody changes is that on which the film turns.
  $("said").style.fontWeight = fresh.some((chapter) => chapter[2]) ? "bold" : "";
  stages.forEach(tellCaption);
  redraw();
}

function tick(clock) {
  if (!now.playing) return;
  // A tab that slept does not leap.
  now.waited += Math.min(clock - now.clock, 250) * now.speed;
  now.clock = clock;
  let frame = now.frame;
  while (frame < last && now.waited >= page.durations[frame] * 10) now.waited -= page.durations[frame++] * 10;
  if (frame !== now.frame) { show(frame); }
  if (frame === last) return pause();
  requestAnimationFrame(tick);
}

function play() {
  if (now.playing) return;
  if (now.frame === last) show(0);
  Object.assign(now, { playing: true, waited: page.durations[now.frame] * 10, clock: performance.now() });
  tellPlay();
  requestAnimationFrame(tick);
}

function pause() {
  now.playing = false;
  tellPlay();
}

const toggle = () => (now.playing ? pause() : play());
const step = (by) => { pause(); show(now.frame + by); };

// --- words ---

const word = (name) => page.words[now.lang][name];
// Only what a language says otherwise is packed for it.
const inLanguage = (said) => said[now.lang] ?? Object.values(said)[0];

function name(button, words, sign = "") {
  button.setAttribute("aria-label", words);
  button.title = words;
  button.textContent = sign || words;
}

function tellPlay() {
  name($("play"), word(now.playing ? "pause" : "play"), now.playing ? "❚❚" : "▶\uFE0E");
}

function tellCaption(stage) {
  const said = (stage.title[now.lang] ?? "") + (stage.mark && now.frame >= stage.judged ? ` ${stage.mark}` : "");
  if (stage.caption.textContent !== said) stage.caption.textContent = said;
}

function tellWords() {
  document.documentElement.lang = now.lang === "zh" ? "zh-CN" : "en";
  document.title = $("title").textContent = page.title[now.lang];
  $("lesson").textContent = page.lesson[now.lang];
  tellPlay();
  name($("back"), word("back"), $("back").textContent);
  name($("forward"), word("forward"), $("forward").textContent);
  name($("full"), word("full"), $("full").textContent);
  name($("layers"), word("layers"));
  name($("lang"), page.words[now.lang === "zh" ? "en" : "zh"].language);
  name($("theme"), word(now.theme === "dark" ? "light" : "dark"));
  for (const id of ["time", "speed"]) $(id).setAttribute("aria-label", word(id));
  $("scenes").setAttribute("aria-label", word("seed"));
  [...$("scenes").options].forEach((option, i) => { option.textContent = `${word("seed")} ${page.scenes[i].name}`; });
  $("menu").querySelector("legend").textContent = word("layers");
  $("help").textContent = word("help");
  for (const stage of stages) {
    tellCaption(stage);
    stage.canvas.setAttribute("aria-label", `${page.title[now.lang]}. ${page.lesson[now.lang]}`);
  }
  tellKey();
  for (const panel of panels) {
    panel.curves.forEach((curve, i) => { panel.heads[i][0].textContent = curve.name[now.lang]; });
    panel.canvas.setAttribute("aria-label", panel.curves.map((curve) => curve.name[now.lang]).join(", "));
  }
  for (const label of $("menu").querySelectorAll("span")) label.textContent = wordsOf(label.dataset.layer);
  const marks = page.scenes[now.scene].chapters[now.lang];
  $("marks").replaceChildren();
  for (const [k, said] of marks) {
    const mark = element("i", $("marks"));
    mark.style.left = `${(100 * k) / Math.max(last, 1)}%`;
    mark.title = said;
    // It lies over the scrubber, and leads where the scrubber would.
    mark.addEventListener("click", () => { pause(); show(k); });
  }
}

const SIGNS = { real: "▪", generated: "●", arrow: "➜", line: "—", dashes: "╌" };

// Of all stages; a bar only if it is that of each, for it stands below all of them.
function tellKey() {
  $("key").replaceChildren();
  const layers = stages.flatMap((stage) => stage.layers).filter((layer) => !now.off.has(layer.name));
  for (const name of new Set(layers.map((layer) => layer.name))) {
    const same = layers.filter((layer) => layer.name === name), [layer] = same;
    const bars = new Set(same.map(({ bar }) => JSON.stringify(inLanguage(bar)))), bar = inLanguage(layer.bar);
    if (bar && bars.size === 1 && same.length === stages.length) {
      element("span", $("key")).textContent = `${bar.name}: ${bar.ticks.map((t) => t[1]).join(" … ")}`;
    }
    if (!layer.mark) continue;
    const entry = element("span", $("key")), sign = element("b", entry);
    sign.textContent = `${SIGNS[layer.mark]} `;
    sign.style.color = layer.colour[now.theme];
    if (layer.mark === "generated") sign.style.webkitTextStroke = `1px ${colours().edge}`;
    entry.append(layer.words[now.lang]);
  }
}

const wordsOf = (layer) => stages.flatMap((stage) => stage.layers).find((l) => l.name === layer).words[now.lang];

function fillMenu() {
  $("menu").querySelectorAll("label").forEach((label) => label.remove());
  const names = new Set(stages.flatMap((stage) => stage.layers.map((layer) => layer.name)));
  for (const layer of names) {
    const label = element("label", $("menu")), box = element("input", label), said = element("span", label);
    box.type = "checkbox";
    box.checked = !now.off.has(layer);
    box.name = layer;
    said.dataset.layer = layer;
    box.addEventListener("change", () => {
      if (box.checked) now.off.delete(layer); else now.off.add(layer);
      tellWords();
      redraw();
    });
  }
}

function dress() {
  const theme = colours(), root = document.documentElement.style;
  for (const key of ["paper", "ink", "soft"]) root.setProperty(`--${key}`, theme[key]);
  root.setProperty("--accent", theme.curves[0]);
  root.colorScheme = now.theme;
}

// --- hands ---

const sizes = new ResizeObserver(redraw);
window.addEventListener("resize", () => { arrange(); redraw(); });

function showMenu() {
  $("menu").hidden = !$("menu").hidden;
  $("layers").setAttribute("aria-expanded", String(!$("menu").hidden));
  if ($("menu").hidden) return;
  $("menu").querySelector("input")?.focus();
  // All of it, and not just the box that has the focus.
  $("menu").scrollIntoView({ block: "nearest" });
}

function fill() {
  if (document.fullscreenElement) document.exitFullscreen();
  else $("player").requestFullscreen?.().catch(() => {});
}

$("play").addEventListener("click", toggle);
$("back").addEventListener("click", () => step(-1));
$("forward").addEventListener("click", () => step(1));
$("time").addEventListener("input", () => { pause(); show(Number($("time").value)); });
$("speed").addEventListener("change", () => { now.speed = Number($("speed").value); });
$("scenes").addEventListener("change", () => openScene(Number($("scenes").value)));
$("layers").addEventListener("click", showMenu);
$("full").addEventListener("click", fill);
$("theme").addEventListener("click", () => {
  now.theme = now.theme === "dark" ? "light" : "dark";
  dress();
  tellWords();
  redraw();
});
$("lang").addEventListener("click", () => {
  now.lang = now.lang === "zh" ? "en" : "zh";
  tellWords();
  show(now.frame);
});

const KEYS = {
  " ": toggle, ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => step(-last), End: () => step(last),
  l: showMenu, L: showMenu, f: fill, F: fill,
};
document.addEventListener("keydown", (event) => {
  const act = KEYS[event.key], { tagName, type } = event.target;
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  // Space presses the button, ticks the box or opens the list that has the focus; arrows choose in a list.
  const own = event.key === " " && (tagName === "BUTTON" || type === "checkbox");
  if (own || tagName === "SELECT") return;
  event.preventDefault();
  act();
});

// --- begin ---

$("time").max = last;
if (page.scenes.length > 1) {
  $("scenes").hidden = false;
  page.scenes.forEach((_, i) => { element("option", $("scenes")).value = i; });
}
page.scenes[0].stages.forEach((stage) => stage.layers.forEach((layer) => { if (!layer.shown) now.off.add(layer.name); }));
dress();
openScene(0);
