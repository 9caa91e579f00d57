// The few loops in which a training spends its time, over one memory: in WebAssembly with four numbers at once,
// assembled here, and once more in plain script for where that is missing or forbidden. Both do the same
// operations in the same order, so that a seed means the same with either.

// --- an assembler, as far as these loops need one ---

const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b, EMPTY = 0x40;

function leb(value) {
  const out = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(byte & 0x40)) || (value === -1 && byte & 0x40)) return [...out, byte];
    out.push(byte | 0x80);
  }
}
function uleb(value) {
  const out = [];
  do { out.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0)); value >>>= 7; } while (value);
  return out;
}
const sized = (bytes) => [...uleb(bytes.length), ...bytes];
const listed = (items) => [...uleb(items.length), ...items.flat()];
const ascii = (text) => sized([...text].map((c) => c.charCodeAt(0)));
const simd = (op) => [0xfd, ...uleb(op)];

const get = (local) => [0x20, ...uleb(local)];
const set = (local, ...value) => [...value.flat(), 0x21, ...uleb(local)];
const constant = (n) => [0x41, ...leb(n)];
const plus = (a, b) => [...a, ...b, 0x6a];
const minus = (a, b) => [...a, ...b, 0x6b];
const times = (a, b) => [...a, ...b, 0x6c];
const atLeast = (a, b) => [...a, ...b, 0x4e]; // signed
const load = (at, offset = 0) => [...at, ...simd(0), 4, ...uleb(offset)];
const loadSplat = (at) => [...at, ...simd(9), 2, 0];
const store = (at, value, offset = 0) => [...at, ...value, ...simd(11), 4, ...uleb(offset)];
const splat = (f) => [...f, ...simd(0x13)];
const op2 = (op) => (a, b) => [...a, ...b, ...simd(op)];
const add4 = op2(0xe4), sub4 = op2(0xe5), mul4 = op2(0xe6), div4 = op2(0xe7), min4 = op2(0xe8), max4 = op2(0xe9), gt4 = op2(0x44);
const sqrt4 = (a) => [...a, ...simd(0xe3)];
const choose4 = (yes, no, where) => [...yes, ...no, ...where, ...simd(0x52)];
const zeros4 = splat([0x43, 0, 0, 0, 0]);
const whileTrue = (condition, ...body) =>
  [0x02, EMPTY, 0x03, EMPTY, ...condition, 0x45, 0x0d, 1, ...body.flat(), 0x0c, 0, 0x0b, 0x0b];
const add = (local, value) => set(local, plus(get(local), value));

// A function: kinds of its parameters, of its other locals, and its body.
const made = (parameters, locals, ...body) => ({ parameters, locals, body: body.flat() });

// c[i, j] = bias[j] + sum over k of a[i, k] b[k, j], k after k. Strides in bytes; rows of b, bias and c have
// n bytes, a multiple of 16. Blocks of 2 x 16: eight sums, four of b and one of a fit into 16 registers; 4 x 16
// took 1.3 times as long.
function productCode() {
  const [A, ROW, NEXT, B, BIAS, C, M, K, N] = [0, 1, 2, 3, 4, 5, 6, 7, 8], J = 9, PB = 10, KK = 11, R = 12, PC = 14, S = 16, V = 24;
  const tile = (rows, columns) => {
    const each = (use) => Array.from({ length: rows }, (_, r) => use(r)).flat();
    const cells = (use) => each((r) => Array.from({ length: columns }, (_, v) => use(r, v, S + 4 * r + v)).flat());
    return [
      ...set(PB, plus(get(B), get(J))),
      ...each((r) => set(R + r, r ? plus(get(R + r - 1), get(ROW)) : get(A))),
      ...each((r) => set(PC + r, r ? plus(get(PC + r - 1), get(N)) : plus(get(C), get(J)))),
      ...cells((r, v, sum) => set(sum, load(plus(get(BIAS), get(J)), 16 * v))),
      ...set(KK, get(K)),
      ...whileTrue(get(KK),
        ...Array.from({ length: columns }, (_, v) => set(V + v, load(get(PB), 16 * v))),
        each((r) => [
          ...set(V + 4, loadSplat(get(R + r))),
          ...Array.from({ length: columns }, (_, v) => set(S + 4 * r + v, add4(get(S + 4 * r + v), mul4(get(V + 4), get(V + v))))).flat(),
          ...add(R + r, get(NEXT)),
        ]),
        add(PB, get(N)),
        set(KK, minus(get(KK), constant(1)))),
      ...cells((r, v, sum) => store(get(PC + r), get(sum), 16 * v)),
    ];
  };
  const rows = (n) => whileTrue(atLeast(get(M), constant(n)),
    set(J, constant(0)),
    whileTrue(atLeast(get(N), plus(get(J), constant(64))), tile(n, 4), add(J, constant(64))),
    whileTrue(atLeast(get(N), plus(get(J), constant(16))), tile(n, 1), add(J, constant(16))),
    add(A, times(get(ROW), constant(n))),
    add(C, times(get(N), constant(n))),
    set(M, minus(get(M), constant(n))));
  return made(Array(9).fill(I32), [[7, I32], [13, V128]], rows(2), rows(1));
}

