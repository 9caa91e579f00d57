// Numbers that are the same in every browser: exp, log and their kin from exact operations alone, and random
// streams that count. The platform's own functions differ in the last bit from engine to engine, and a
// training tells such a bit after some hundred rounds.

const LN2_HIGH = 0.6931471803691238, LN2_LOW = 1.9082149292705877e-10, LOG2_E = 1.4426950408889634;
// Powers of two from 2^-1074 on, each exact.
const POWERS = new Float64Array(2098);
POWERS[0] = 5e-324;
for (let i = 1; i < 2098; i++) POWERS[i] = 2 * POWERS[i - 1];

/** e^x: x is a multiple of log 2 and a rest below .35, whose series has 14 terms. */
export function exp(x) {
  if (x > 709.782712893384) return Infinity;
  if (!(x > -745.2)) return x === x ? 0 : NaN;
  const k = Math.floor(x * LOG2_E + 0.5), r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1 + r / 13;
  for (let n = 12; n > 0; n--) sum = 1 + (r / n) * sum;
  // In two factors at the ends: 2^1024 is no double's any more, though e^x may be.
  if (k > 1023) return sum * 2 * POWERS[k + 1073];
  return k < -1021 ? sum * POWERS[k + 1128] * POWERS[1020] : sum * POWERS[k + 1074];
}

const ONE_DOUBLE = new Float64Array(1), ITS_WORDS = new Uint32Array(ONE_DOUBLE.buffer);

/** Natural logarithm. */
export function log(x) {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  let e = 0;
  if (x < 2.2250738585072014e-308) { x *= 2 ** 54; e = -54; }
  ONE_DOUBLE[0] = x;
  e += (ITS_WORDS[1] >>> 20) - 1023;
  ITS_WORDS[1] = (ITS_WORDS[1] & 0xfffff) | (1023 << 20);
  let m = ONE_DOUBLE[0];
  if (m > Math.SQRT2) { m /= 2; e += 1; }
  return e * LN2_HIGH + (twiceAtanh((m - 1) / (m + 1)) + e * LN2_LOW);
}

/** log(1 + x), exact for small x as well. */
export function log1p(x) {
  return Math.abs(x) < 0.4 ? twiceAtanh(x / (2 + x)) : log(1 + x);
}

// 2 atanh(s) for |s| < .26.
function twiceAtanh(s) {
  const z = s * s;
  let sum = 1 / 29;
  for (let n = 27; n > 0; n -= 2) sum = 1 / n + z * sum;
  return 2 * s * sum;
}

export const softplus = (a) => Math.max(a, 0) + log1p(exp(-Math.abs(a)));

export function sigmoid(a) {
  const e = exp(-Math.abs(a));
  return a >= 0 ? 1 / (1 + e) : e / (1 + e);
}

export function tanh(x) {
  const e = exp(-2 * Math.abs(x)), t = (1 - e) / (1 + e);
  return x < 0 ? -t : t;
}

/** [cos, sin] of an angle of moderate size. */
export function cosSin(angle) {
  const k = Math.floor(angle / (Math.PI / 2) + 0.5);
  const r = angle - k * 1.5707963267948966 - k * 6.123233995736766e-17, z = r * r;
  let c = 1, s = 1;
  for (let n = 18; n > 0; n -= 2) {
    c = 1 - (z / (n * (n - 1))) * c;
    s = 1 - (z / (n * (n + 1))) * s;
  }
  s *= r;
  return [[c, s], [-s, c], [-c, -s], [s, -c]][((k % 4) + 4) % 4];
}

