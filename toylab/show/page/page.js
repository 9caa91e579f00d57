// The player. It draws what toylab/show/page/page.py packed: sheets, dots, lines, shapes and words, on
// stages of one size, and curves beside them. Nothing is fetched; all text is set as text.

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

function prepare(stroke) {
  if (stroke.kind === "dots" && stroke.dots) {
    const frames = stroke.dots.shape[0];
    return { ...stroke, count: stroke.dots.shape[1], frames, points: read(stroke.dots) };
  }
  if (stroke.kind === "sheet") {
    const [frames, rows, columns] = stroke.levels.shape;
    return { ...stroke, frames, rows, columns, values: read(stroke.levels) };
  }
  return stroke.lengths ? { ...stroke, ...lines(stroke) } : stroke;
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
    const opened = { ...stage, layers, densities, canvas, caption, here, pointer: null };
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
// Where a stroke that never moves was stored once.
const frameOf = (frames, k) => (frames === 1 ? 0 : k);

function fit(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return ratio;
}

function drawStage(stage) {
  fit(stage.canvas);
  const side = stage.canvas.width, pen = stage.canvas.getContext("2d");
  const unit = side / page.side, point = unit * 96 / 72;
  pen.clearRect(0, 0, side, side);
  const x = (q) => share(q) * side, y = (q) => (1 - share(q)) * side;
  // What a stage before it shows as well is shown there alone.
  const empty = now.frame < (stage.begins ?? 0);
  stage.canvas.style.borderStyle = empty ? "dashed" : "";
  if (empty) {
    pen.fillStyle = colours().soft;
    return type(pen, inLanguage(stage.later), side / 2, side / 2, 21 * unit, "center");
  }
  for (const layer of stage.layers) {
    if (now.off.has(layer.name)) continue;
    for (const stroke of layer.strokes) {
      const style = stroke.style?.[now.theme];
      pen.globalAlpha = style?.alpha ?? 1;
      pen.setLineDash([]);
      pen.lineCap = "butt";
      if (stroke.kind === "sheet") drawSheet(pen, stroke, side);
      else if (stroke.kind === "dots") drawDots(pen, stroke, style, x, y, point);
      else if (stroke.kind === "words") drawWords(pen, stroke, style, side, point);
      else drawLines(pen, stroke, style, x, y, point);
    }
  }
  pen.globalAlpha = 1;
  const step = page.steps[now.frame];
  if (stage.ended >= 0 && stage.ended <= step) {
    plate(pen, word("diverged").replace("{step}", stage.ended), side / 2, side / 2, 24 * unit, "center", 1);
  }
}

// The film's own arithmetic: linear between cells, then one of a few levels of colour.
function drawSheet(pen, stroke, side) {
  const size = Math.min(side, page.side), { rows, columns } = stroke;
  const from = frameOf(stroke.frames, now.frame) * rows * columns;
  if (stroke.size !== size) {
    const place = (n) => Array.from({ length: size }, (_, i) => {
      const at = Math.min(Math.max(((i + 0.5) * n) / size - 0.5, 0), n - 1);
      const low = Math.min(Math.floor(at), n - 2);
      return [low, at - low];
    });
    const canvas = new OffscreenCanvas(size, size), own = canvas.getContext("2d");
    const image = own.createImageData(size, size);
    Object.assign(stroke, {
      size, canvas, own, image, pixels: new Uint32Array(image.data.buffer),
      across: place(columns), down: place(rows), wide: new Float32Array(rows * size),
    });
  }
  const ramp = rampOf(now.theme), values = stroke.values;
  if (values[from] === 0) {
    stroke.pixels.fill(ramp[LEVELS]);
  } else {
    const wide = stroke.wide, factor = (LEVELS - 1) / (SHEET - 1);
    for (let r = 0; r < rows; r++) {
      const row = from + r * columns;
      for (let c = 0; c < size; c++) {
        const [low, part] = stroke.across[c];
        const a = values[row + low];
        wide[r * size + c] = (a + (values[row + low + 1] - a) * part - 1) * factor + 0.5;
      }
    }
    for (let r = 0; r < size; r++) {
      const [low, part] = stroke.down[r];
      const a = low * size, b = a + size, out = (size - 1 - r) * size;
      for (let c = 0; c < size; c++) stroke.pixels[out + c] = ramp[(wide[a + c] + (wide[b + c] - wide[a + c]) * part) | 0];
    }
  }
  stroke.own.putImageData(stroke.image, 0, 0);
  pen.drawImage(stroke.canvas, 0, 0, side, side);
}

const ramps = {};
function rampOf(theme) {
  ramps[theme] ??= Uint32Array.from(page.themes[theme].ramp, ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
  return ramps[theme];
}

function eachDot(stroke, use) {
  const start = frameOf(stroke.frames, now.frame) * stroke.count * 2;
  for (let i = start; i < start + 2 * stroke.count; i += 2) {
    if (stroke.points[i] !== ABSENT) use(stroke.points[i], stroke.points[i + 1]);
  }
}

function drawDots(pen, stroke, style, x, y, point) {
  if (!stroke.dots) return drawLoose(pen, stroke, style, x, y, point);
  const size = style.size * point;
  if (style.marker === "+") {
    pen.beginPath();
    eachDot(stroke, (a, b) => cross(pen, x(a), y(b), size / 2));
    pen.strokeStyle = style.edge;
    pen.lineWidth = style.width * point;
    return pen.stroke();
  }
  // One stamp, many copies: several times faster than as many paths.
  const half = Math.ceil(size / 2 + style.width * point) + 1, name = now.theme + size;
  if (stroke.stamped !== name) {
    const canvas = new OffscreenCanvas(2 * half, 2 * half), own = canvas.getContext("2d");
    own.beginPath();
    if (style.marker === "s") own.rect(half - size / 2, half - size / 2, size, size);
    else own.arc(half, half, size / 2, 0, 2 * Math.PI);
    own.fillStyle = style.fill;
    own.fill();
    if (style.width) {
      own.strokeStyle = style.edge;
      own.lineWidth = style.width * point;
      own.stroke();
    }
    Object.assign(stroke, { stamped: name, stamp: canvas });
  }
  eachDot(stroke, (a, b) => pen.drawImage(stroke.stamp, x(a) - half, y(b) - half));
}

function cross(pen, x, y, r) {
  pen.moveTo(x - r, y); pen.lineTo(x + r, y);
  pen.moveTo(x, y - r); pen.lineTo(x, y + r);
}

// Dots whose number changes from frame to frame.
function drawLoose(pen, stroke, style, x, y, point) {
  pen.fillStyle = style.fill ?? style.edge;
  eachLine(stroke, (from, to) => {
    for (let i = from; i < to; i++) {
      pen.beginPath();
      pen.arc(x(stroke.points[2 * i]), y(stroke.points[2 * i + 1]), style.size * point / 2, 0, 2 * Math.PI);
      pen.fill();
    }
  });
}

function eachLine(stroke, use) {
  const k = frameOf(stroke.from.length - 1, now.frame);
  for (let l = stroke.from[k]; l < stroke.from[k + 1]; l++) use(stroke.at[l], stroke.at[l + 1], l - stroke.from[k]);
}

function drawLines(pen, stroke, style, x, y, point) {
  const filled = stroke.kind === "shapes", many = style.colours.length > 1;
  pen.lineWidth = style.width * point;
  pen.lineJoin = "round";
  pen.setLineDash((style.dash ?? []).map((d) => d * point));
  const paint = (colour) => {
    pen.fillStyle = pen.strokeStyle = colour;
    if (filled) pen.fill();
    if (style.width) pen.stroke();
  };
  pen.beginPath();
  eachLine(stroke, (from, to, number) => {
    if (many) pen.beginPath();
    let open = false;
    for (let i = from; i < to; i++) {
      const a = stroke.points[2 * i], b = stroke.points[2 * i + 1];
      if (a === ABSENT) { open = false; continue; }
      if (open) pen.lineTo(x(a), y(b)); else pen.moveTo(x(a), y(b));
      open = true;
    }
    if (filled) pen.closePath();
    if (many) paint(style.colours[number % style.colours.length]);
  });
  if (!many) paint(style.colours[0]);
}

function drawWords(pen, stroke, style, side, point) {
  const said = inLanguage(stroke.said)?.[now.frame];
  if (!said || !stroke.place.length) return;
  const [a, b] = stroke.place;
  if (stroke.plate) plate(pen, said, a * side, (1 - b) * side, style.size * point, stroke.align, stroke.strength[now.frame]);
  else {
    pen.globalAlpha = stroke.strength[now.frame];
    pen.fillStyle = style.colours[0];
    type(pen, said, a * side, (1 - b) * side, style.size * point, stroke.align);
  }
}

function type(pen, said, x, y, size, align) {
  pen.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = align;
  pen.textBaseline = "middle";
  pen.fillText(said, x, y);
}

function plate(pen, said, x, y, size, align, strength) {
  pen.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  const width = pen.measureText(said).width + size * 0.5;
  const left = align === "left" ? x - size * 0.25 : align === "right" ? x - width + size * 0.25 : x - width / 2;
  pen.globalAlpha = 0.75 * strength;
  pen.fillStyle = colours().paper;
  pen.fillRect(left, y - size * 0.65, width, size * 1.3);
  pen.globalAlpha = strength;
  pen.fillStyle = colours().ink;
  type(pen, said, x, y, size, align);
}

// --- asking a place ---

const asked = (value) => (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4) ? value.toExponential(1) : Number(value.toPrecision(3)).toString());

// As many digits as tell places of the stage apart: degrees of latitude need more of them, populations none.
function coordinate(share, low, high) {
  const value = low + share * (high - low), decade = Math.floor(Math.log10(high - low));
  const digits = decade === 0 || decade === 1 ? 2 : Math.max(0, 2 - decade);
  if (digits <= 9 && decade < 12) return value.toFixed(digits);
  return value.toExponential(2 + Math.max(0, Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)))) - decade));
}