// Over n bytes of several arrays at once, 16 by 16: the first parameters are places, the next the count.
function eachCode(arrays, scalars, locals, body) {
  const N = arrays, ends = arrays + 1 + scalars;
  return made([...Array(arrays + 1).fill(I32), ...Array(scalars).fill(F32)], [[locals, V128]],
    whileTrue(get(N), body(arrays + 1, ends),
      ...Array.from({ length: arrays }, (_, i) => add(i, constant(16))),
      set(N, minus(get(N), constant(16)))));
}

const CODE = {
  product: productCode,
  // x = max(x, 0) + slope min(x, 0)
  leak: () => eachCode(1, 1, 1, (slope, x) => [
    ...set(x, load(get(0))),
    ...store(get(0), add4(max4(get(x), zeros4), mul4(splat(get(slope)), min4(get(x), zeros4)))),
  ]),
  // g = h > 0 ? g : slope g
  leakBack: () => eachCode(2, 1, 1, (slope, g) => [
    ...set(g, load(get(0))),
    ...store(get(0), choose4(get(g), mul4(splat(get(slope)), get(g)), gt4(load(get(1)), zeros4))),
  ]),
  // mean, square: moments; then p += size mean / (sqrt(square) + eps)
  adam: () => eachCode(4, 4, 3, (s, x) => [
    ...set(x, load(get(1))),
    ...set(x + 1, add4(load(get(2)), mul4(splat(get(s)), sub4(get(x), load(get(2)))))),
    ...store(get(2), get(x + 1)),
    ...set(x + 2, add4(mul4(load(get(3)), splat(get(s + 1))), mul4(sub4(splat([0x43, 0, 0, 0x80, 0x3f]), splat(get(s + 1))), mul4(get(x), get(x))))),
    ...store(get(3), get(x + 2)),
    ...store(get(0), add4(load(get(0)), mul4(splat(get(s + 3)), div4(get(x + 1), add4(sqrt4(get(x + 2)), splat(get(s + 2))))))),
  ]),
  // velocity = momentum velocity + g; p += size velocity
  momentum: () => eachCode(3, 2, 1, (s, v) => [
    ...set(v, add4(mul4(load(get(2)), splat(get(s))), load(get(1)))),
    ...store(get(2), get(v)),
    ...store(get(0), add4(load(get(0)), mul4(splat(get(s + 1)), get(v)))),
  ]),
  // square = decay square + (1 - decay) g g; p += size g / (sqrt(square) + eps)
  rootMean: () => eachCode(3, 3, 2, (s, g) => [
    ...set(g, load(get(1))),
    ...set(g + 1, add4(mul4(load(get(2)), splat(get(s))), mul4(sub4(splat([0x43, 0, 0, 0x80, 0x3f]), splat(get(s))), mul4(get(g), get(g))))),
    ...store(get(2), get(g + 1)),
    ...store(get(0), add4(load(get(0)), mul4(splat(get(s + 2)), div4(get(g), add4(sqrt4(get(g + 1)), splat(get(s + 1))))))),
  ]),
  // y += factor x
  scaledAdd: () => eachCode(2, 1, 0, (s) => store(get(0), add4(load(get(0)), mul4(splat(get(s)), load(get(1)))))),
  // x = min(max(x, -limit), limit)
  clamp: () => eachCode(1, 1, 0, (s) => store(get(0), min4(max4(load(get(0)), sub4(zeros4, splat(get(s)))), splat(get(s))))),
  // c[j] = sum over m rows of x, of n bytes each: (x, c, m, n)
  columnSums: () => made(Array(4).fill(I32), [[3, I32], [1, V128]],
    set(4, constant(0)),
    whileTrue(atLeast(get(3), plus(get(4), constant(16))),
      set(7, zeros4), set(5, plus(get(0), get(4))), set(6, get(2)),
      whileTrue(get(6), set(7, add4(get(7), load(get(5)))), add(5, get(3)), set(6, minus(get(6), constant(1)))),
      store(plus(get(1), get(4)), get(7)),
      add(4, constant(16)))),
};

function assembled() {
  const names = Object.keys(CODE), codes = names.map((name) => CODE[name]());
  const section = (id, body) => [id, ...sized(body)];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, listed(codes.map(({ parameters }) => [0x60, ...sized(parameters), 0]))),
    ...section(2, listed([[...ascii("e"), ...ascii("m"), 2, 0, 1]])),
    ...section(3, listed(codes.map((_, i) => uleb(i)))),
    ...section(7, listed(names.map((name, i) => [...ascii(name), 0, ...uleb(i)]))),
    ...section(10, listed(codes.map(({ locals, body }) =>
      sized([...listed(locals.map(([n, kind]) => [...uleb(n), kind])), ...body, 0x0b])))),
  ]);
}

// --- the same in plain script ---

const f = Math.fround;

