// The pen: strokes on a canvas, in the film's sizes and colours. It knows neither packed frames nor trainings: what
// a stroke shows comes as plain arrays, places as shares of the stage, 0 left or bottom, 1 right or top.
//
// Kinds of strokes, and what each shows:
//   sheet          {rows, columns, values, from, zero, factor, known}: level = (value - zero) * factor, 0 to LEVELS - 1
//   dots           {places, count}; {.., loose: true} where their number changes: no stamp is made for them
//   lines, shapes  {places, ends, count}: line l ends before place ends[l]; NaN breaks it
//   words          {said, place, align, plate, strength}

const RAMPS = new WeakMap();

/** A theme's levels of colour as pixels; the last is the paper, for what is not known. */
function rampOf(theme) {
  let ramp = RAMPS.get(theme);
  if (!ramp) {
    ramp = Uint32Array.from(theme.ramp, ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
    RAMPS.set(theme, ramp);
  }
  return ramp;
}

/** A box on the page: its size, and how many of the screen's pixels are one of the page's. */
export const boxOf = ({ clientWidth, clientHeight }) => ({ clientWidth, clientHeight, ratio: window.devicePixelRatio || 1 });

/** Give a canvas as many pixels as a box has, at most so many for one of the page's; returns how many those are. */
export function fitCanvas(canvas, most = Infinity, box = boxOf(canvas)) {
  const ratio = Math.min(box.ratio, most);
  const width = Math.max(1, Math.round(box.clientWidth * ratio));
  const height = Math.max(1, Math.round(box.clientHeight * ratio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return ratio;
}

let font = "";

/** The family of letters, where there is no page to ask: in a worker. */
export function useFont(family) { font = family; }

export const fontOf = () => font || getComputedStyle(document.body).fontFamily;

export function writeText(context, said, x, y, size, align) {
  context.font = `${size}px ${fontOf()}`;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillText(said, x, y);
}

export function writePlate(context, theme, said, x, y, size, align, strength) {
  context.font = `${size}px ${fontOf()}`;
  const width = context.measureText(said).width + size * 0.5;
  const left = align === "left" ? x - size * 0.25 : align === "right" ? x - width + size * 0.25 : x - width / 2;
  context.globalAlpha = 0.75 * strength;
  context.fillStyle = theme.paper;
  context.fillRect(left, y - size * 0.65, width, size * 1.3);
  context.globalAlpha = strength;
  context.fillStyle = theme.ink;
  writeText(context, said, x, y, size, align);
}

export class Pen {
  /** size: pixels of the stage for which all sizes are given. */
  constructor(canvas, size) {
    Object.assign(this, { canvas, size, most: Infinity, context: canvas.getContext("2d"), sheets: new WeakMap(), stamps: new WeakMap() });
  }

  /** An empty stage as large as its box; that of the canvas itself where none is named. */
  begin(theme, box) {
    fitCanvas(this.canvas, this.most, box);
    this.theme = theme;
    this.side = this.canvas.width;
    this.unit = this.side / this.size;
    this.point = this.unit * 96 / 72;
    this.context.clearRect(0, 0, this.side, this.side);
  }

  /** kind: of the stroke; style: in the theme's colours; shown: what it shows now, one object for a stroke. */
  draw(kind, style, shown) {
    const { context } = this;
    context.globalAlpha = style?.alpha ?? 1;
    context.setLineDash([]);
    context.lineCap = "butt";
    if (kind === "sheet") this.sheet(shown);
    else if (kind === "dots") this.dots(style, shown);
    else if (kind === "words") this.words(style, shown);
    else this.lines(style, shown, kind === "shapes");
  }

  end() { this.context.globalAlpha = 1; }

  // The film's own arithmetic: linear between cells, then one of a few levels of colour.
  sheet(shown) {
    const { side } = this, { rows, columns, values, from, zero, factor } = shown, kept = this.keptSheet(shown);
    const ramp = rampOf(this.theme), { size, pixels } = kept;
    if (!shown.known) {
      pixels.fill(ramp[ramp.length - 1]);
    } else {
      const { wide, acrossLow, acrossPart, downLow, downPart } = kept;
      for (let r = 0; r < rows; r++) {
        const row = from + r * columns, to = r * size;
        for (let c = 0; c < size; c++) {
          const at = row + acrossLow[c], a = values[at];
          wide[to + c] = (a + (values[at + 1] - a) * acrossPart[c] - zero) * factor + 0.5;
        }
      }
      for (let r = 0; r < size; r++) {
        const part = downPart[r], a = downLow[r] * size, b = a + size, out = (size - 1 - r) * size;
        for (let c = 0; c < size; c++) pixels[out + c] = ramp[(wide[a + c] + (wide[b + c] - wide[a + c]) * part) | 0];
      }
    }
    kept.own.putImageData(kept.image, 0, 0);
    this.context.drawImage(kept.canvas, 0, 0, side, side);
  }

  keptSheet(shown) {
    const size = Math.min(this.side, this.size), { rows, columns } = shown, before = this.sheets.get(shown);
    if (before?.size === size && before.rows === rows && before.columns === columns) return before;
    const places = (n) => {
      const low = new Int32Array(size), part = new Float64Array(size);
      for (let i = 0; i < size; i++) {
        const at = Math.min(Math.max(((i + 0.5) * n) / size - 0.5, 0), n - 1);
        low[i] = Math.min(Math.floor(at), n - 2);
        part[i] = at - low[i];
      }
      return [low, part];
    };
    const canvas = new OffscreenCanvas(size, size), own = canvas.getContext("2d"), image = own.createImageData(size, size);
    const [acrossLow, acrossPart] = places(columns), [downLow, downPart] = places(rows);
    const kept = {
      size, rows, columns, canvas, own, image, pixels: new Uint32Array(image.data.buffer), wide: new Float32Array(rows * size),
      acrossLow, acrossPart, downLow, downPart,
    };
    this.sheets.set(shown, kept);
    return kept;
  }

  dots(style, shown) {
    const { context, side, point } = this, { places, count } = shown, size = style.size * point;
    if (style.marker === "+") {
      context.beginPath();
      for (let i = 0; i < 2 * count; i += 2) this.cross(places[i] * side, (1 - places[i + 1]) * side, size / 2);
      context.strokeStyle = style.edge;
      context.lineWidth = style.width * point;
      return context.stroke();
    }
    if (shown.loose) {
      context.fillStyle = style.fill ?? style.edge;
      for (let i = 0; i < 2 * count; i += 2) {
        context.beginPath();
        context.arc(places[i] * side, (1 - places[i + 1]) * side, size / 2, 0, 2 * Math.PI);
        context.fill();
      }
      return undefined;
    }
    // One stamp, many copies: several times faster than as many paths.
    const { stamp, half } = this.stampOf(style, size);
    for (let i = 0; i < 2 * count; i += 2) {
      const a = places[i];
      if (a === a) context.drawImage(stamp, a * side - half, (1 - places[i + 1]) * side - half);
    }
    return undefined;
  }

  stampOf(style, size) {
    const before = this.stamps.get(style);
    if (before?.size === size) return before;
    const half = Math.ceil(size / 2 + style.width * this.point) + 1;
    const stamp = new OffscreenCanvas(2 * half, 2 * half), own = stamp.getContext("2d");
    own.beginPath();
    if (style.marker === "s") own.rect(half - size / 2, half - size / 2, size, size);
    else own.arc(half, half, size / 2, 0, 2 * Math.PI);
    own.fillStyle = style.fill;
    own.fill();
    if (style.width) {
      own.strokeStyle = style.edge;
      own.lineWidth = style.width * this.point;
      own.stroke();
    }
    const kept = { size, half, stamp };
    this.stamps.set(style, kept);
    return kept;
  }

  cross(x, y, r) {
    if (x !== x) return;
    this.context.moveTo(x - r, y);
    this.context.lineTo(x + r, y);
    this.context.moveTo(x, y - r);
    this.context.lineTo(x, y + r);
  }

  lines(style, { places, ends, count }, filled) {
    const { context, side, point } = this, { colours } = style, many = colours.length > 1;
    context.lineWidth = style.width * point;
    context.lineJoin = "round";
    context.setLineDash((style.dash ?? []).map((d) => d * point));
    context.beginPath();
    for (let l = 0, i = 0; l < count; l++) {
      if (many) context.beginPath();
      let open = false;
      for (const end = ends[l]; i < end; i++) {
        const a = places[2 * i];
        if (a !== a) { open = false; continue; }
        if (open) context.lineTo(a * side, (1 - places[2 * i + 1]) * side);
        else context.moveTo(a * side, (1 - places[2 * i + 1]) * side);
        open = true;
      }
      if (filled) context.closePath();
      if (many) this.paint(style, colours[l % colours.length], filled);
    }
    if (!many) this.paint(style, colours[0], filled);
  }

  paint(style, colour, filled) {
    const { context } = this;
    context.fillStyle = context.strokeStyle = colour;
    if (filled) context.fill();
    if (style.width) context.stroke();
  }

  words(style, { said, place, align, plate, strength }) {
    if (!said || !place.length) return;
    const { context, side, point } = this, x = place[0] * side, y = (1 - place[1]) * side, size = style.size * point;
    if (plate) return void writePlate(context, this.theme, said, x, y, size, align, strength);
    context.globalAlpha = strength;
    context.fillStyle = style.colours[0];
    writeText(context, said, x, y, size, align);
  }
}