function sheetAt(stroke, [a, b]) {
  const { rows, columns, values } = stroke, base = frameOf(stroke.frames, now.frame) * rows * columns;
  if (values[base] === 0) return NaN;
  const place = (share, n) => {
    const at = Math.min(Math.max(share * n - 0.5, 0), n - 1), low = Math.min(Math.floor(at), n - 2);
    return [low, at - low];
  };
  const [c, u] = place(a, columns), [r, v] = place(b, rows), i = base + r * columns + c;
  const mixed = (1 - v) * ((1 - u) * values[i] + u * values[i + 1]) + v * ((1 - u) * values[i + columns] + u * values[i + columns + 1]);
  return ((mixed - 1) / (SHEET - 1) * 2 - 1) * stroke.limit;
}

function tellHere(stage) {
  if (!stage.pointer || now.frame < (stage.begins ?? 0)) { stage.here.textContent = ""; return; }
  const [a, b] = stage.pointer, [x0, x1, y0, y1] = stage.extent, said = [];
  if (!stage.layers.some((layer) => layer.name === "phase")) {
    said.push(`(${coordinate(a, x0, x1)}, ${coordinate(b, y0, y1)})`);
    const surface = stage.layers.find((layer) => layer.name === "surface");
    if (surface) {
      const stroke = surface.strokes.find((s) => s.kind === "sheet"), value = sheetAt(stroke, stage.pointer);
      const beyond = Math.abs(value) > 0.997 * stroke.limit;
      const shown = stage.output === "logit" ? 1 / (1 + Math.exp(-value)) : value;
      // Beyond the surface's limits only the side is known.
      const sign = !beyond ? "=" : value > 0 ? "≥" : "≤";
      // Where only differences mean anything the surface shows those to the frame's mean.
      const name = stage.output === "difference" ? `D – ${word("mean")}` : "D";
      said.push(Number.isNaN(value) ? `${name}: –` : `${name} ${sign} ${asked(shown)}`);
    }
    const density = stage.densities.filter((one) => one.from <= now.frame).pop();
    if (density?.below) {
      const { side, below, peak } = density;
      const cell = (s) => Math.min(side - 1, Math.max(0, Math.floor(s * side)));
      said.push(`${word("p")} ${asked(Math.exp(peak - below[cell(b) * side + cell(a)] / 100))}`);
    }
  }
  stage.here.textContent = said.join(" · ");
}