function plain(memory) {
  const x = new Float32Array(memory);
  const each = (n, use) => { for (let i = 0; i < n >> 2; i++) use(i); };
  return {
    product(a, row, next, b, bias, c, m, k, n) {
      a >>= 2; row >>= 2; next >>= 2; b >>= 2; bias >>= 2; c >>= 2; n >>= 2;
      for (let i = 0; i < m; i++) {
        const out = c + i * n;
        for (let j = 0; j < n; j++) x[out + j] = x[bias + j];
        for (let kk = 0; kk < k; kk++) {
          const factor = x[a + i * row + kk * next], from = b + kk * n;
          for (let j = 0; j < n; j++) x[out + j] = f(x[out + j] + f(factor * x[from + j]));
        }
      }
    },
    leak(p, n, slope) {
      slope = f(slope);
      each(n, (i) => { const v = x[(p >> 2) + i]; x[(p >> 2) + i] = f(Math.max(v, 0) + f(slope * Math.min(v, 0))); });
    },
    leakBack(g, h, n, slope) {
      slope = f(slope);
      each(n, (i) => { if (!(x[(h >> 2) + i] > 0)) x[(g >> 2) + i] = f(slope * x[(g >> 2) + i]); });
    },
    adam(p, g, m, v, n, rate, decay, eps, size) {
      rate = f(rate); decay = f(decay); eps = f(eps); size = f(size);
      p >>= 2; g >>= 2; m >>= 2; v >>= 2;
      each(n, (i) => {
        const s = x[g + i];
        x[m + i] = f(x[m + i] + f(rate * f(s - x[m + i])));
        x[v + i] = f(f(x[v + i] * decay) + f(f(1 - decay) * f(s * s)));
        x[p + i] = f(x[p + i] + f(size * f(x[m + i] / f(f(Math.sqrt(x[v + i])) + eps))));
      });
    },
    momentum(p, g, v, n, kept, size) {
      kept = f(kept); size = f(size);
      p >>= 2; g >>= 2; v >>= 2;
      each(n, (i) => {
        x[v + i] = f(f(x[v + i] * kept) + x[g + i]);
        x[p + i] = f(x[p + i] + f(size * x[v + i]));
      });
    },
    rootMean(p, g, v, n, decay, eps, size) {
      decay = f(decay); eps = f(eps); size = f(size);
      p >>= 2; g >>= 2; v >>= 2;
      each(n, (i) => {
        const s = x[g + i];
        x[v + i] = f(f(x[v + i] * decay) + f(f(1 - decay) * f(s * s)));
        x[p + i] = f(x[p + i] + f(size * f(s / f(f(Math.sqrt(x[v + i])) + eps))));
      });
    },
    scaledAdd(y, p, n, factor) {
      factor = f(factor);
      each(n, (i) => { x[(y >> 2) + i] = f(x[(y >> 2) + i] + f(factor * x[(p >> 2) + i])); });
    },
    clamp(p, n, limit) {
      limit = f(limit);
      each(n, (i) => { x[(p >> 2) + i] = Math.min(Math.max(x[(p >> 2) + i], -limit), limit); });
    },
    columnSums(p, c, m, n) {
      p >>= 2; c >>= 2; n >>= 2;
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let i = 0; i < m; i++) sum = f(sum + x[p + i * n + j]);
        x[c + j] = sum;
      }
    },
  };
}

// --- one memory, shared out once ---

let compiled;

/** The module, or null where WebAssembly with vectors is missing or forbidden. */
function kernelModule() {
  if (compiled === undefined) {
    try { compiled = new WebAssembly.Module(assembled()); } catch { compiled = null; }
  }
  return compiled;
}

/** What is reserved of an arena: a place in bytes, and from `seal` on the numbers there. */
class Block {
  constructor(at, length) { Object.assign(this, { at, length, data: null }); }
  get bytes() { return 4 * this.length; }
}

/** Memory for one run: what is needed is reserved first, then all of it is made at once. */
export class Arena {
  constructor(vectors = true) {
    this.size = 64;
    this.blocks = [];
    this.vectors = vectors && kernelModule() !== null;
    this.nothing = this.take(8192); // zeros, for products without a bias
  }

  /** Reserve so many numbers, rounded up to whole vectors. */
  take(length) {
    const block = new Block(this.size, Math.ceil(length / 4) * 4);
    this.size += Math.ceil(block.bytes / 64) * 64;
    this.blocks.push(block);
    return block;
  }

  seal() {
    if (this.vectors) {
      // A browser may have given out all the room that it keeps for such memories.
      try { this.memory = new WebAssembly.Memory({ initial: Math.ceil(this.size / 65536) }); } catch { this.vectors = false; }
    }
    const buffer = this.memory?.buffer ?? new ArrayBuffer(this.size);
    this.run = this.vectors ? new WebAssembly.Instance(kernelModule(), { e: { m: this.memory } }).exports : plain(buffer);
    for (const block of this.blocks) block.data = new Float32Array(buffer, block.at, block.length);
  }
}
