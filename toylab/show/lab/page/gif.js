// A GIF, written by hand: one palette for all frames, no dither, and of each frame only what changed.
//
//   const writer = new GifWriter(width, height, paletteOf([rgba, ...]));
//   writer.add(rgba, hundredths); ...; writer.blob()

// One index stays free for "as before".
const MOST_COLOURS = 255, AS_BEFORE = 255;
// Of each frame so many pixels are looked at for what colours there are.
const PIXELS_SEEN = 40_000;

const packedAt = (rgba, i) => (rgba[i] << 16) | (rgba[i + 1] << 8) | rgba[i + 2];

/** At most 255 colours, [r, g, b] each, by median cut; those that fill much of the frames exactly. */
export function paletteOf(frames) {
  const counts = new Map();
  frames.forEach((rgba, k) => {
    const step = Math.max(1, Math.round(rgba.length / 4 / PIXELS_SEEN));
    // Other pixels in each frame, so that several show more of what stands still.
    for (let i = k % step; 4 * i < rgba.length; i += step) {
      const colour = packedAt(rgba, 4 * i);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
  });
  const every = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (every.length <= MOST_COLOURS) return every.map(([colour]) => unpackedColour(colour));
  const seen = every.reduce((sum, [, n]) => sum + n, 0);
  const exact = every.filter(([, n]) => n > seen / 8000).slice(0, MOST_COLOURS >> 1);
  // The root gives edges and rare colours a voice beside the flats.
  const rest = every.slice(exact.length).map(([colour, n]) => [...unpackedColour(colour), Math.sqrt(n)]);
  return [...exact.map(([colour]) => unpackedColour(colour)), ...medianCut(rest, MOST_COLOURS - exact.length)];
}

const unpackedColour = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

// Boxes of colours [r, g, b, votes], of which the one with the widest spread of votes is cut at its median.
function medianCut(colours, most) {
  const boxed = (inside) => {
    const spans = [0, 1, 2].map((c) => inside.reduce(([low, high], one) => [Math.min(low, one[c]), Math.max(high, one[c])], [255, 0]));
    const widths = spans.map(([low, high]) => high - low), axis = widths.indexOf(Math.max(...widths));
    return { inside, axis, worth: widths[axis] * inside.reduce((sum, one) => sum + one[3], 0) };
  };
  const boxes = [boxed(colours)];
  while (boxes.length < most) {
    const widest = boxes.reduce((best, box) => (box.worth > best.worth ? box : best));
    if (!widest.worth) break;
    const { axis } = widest, inside = widest.inside.sort((a, b) => a[axis] - b[axis]), half = inside.reduce((sum, one) => sum + one[3], 0) / 2;
    let votes = 0, at = 0;
    while (at < inside.length - 1 && (votes + inside[at][3] <= half || at === 0)) votes += inside[at++][3];
    boxes.splice(boxes.indexOf(widest), 1, boxed(inside.slice(0, at)), boxed(inside.slice(at)));
  }
  return boxes.map(({ inside }) => {
    const votes = inside.reduce((sum, one) => sum + one[3], 0);
    return [0, 1, 2].map((c) => Math.round(inside.reduce((sum, one) => sum + one[c] * one[3], 0) / votes));
  });
}

export class GifWriter {
  /** Loops for ever; palette as `paletteOf` gives it. */
  constructor(width, height, palette) {
    Object.assign(this, { width, height, palette, known: new Map(), before: null, parts: [] });
    const table = new Uint8Array(3 * 256);
    palette.forEach((colour, i) => table.set(colour, 3 * i));
    // 0xf7: a global table of 256 colours, 8 bits each.
    this.parts.push(ascii("GIF89a"), bytesOf16([width, height]), new Uint8Array([0xf7, 0, 0]), table, ascii("!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"));
  }

  /** A frame, RGBA, shown for so many hundredths of a second. */
  add(rgba, hundredths) {
    const { width, height, before } = this, now = new Uint8Array(width * height);
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let i = 0, y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        now[i] = this.index(packedAt(rgba, 4 * i));
        if (before && before[i] === now[i]) continue;
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        if (y > bottom) bottom = y;
      }
    }
    // A frame like the one before is one pixel that says "as before": its time must pass.
    if (right < 0) [left, top, right, bottom] = [0, 0, 0, 0];
    const w = right - left + 1, h = bottom - top + 1, part = new Uint8Array(w * h);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const i = (top + y) * width + left + x;
        part[y * w + x] = before && before[i] === now[i] ? AS_BEFORE : now[i];
      }
    }
    // 0x05: leave the frame standing, and one colour is transparent.
    this.parts.push(new Uint8Array([0x21, 0xf9, 4, 0x05]), bytesOf16([hundredths]), new Uint8Array([AS_BEFORE, 0]));
    this.parts.push(ascii(","), bytesOf16([left, top, w, h]), new Uint8Array([0, 8]), compressedLzw(part), new Uint8Array(1));
    this.before = now;
  }

  index(colour) {
    let found = this.known.get(colour);
    if (found === undefined) {
      const [r, g, b] = unpackedColour(colour);
      let nearest = Infinity;
      this.palette.forEach(([x, y, z], i) => {
        const far = (x - r) ** 2 + (y - g) ** 2 + (z - b) ** 2;
        if (far < nearest) [nearest, found] = [far, i];
      });
      this.known.set(colour, found);
    }
    return found;
  }

  blob() {
    return new Blob([...this.parts, ascii(";")], { type: "image/gif" });
  }
}

const ascii = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const bytesOf16 = (numbers) => Uint8Array.from(numbers.flatMap((n) => [n & 255, n >> 8]));

// LZW of bytes in blocks of at most 255: codes of 9 to 12 bits, and a new table when that is full.
function compressedLzw(bytes) {
  const CLEAR = 256, END = 257, out = [];
  let block = [], held = 0, bits = 0, size = 9, next = 258;
  // Of a string's code and one more byte the code of both: a table with open addressing.
  const keys = new Int32Array(16384).fill(-1), codes = new Int16Array(16384);
  const put = (code) => {
    held |= code << bits;
    for (bits += size; bits >= 8; bits -= 8) {
      block.push(held & 255);
      held >>>= 8;
      if (block.length === 255) {
        out.push(255, ...block);
        block = [];
      }
    }
  };
  put(CLEAR);
  let prefix = bytes[0];
  for (let i = 1; i < bytes.length; i++) {
    const key = (prefix << 8) | bytes[i];
    let at = Math.imul(key, 0x9e3779b1) >>> 18;
    while (keys[at] !== -1 && keys[at] !== key) at = (at + 1) & 16383;
    if (keys[at] === key) {
      prefix = codes[at];
      continue;
    }
    put(prefix);
    prefix = bytes[i];
    if (next === 4096) {
      put(CLEAR);
      keys.fill(-1);
      [size, next] = [9, 258];
      continue;
    }
    // A reader is one entry behind: it goes to the next width only now.
    if (next === 1 << size && size < 12) size++;
    keys[at] = key;
    codes[at] = next++;
  }
  put(prefix);
  if (next === 1 << size && size < 12) size++;
  put(END);
  if (bits) block.push(held & 255);
  if (block.length) out.push(block.length, ...block);
  return Uint8Array.from(out);
}
