// Numbers as a film writes them, and axes as it divides them: toylab/film/style.py and panels.py.

// Where two numbers are equally near, the even one, as Python rounds.
function evenFixed(value, digits) {
  const tie = digits ? value * 8 : value * 2, scaled = value * 10 ** digits;
  if (Number.isInteger(tie) && tie % 2 && Number.isInteger(scaled * 2)) {
    const low = Math.floor(scaled);
    return ((low % 2 ? low + 1 : low) / 10 ** digits).toFixed(digits);
  }
  return value.toFixed(digits);
}

/** A number as a label: at most three significant digits, no needless zero. */
export function filmShort(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (value !== 0 && !(size >= 1e-3 && size < 1e4)) {
    const [mantissa, exponent] = value.toExponential(0).split("e");
    const power = String(Number(exponent)).replace(/[-\d]/g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]));
    return mantissa === "1" ? `10${power}` : `${mantissa}·10${power}`;
  }
  return String(Number(value.toPrecision(size < 0.1 ? 2 : 3)));
}

// As toylab/film/panels.py: in a metric's own unit, and as a share of an axis.
const ERROR = 0.05, NOISE = 0.1;

/** What is below the least value that there is by chance is drawn at the foot of an axis. */
export const footOf = (low, least, high) => (low < least && least - low < NOISE * (high - least) ? least : low);

/** A value of a metric in words; bare: as an axis's label. */
export function readMetric(metric, value, bare = false) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (metric.style === "share") return `${evenFixed(100 * value, 0)}\u202f%`;
  // An estimate's error: most draws of a perfect generator have such a number.
  if (!bare && metric.low !== null && metric.low - ERROR < value && value < metric.low) return `≈\u202f${evenFixed(metric.low, 0)}`;
  if (metric.style === "count") return bare || Number.isInteger(value) ? evenFixed(value, 0) : filmShort(value);
  const size = Math.abs(value);
  return !bare && size >= 0.1 && size < 1e3 ? evenFixed(value, 2) : filmShort(value);
}

/** The least of 1, 2, 5 times a power of ten that is no less than a value; 1e-3 at least. */
export function niceNumber(value) {
  const least = Math.max(value, 1e-3), power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((m) => m * power).find((n) => n >= least * (1 - 1e-9));
}

/** The logit of the least round probability that is no less than that of a logit. */
export function niceLogit(logit, probabilities) {
  const p = 1 / (1 + Math.exp(-Math.min(logit, 50)));
  const round = probabilities.find((r) => r >= p) ?? probabilities[probabilities.length - 1];
  return Math.log(round / (1 - round));
}

/** Some n + 1 round numbers from low to high, outwards to whole ticks. */
export function roundTicks(low, high, whole, n = 2) {
  const rough = (high - low) / n, power = 10 ** Math.floor(Math.log10(rough));
  let size = [1, 2, 2.5, 4, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  if (whole) size = Math.max(1, Math.round(size));
  const first = Math.floor(low / size + 1e-9), last = Math.ceil(high / size - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * size).toPrecision(12)));
}

/** Rounds with a thin space between thousands. */
export const toldRound = (round) => String(round).replace(/\B(?=(\d{3})+$)/g, "\u202f");
