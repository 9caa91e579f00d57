// Data of one's own: pictures and dropped files, and how points come to a stage.
//
//   await readPicture(blob) -> { points, words }    dark places are likely, as in boxes.py; words: [[key, values], ...]
//   await readFileOf(blob)  -> a picture's or a table's, by what it holds
//   scaled(points, extent)  -> points moved to a stage: at most MOST_DRAWN, rounded
// Whatever cannot be read is Unreadable.
import { MOST_TEXT, readTable } from "./tables.js";
import { Unreadable } from "./unreadable.js";

export const MOST_DRAWN = 5000;
const MOST_BLOB = 30_000_000;
// Along either side of what is kept of a picture, and points that are laid in it.
const MOST_PIXELS = 128, POINTS_OF_PICTURE = 4000;

/** Points in a picture, the longer side 4 wide about the origin. */
export async function readPicture(blob) {
  if (blob.size > MOST_BLOB) throw new Unreadable("picture_large", { most: "30 MB" });
  let picture;
  try {
    picture = await createImageBitmap(blob);
  } catch {
    throw new Unreadable("picture_unknown", { name: blob.name ?? blob.type });
  }
  try {
    const size = Math.min(1, MOST_PIXELS / Math.max(picture.width, picture.height));
    const [w, h] = [picture.width, picture.height].map((n) => Math.max(1, Math.round(n * size)));
    const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h }), brush = canvas.getContext("2d");
    brush.fillStyle = "white";
    brush.fillRect(0, 0, w, h);
    brush.imageSmoothingQuality = "high";
    brush.drawImage(picture, 0, 0, w, h);
    return { points: pointsOfGrey(brush.getImageData(0, 0, w, h).data, w, h), words: [["picture_read", { width: w, height: h }]] };
  } finally {
    picture.close();
  }
}

function pointsOfGrey(rgba, w, h) {
  const mass = new Float64Array(w * h);
  let sum = 0;
  for (let i = 0; i < mass.length; i++) {
    // As Pillow greys: ITU-R 601-2.
    const dark = 1 - (299 * rgba[4 * i] + 587 * rgba[4 * i + 1] + 114 * rgba[4 * i + 2]) / 255_000;
    sum += mass[i] = dark > 1 / 512 ? dark : 0;
  }
  if (!sum) throw new Unreadable("picture_white");
  // Evenly along the mass: each pixel gets its share to within one point. Within a pixel by the golden ratios of the plane.
  const points = [], unit = 4 / Math.max(w, h);
  let seen = 0;
  for (let i = 0; i < mass.length; i++) {
    seen += mass[i];
    while (points.length < POINTS_OF_PICTURE && (points.length + 0.5) * sum <= seen * POINTS_OF_PICTURE) {
      const k = points.length + 0.5, u = (k * 0.7548776662466927) % 1, v = (k * 0.5698402909980532) % 1;
      points.push([((i % w) + u - w / 2) * unit, (h / 2 - Math.floor(i / w) - v) * unit]);
    }
  }
  return points;
}

/** What a dropped file holds: a picture, or a table. */
export async function readFileOf(blob) {
  if (blob.type.startsWith("image/")) return readPicture(blob);
  if (blob.size > MOST_TEXT) throw new Unreadable("table_large", { most: "2 MB" });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()];
  try {
    return readTable(new TextDecoder(wide ?? "utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof Unreadable) throw error;
  }
  if (bytes.includes(0)) throw new Unreadable("file_unknown", { name: blob.name ?? blob.type });
  // What Excel saves as text where nobody asked for UTF-8: digits and marks are the same.
  return readTable(new TextDecoder("windows-1252").decode(bytes));
}

// --- to the stage ---

/** Points in the middle of a stage, both axes by one measure, on four fifths of it. */
export function scaled(points, extent) {
  const [x0, x1, y0, y1] = extent, low = [Infinity, Infinity], high = [-Infinity, -Infinity];
  for (const point of points) for (const i of [0, 1]) {
    low[i] = Math.min(low[i], point[i]);
    high[i] = Math.max(high[i], point[i]);
  }
  const room = 0.8 * Math.min(x1 - x0, y1 - y0), size = Math.max(high[0] - low[0], high[1] - low[1]);
  const factor = size > 0 ? room / size : 1, middle = [(x0 + x1) / 2, (y0 + y1) / 2];
  // Of too many every so manieth: the order of a table may mean something, its phase rarely does.
  const n = Math.min(points.length, MOST_DRAWN), chosen = Array.from({ length: n }, (_, k) => points[Math.floor((k * points.length) / n)]);
  return chosen.map((point) => roundedTo(point.map((x, i) => middle[i] + (x - (low[i] + high[i]) / 2) * factor), extent));
}

/** A place to a thousandth of a stage's width. */
export function roundedTo(point, [x0, x1]) {
  const digits = Math.max(0, Math.ceil(3 - Math.log10(x1 - x0)));
  return point.map((x) => Number(x.toFixed(Math.min(digits, 12))) + 0);
}
