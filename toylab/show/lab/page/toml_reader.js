// TOML 1.0, letter by letter, but for dates: no setting of a scenario is one.
import { Unreadable } from "./unreadable.js";

const DEEPEST_TOML = 32;
export const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

const HOLDS = /[^\x00-\x08\x0a-\x1f\x7f]*/y, BARE = /[A-Za-z0-9_-]+/y, BLANK = /[ \t]*/y;
const WHOLE = /[+-]?(?:0|[1-9](?:_?\d)*)/y, BASED = /0x[\da-fA-F](?:_?[\da-fA-F])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*/y;
const FLOAT = /[+-]?(?:(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?|inf|nan)/y;
const DATE = /\d{4}-\d\d-\d\d|\d\d:\d\d/y;
const ESCAPED = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" };

// Every object has a "constructor" that no file wrote.
const ownOf = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);

export class TomlReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
    // How each table came about: "above" (named on the way to another), "headed", "dotted", "inline", "row"; of lists those of [[ ]].
    this.born = new Map();
  }

  fail(key, values = {}) {
    const before = this.text.slice(0, this.at).split("\n"), line = before.length;
    const found = this.text.split("\n")[line - 1]?.trim().slice(0, 40) ?? "";
    throw new Unreadable(key, { line, found, ...values });
  }

  taken(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found) this.at += found.length;
    return found ?? "";
  }

  next(text) {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  made(how) {
    const table = {};
    this.born.set(table, how);
    return table;
  }

  document() {
    const root = this.made("headed");
    let table = root;
    while (true) {
      this.taken(BLANK);
      if (this.at >= this.text.length) return root;
      if (this.text[this.at] === "[") table = this.header(root);
      else if (!"#\n".includes(this.text[this.at])) this.pair(table);
      this.lineEnd();
    }
  }

  lineEnd() {
    this.taken(BLANK);
    this.comment();
    if (this.at < this.text.length && !this.next("\n")) this.fail("toml_end");
  }

  comment() {
    if (this.next("#")) this.taken(HOLDS);
  }

  // Blanks, ends of lines and comments between the values of a list.
  between() {
    do {
      this.taken(BLANK);
      this.comment();
    } while (this.next("\n"));
  }

  header(root) {
    const many = this.next("[[");
    if (!many) this.next("[");
    this.taken(BLANK);
    const keys = this.keys();
    if (!this.next(many ? "]]" : "]")) this.fail("toml_header");
    const last = keys.pop();
    let table = root;
    for (const key of keys) {
      let inner = ownOf(table, key);
      if (inner === undefined) inner = this.put(table, key, this.made("above"));
      else if (Array.isArray(inner) && this.born.has(inner)) inner = inner[inner.length - 1];
      else if (!isRecord(inner) || this.born.get(inner) === "inline") this.fail("toml_twice", { key });
      table = inner;
    }
    const old = ownOf(table, last);
    if (many) {
      const rows = old ?? this.put(table, last, []);
      if (old === undefined) this.born.set(rows, "rows");
      else if (!Array.isArray(old) || !this.born.has(old)) this.fail("toml_twice", { key: last });
      rows.push(this.made("row"));
      return rows[rows.length - 1];
    }
    if (old === undefined) return this.put(table, last, this.made("headed"));
    if (!isRecord(old) || this.born.get(old) !== "above") this.fail("toml_twice", { key: last });
    this.born.set(old, "headed");
    return old;
  }

  put(table, key, value) {
    // Of a plain object it would be no key but its kind.
    if (key === "__proto__") this.fail("toml_key");
    table[key] = value;
    return value;
  }

  pair(table, deep = 0) {
    const keys = this.keys();
    if (!this.next("=")) this.fail("toml_equals");
    this.taken(BLANK);
    const last = keys.pop();
    for (const key of keys) {
      let inner = ownOf(table, key);
      if (inner === undefined) inner = this.put(table, key, this.made("dotted"));
      else if (!isRecord(inner) || !["dotted", "above"].includes(this.born.get(inner))) this.fail("toml_twice", { key });
      else this.born.set(inner, "dotted");
      table = inner;
    }
    if (Object.hasOwn(table, last)) this.fail("toml_twice", { key: last });
    this.put(table, last, this.value(deep));
  }

  keys() {
    const keys = [this.key()];
    this.taken(BLANK);
    while (this.next(".")) {
      this.taken(BLANK);
      keys.push(this.key());
      this.taken(BLANK);
      if (keys.length > DEEPEST_TOML) this.fail("toml_deep");
    }
    return keys;
  }

  key() {
    if (this.text[this.at] === '"' || this.text[this.at] === "'") return this.line(this.text[this.at]);
    const key = this.taken(BARE);
    if (!key) this.fail("toml_key");
    return key;
  }

  value(deep) {
    if (deep > DEEPEST_TOML) this.fail("toml_deep");
    const c = this.text[this.at];
    if (c === '"' || c === "'") return this.text.startsWith(c.repeat(3), this.at) ? this.paragraph(c) : this.line(c);
    if (c === "[") return this.list(deep);
    if (c === "{") return this.inline(deep);
    if (this.next("true")) return true;
    if (this.next("false")) return false;
    return this.number();
  }

  list(deep) {
    this.next("[");
    const found = [];
    while (true) {
      this.between();
      if (this.next("]")) return found;
      found.push(this.value(deep + 1));
      this.between();
      if (this.next("]")) return found;
      if (!this.next(",")) this.fail("toml_list");
    }
  }

  inline(deep) {
    this.next("{");
    const table = this.made("dotted");
    this.taken(BLANK);
    if (!this.next("}")) {
      while (true) {
        this.taken(BLANK);
        this.pair(table, deep + 1);
        this.taken(BLANK);
        if (this.next("}")) break;
        if (!this.next(",")) this.fail("toml_inline");
      }
    }
    this.closed(table);
    return table;
  }

  // Nothing can be added to an inline table, nor to those within.
  closed(table) {
    this.born.set(table, "inline");
    for (const inner of Object.values(table)) if (isRecord(inner)) this.closed(inner);
  }

  number() {
    DATE.lastIndex = this.at;
    if (DATE.test(this.text)) this.fail("toml_date");
    const from = this.at, based = this.taken(BASED), told = based || this.taken(FLOAT);
    WHOLE.lastIndex = from;
    if (!told || /[\w.+-]/.test(this.text[this.at] ?? "")) { this.at = from; this.fail("toml_value"); }
    const text = told.replace(/_/g, "");
    const value = /inf$/.test(text) ? (text[0] === "-" ? -Infinity : Infinity) : Number(/nan$/.test(text) ? NaN : text);
    const whole = based || WHOLE.exec(this.text)?.[0] === told;
    if (whole && !Number.isSafeInteger(value)) { this.at = from; this.fail("toml_integer"); }
    // Python has no whole number -0.
    return whole ? value + 0 : value;
  }

  line(quote) {
    this.next(quote);
    let told = "";
    while (true) {
      const c = this.text[this.at];
      if (c === undefined || c === "\n") this.fail("toml_string");
      this.at++;
      if (c === quote) return told;
      told += c === "\\" && quote === '"' ? this.escaped() : this.plain(c);
    }
  }

  paragraph(quote) {
    this.at += 3;
    this.next("\n");
    let told = "";
    while (true) {
      if (this.next(quote.repeat(3))) {
        // Up to two of them may stand before the end.
        for (let i = 0; i < 2 && this.next(quote); i++) told += quote;
        return told;
      }
      const c = this.text[this.at];
      if (c === undefined) this.fail("toml_string");
      this.at++;
      if (c === "\\" && quote === '"') {
        const rest = /[ \t]*\n[ \t\n]*/y;
        rest.lastIndex = this.at;
        told += this.taken(rest) ? "" : this.escaped();
      } else told += c === "\n" ? c : this.plain(c);
    }
  }

  plain(c) {
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(c)) { this.at--; this.fail("toml_string"); }
    return c;
  }

  escaped() {
    const c = this.text[this.at];
    if (c !== undefined && c in ESCAPED) {
      this.at++;
      return ESCAPED[c];
    }
    const code = this.taken(/u[\da-fA-F]{4}|U[\da-fA-F]{8}/y), value = parseInt(code.slice(1), 16);
    if (!code || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) this.fail("toml_escape");
    return String.fromCodePoint(value);
  }
}