// --- curves ---

const LEFT = 62, RIGHT = 14, TOP = 10, BOTTOM = 30;

function drawPanel(panel, lowest) {
  const ratio = fit(panel.canvas), pen = panel.canvas.getContext("2d"), theme = colours();
  const width = panel.canvas.width / ratio, height = panel.canvas.height / ratio;
  const foot = lowest ? BOTTOM : TOP;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const [first, end] = [page.steps[0], page.steps[last]];
  const x = (step) => LEFT + ((step - first) / Math.max(end - first, 1)) * (width - LEFT - RIGHT);
  const y = (h) => height - foot - (h / 1000) * (height - foot - TOP);
  const small = Math.max(11, Math.min(17, width / 34));
  pen.lineWidth = 1;
  for (const [h, said] of panel.ticks) {
    pen.strokeStyle = theme.grid;
    pen.beginPath(); pen.moveTo(LEFT, y(h)); pen.lineTo(width - RIGHT, y(h)); pen.stroke();
    pen.fillStyle = theme.soft;
    type(pen, said, LEFT - 8, y(h), small, "right");
  }
  if (lowest) {
    pen.fillStyle = theme.soft;
    type(pen, `${word("step")} ${first}`, LEFT, height - small * 0.8, small, "left");
    type(pen, String(end).replace(/\B(?=(\d{3})+$)/g, "\u202f"), width - RIGHT, height - small * 0.8, small, "right");
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
  pen.setLineDash([5, 4]);
  for (const [from, to, h, said, place, of] of panel.thresholds) {
    // Among several curves the line says whose it is.
    pen.fillStyle = pen.strokeStyle = of === null ? theme.soft : theme.curves[tint(panel, of)];
    pen.lineWidth = 1.4;
    pen.beginPath(); pen.moveTo(x(from), y(h)); pen.lineTo(x(to), y(h)); pen.stroke();
    if (place) type(pen, said, x(to), y(h) + (place === "bottom" ? 1 : -1) * small * 0.75, small, "right");
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