/** The normal's quantile to seven digits: PPND7 of algorithm AS 241, Wichura 1988. */
export function normalQuantile(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return q * (((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
      (((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  const r = Math.sqrt(-log(Math.min(p, 1 - p))) - 1.6;
  const tail = (((0.17023821103 * r + 1.3067284816) * r + 2.75681539) * r + 1.4234372777) /
    ((0.12021132975 * r + 0.7370016425) * r + 1);
  return q < 0 ? -tail : tail;
}

/** The share of normal draws below x, by its series; Marsaglia 2004. */
export function normalShare(x) {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let term = x, sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) sum += term *= (x * x) / k;
  return 0.5 + (sum * exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

// A purpose's place is part of what a seed means: append only.
const PURPOSES = [
  "generator_init", "discriminator_init", "data", "latent", "penalty", "evaluation_data", "evaluation_latent",
  "metric", "training_set", "generator_data",
];

/**
 * Random numbers of one seed and purpose, by counting: Threefry 2x32 of 20 rounds, Salmon et al. 2011.
 * Where it stands is one whole number, `at`. A seed's draws depend on nothing but the seed and the purpose.
 */
export class Stream {
  constructor(seed, purpose) {
    this.low = seed >>> 0;
    // Seeds beyond 2^32 reach into the second word of the key, above the purposes.
    this.high = (PURPOSES.indexOf(purpose) + 16 * Math.floor(seed / 4294967296)) >>> 0;
    this.at = 0;
    this.words = new Uint32Array(0);
  }

  /** So many words of 32 bits. The array is the stream's own: used before the next draw. */
  draw(n) {
    if (this.words.length < n + 1) this.words = new Uint32Array(n + 1);
    const out = this.words, k0 = this.low, k1 = this.high, k2 = k0 ^ k1 ^ 0x1bd11bda;
    for (let i = 0; i < n; i += 2) {
      let a = (this.at + k0) | 0, b = (Math.floor(this.at / 4294967296) + k1) | 0;
      this.at += 1;
      a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a;
      a = (a + b) | 0; b = ((b << 15) | (b >>> 17)) ^ a;
      a = (a + b) | 0; b = ((b << 26) | (b >>> 6)) ^ a;
      a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a;
      a = (a + k1) | 0; b = (b + k2 + 1) | 0;
      a = (a + b) | 0; b = ((b << 17) | (b >>> 15)) ^ a;
      a = (a + b) | 0; b = ((b << 29) | (b >>> 3)) ^ a;
      a = (a + b) | 0; b = ((b << 16) | (b >>> 16)) ^ a;
      a = (a + b) | 0; b = ((b << 24) | (b >>> 8)) ^ a;
      a = (a + k2) | 0; b = (b + k0 + 2) | 0;
      a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a;
      a = (a + b) | 0; b = ((b << 15) | (b >>> 17)) ^ a;
      a = (a + b) | 0; b = ((b << 26) | (b >>> 6)) ^ a;
      a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a;
      a = (a + k0) | 0; b = (b + k1 + 3) | 0;
      a = (a + b) | 0; b = ((b << 17) | (b >>> 15)) ^ a;
      a = (a + b) | 0; b = ((b << 29) | (b >>> 3)) ^ a;
      a = (a + b) | 0; b = ((b << 16) | (b >>> 16)) ^ a;
      a = (a + b) | 0; b = ((b << 24) | (b >>> 8)) ^ a;
      a = (a + k1) | 0; b = (b + k2 + 4) | 0;
      a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a;
      a = (a + b) | 0; b = ((b << 15) | (b >>> 17)) ^ a;
      a = (a + b) | 0; b = ((b << 26) | (b >>> 6)) ^ a;
      a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a;
      a = (a + k2) | 0; b = (b + k0 + 5) | 0;
      out[i] = a;
      out[i + 1] = b;
    }
    return out;
  }

  /** Uniform on 0..1, neither end among them. */
  uniform(out, n = out.length) {
    const words = this.draw(n);
    for (let i = 0; i < n; i++) out[i] = (words[i] + 0.5) / 4294967296;
    return out;
  }

  /** Standard normal. */
  normal(out, n = out.length) {
    const words = this.draw(n);
    for (let i = 0; i < n; i++) out[i] = normalQuantile((words[i] + 0.5) / 4294967296);
    return out;
  }
}
