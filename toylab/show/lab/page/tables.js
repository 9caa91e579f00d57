// Tables of numbers as people have them: text whose separators, decimals and header nobody has told. Text stays text.
//
//   readTable(text) -> { points, skipped, words: [[key, values], ...] }, or Unreadable with the line
// The rules are those of toylab/targets/text_table.py; but of many columns the first two of numbers are taken, and that is said.
import { Unreadable } from "./unreadable.js";

export const MOST_TEXT = 2_000_000;
const MOST_READ = 50_000, LONGEST_LINE = 10_000;
const LINES_TRIED = 100, ROWS_LOOKED_AT = 1000, MOST_ABOVE = 20;

// In the order in which they are preferred where several would do.
const DIALECTS = [";", "\t", "|", ",", " ", "\u00a0"].flatMap((delimiter) => [".", ","].map((decimal) => ({ delimiter, decimal })));
const QUOTE_MARKS = " \t\u00a0\u202f\"'“”„‘’«»", MISSING_WORDS = new Set(["", "-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "inf", "-inf", "null", "none"]);
// Typographic minuses, full-width marks of Chinese tables, and what has no width at all.
const SPELT = new Map([
  ...[..."−‐‑‒–—﹣－"].map((c) => [c, "-"]), ["＋", "+"], ["．", "."], ["，", ","], ["；", ";"],
  ...[..."\ufeff\u200b\u200e\u200f"].map((c) => [c, ""]),
]);
const speltPlainly = (text) => text.replace(/[^\x00-\x7f]/g, (c) => SPELT.get(c) ?? c);

function strippedOf(text, marks) {
  let from = 0, to = text.length;
  while (from < to && marks.includes(text[from])) from++;
  while (to > from && marks.includes(text[to - 1])) to--;
  return text.slice(from, to);
}

const NUMBER_FORMS = Object.fromEntries([[".", ","], [",", "."]].map(([decimal, other]) => [decimal, {
  plain: new RegExp(`^[+-]?(?:\\d+\\${decimal}?\\d*|\\${decimal}\\d+)(?:[eE][+-]?\\d+)?$`),
  grouped: new RegExp(`^[+-]?\\d{1,3}([ \u00a0\u2007\u2009\u202f'’\\${other}])\\d{3}(?:\\1\\d{3})*(?:\\${decimal}\\d*)?$`),
  between: new RegExp(`[ \u00a0\u2007\u2009\u202f'’\\${other}]`, "g"),
}]));
// The same digits are 60 with three decimals in one country and sixty thousand in another.
const THREE_DECIMALS = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/;

/** The number that stands in a cell, or null. */
function numberIn(cell, decimal) {
  const { plain, grouped, between } = NUMBER_FORMS[decimal];
  let text = plain.test(cell) ? cell : strippedOf(speltPlainly(cell), QUOTE_MARKS);
  if (!plain.test(text)) {
    if (!grouped.test(text)) return null;
    text = text.replace(between, "");
  }
  const value = Number(text.replace(",", "."));
  return Number.isFinite(value) ? value : null;
}

export function readTable(text) {
  if (text.length > MOST_TEXT) throw new Unreadable("table_large", { most: "2 MB" });
  const words = [], { lines, separator, comments } = linesOf(text);
  if (comments) words.push(["table_comments", { n: comments }]);
  const dialect = dialectOf(lines.slice(0, LINES_TRIED), separator);
  const head = rowsOf(lines.slice(0, ROWS_LOOKED_AT), dialect), above = rowsAbove(head, dialect);
  if (above) words.push(["table_header", { header: head.slice(0, above).map(([, cells]) => cells.filter(Boolean).join(", ")).join(" / ").slice(0, 80) }]);
  if (above >= head.length) throw new Unreadable("table_empty");
  const columns = columnsOf(head, above, dialect, words), body = lines.filter(([i]) => i >= head[above][0]);
  const points = pairsIn(body, dialect, columns);
  if (!points.length) throw new Unreadable("table_empty");
  const told = pairsOfCells(head.slice(above), columns).flat().map((cell) => strippedOf(speltPlainly(cell), QUOTE_MARKS));
  if (dialect.decimal === "," && told.some((cell) => cell.includes(","))) words.push(["table_commas", {}]);
  if (dialect.delimiter !== " " && dialect.delimiter !== "\u00a0" && told.length && told.every((cell) => THREE_DECIMALS.test(cell)) && (dialect.delimiter !== "," || told.some((cell) => cell.includes(",")))) {
    words.push(["table_thousands", { cell: told[0], value: numberIn(told[0], dialect.decimal) }]);
  }
  return { points, skipped: comments + above, words };
}

function linesOf(text) {
  const lines = [];
  let comments = 0, separator = "";
  text.replace(/\r\n?/g, "\n").split("\n").forEach((line, k) => {
    const i = k + 1;
    if (line.length > LONGEST_LINE) throw new Unreadable("table_line_long", { line: i, most: LONGEST_LINE.toLocaleString("en") });
    let kept = line.includes("#") && !line.includes('"') ? line.slice(0, line.indexOf("#")) : line;
    if (/^\s*(?:%|\/\/)/.test(line)) kept = "";
    if (!kept.trim() && line.trim()) comments++;
    const named = lines.length ? null : /^"?sep=(.)"?$/.exec(strippedOf(kept, " \ufeff"));
    if (named) separator = named[1];
    else if (strippedOf(kept, ' \t,;|"\ufeff')) lines.push([i, kept]);
  });
  if (!lines.length) throw new Unreadable("table_empty");
  if (lines.length > MOST_READ + MOST_ABOVE) throw new Unreadable("table_many", { n: lines.length.toLocaleString("en"), most: MOST_READ.toLocaleString("en") });
  return { lines, separator, comments };
}

function cellsOf(line, delimiter) {
  if (delimiter === "\u00a0") return line.trim().split(/\s+/);
  // Empty columns that a spreadsheet has put behind a table with commas.
  if (delimiter === ",") line = line.replace(/[; \t]+$/, "");
  if (line.includes('"')) return quotedCellsOf(delimiter === " " ? line.trim() : line, delimiter);
  if (delimiter === " ") return strippedOf(line, " \t").split(/[ \t]+/);
  return (",;".includes(delimiter) ? speltPlainly(line) : line).split(delimiter);
}

function quotedCellsOf(line, delimiter) {
  const cells = [];
  let at = 0;
  while (true) {
    let cell = "";
    while (line[at] === " ") at++;
    if (line[at] === '"') {
      for (at++; at < line.length; at++) {
        if (line[at] !== '"') cell += line[at];
        else if (line[at + 1] === '"') { cell += '"'; at++; }
        else { at++; break; }
      }
    }
    while (at < line.length && line[at] !== delimiter) cell += line[at++];
    cells.push(cell);
    if (at >= line.length) return cells;
    at++;
  }
}

// The separators by which most lines hold two numbers, and most of what stands in them is one.
function dialectOf(lines, separator) {
  const fitness = ({ delimiter, decimal }) => {
    let pairs = 0, found = 0, filled = 0, bent = 0;
    const other = decimal === "," ? "." : ",";
    for (const [, line] of lines) {
      const cells = cellsOf(line, delimiter).filter((cell) => cell.trim());
      const numbers = cells.filter((cell) => numberIn(cell, decimal) !== null);
      if (numbers.length >= 2) pairs++;
      // Words of a header say nothing of numbers.
      if (numbers.length || cells.some((cell) => numberIn(cell, other) !== null)) filled += cells.length;
      found += numbers.length;
      // 1,234 read as 1234: allowed where nothing else will do.
      if (delimiter !== ",") bent += numbers.filter((cell) => cell.includes(other) && THREE_DECIMALS.test(strippedOf(cell, QUOTE_MARKS))).length;
    }
    return [pairs, found / Math.max(filled, 1), -bent];
  };
  let fitting = DIALECTS.filter((one) => !separator || one.delimiter === separator);
  if (!fitting.length) fitting = [".", ","].map((decimal) => ({ delimiter: separator, decimal }));
  let best = fitting[0], most = fitness(best);
  for (const one of fitting.slice(1)) {
    const now = fitness(one), k = now.findIndex((x, i) => x !== most[i]);
    if (k >= 0 && now[k] > most[k]) [best, most] = [one, now];
  }
  if (most[0]) return best;
  for (const [i, line] of lines) {
    if (numberIn(line, ".") !== null || numberIn(line, ",") !== null) throw new Unreadable("table_one_column", { line: i });
    if (/\d/.test(line)) throw new Unreadable("table_no_pair", { line: i, found: line.trim().slice(0, 40) });
  }
  throw new Unreadable("table_empty");
}

const rowsOf = (lines, { delimiter }) => lines.map(([i, line]) => [i, cellsOf(line, delimiter).map((cell) => cell.trim())]).filter(([, cells]) => cells.some(Boolean));

// How many rows stand above the numbers.
function rowsAbove(rows, { decimal }) {
  const lacks = (cells) => cells.every((cell) => MISSING_WORDS.has(speltPlainly(cell).toLowerCase()));
  const wordy = ([, cells]) => !cells.some((cell) => cell && numberIn(cell, decimal) !== null) && !lacks(cells);
  let n = 0;
  while (n < Math.min(rows.length, MOST_ABOVE) && wordy(rows[n])) n++;
  return n || (rows.length && namesStandAbove(rows, decimal) ? 1 : 0);
}

// Whether the first row, which holds a number, is a header after all: "town, 2023" is, "1, x2" is not.
function namesStandAbove(rows, decimal) {
  const all = rows[0][1], cells = all.filter(Boolean), below = rows.slice(1);
  const first = cells.map((cell) => numberIn(cell, decimal)), bare = cells.map((cell) => strippedOf(cell, QUOTE_MARKS));
  const words = bare.filter((_, i) => first[i] === null), whole = bare.filter((_, i) => first[i] !== null);
  if (!below.length || !whole.length || !whole.every((cell) => /^\d+$/.test(cell)) || words.some((word) => MISSING_WORDS.has(word.toLowerCase()))) return false;
  if (words.length) {
    const alike = below.filter(([, row]) => row.length === all.length);
    const numbers = cells.some((cell, k) => first[k] === null && alike.some(([, row]) => numberIn(row[all.indexOf(cell)], decimal) !== null));
    return numbers && !words.some((word) => /\d/.test(word));
  }
  const table = below.map(([, row]) => row.filter(Boolean).map((cell) => numberIn(cell, decimal))).filter((row) => row.length === first.length && !row.includes(null));
  if (!table.length) return false;
  const far = table.length > 2 && first.every((x, i) => {
    const column = table.map((row) => row[i]), low = column.reduce((a, b) => Math.min(a, b)), high = column.reduce((a, b) => Math.max(a, b));
    return Math.max(low - x, x - high) > 3 * Math.max(high - low, 1e-300);
  });
  const isYear = (x) => Number.isInteger(x) && x >= 1800 && x <= 2100;
  return far || (first.every(isYear) && !table.flat().every(isYear));
}

// Which two columns hold the points: the only two that hold anything, or numbers; else the first two that do, and that is said.
function columnsOf(head, above, { decimal }, words) {
  const rows = head.slice(above).map(([, cells]) => cells), counts = new Map();
  for (const row of rows) {
    const width = row.findLastIndex(Boolean) + 1;
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  const width = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  const names = Array.from({ length: width }, (_, i) => (above ? strippedOf(head[above - 1][1][i] ?? "", QUOTE_MARKS) : ""));
  const filled = [], numeric = [];
  for (let i = 0; i < width; i++) {
    const cells = rows.filter((row) => row[i]).map((row) => row[i]);
    if (cells.length) filled.push(i);
    if (cells.length && 2 * cells.filter((cell) => numberIn(cell, decimal) !== null).length >= cells.length) numeric.push(i);
  }
  let pair = filled.length === 2 ? filled : numeric;
  if (pair.length > 2 && pair[0] === 0 && ["", "index", "unnamed: 0"].includes(names[0].toLowerCase()) && names.some(Boolean)) {
    // As pandas writes a table: each row begins with its number.
    const counted = rows.filter((row) => row[0]).map((row) => numberIn(row[0], decimal));
    if (counted.length === rows.length && [0, 1].some((from) => counted.every((x, i) => x === i + from))) pair = pair.slice(1);
  }
  if (pair.length < 2) throw new Unreadable("table_one_column", { line: head[above][0] });
  const at = pair.slice(0, 2), nameOf = (i) => names[i] || String(i + 1);
  if (filled.length > 2) words.push(["table_columns", { x: nameOf(at[0]), y: nameOf(at[1]), others: filled.filter((i) => !at.includes(i)).map(nameOf).join(", ").slice(0, 80) }]);
  return { at, most: Math.max(...filled) + 1 };
}

const pairsOfCells = (rows, { at }) => rows.filter(([, cells]) => Math.max(...at) < cells.length).map(([, cells]) => at.map((i) => cells[i]));

function pairsIn(lines, { delimiter, decimal }, { at, most }) {
  const points = [];
  for (const [line, text] of lines) {
    const cells = cellsOf(text, delimiter).map((cell) => cell.trim());
    while (cells.length && !cells[cells.length - 1]) cells.pop();
    if (!cells.length) continue;
    const found = text.trim().slice(0, 40);
    if (Math.max(...at) >= cells.length || cells.length > most) throw new Unreadable("table_columns_of_line", { line, n: cells.length, found });
    const pair = at.map((i) => numberIn(cells[i], decimal));
    if (pair.includes(null)) {
      const lacks = at.some((i) => MISSING_WORDS.has(speltPlainly(cells[i]).toLowerCase()));
      throw new Unreadable(lacks ? "table_missing" : "table_words", { line, found });
    }
    points.push(pair);
  }
  if (points.length > MOST_READ) throw new Unreadable("table_many", { n: points.length.toLocaleString("en"), most: MOST_READ.toLocaleString("en") });
  return points;
}
