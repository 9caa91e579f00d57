// A state as bytes: what is told in words and numbers, then arrays, then a sum over all of it.

import { Refusal } from "./refusal.js";

const MARK = "toylab-state-1";

function sumOf(bytes, end) {
  let a = 0x811c9dc5;
  for (let i = 0; i < end; i++) a = Math.imul(a ^ bytes[i], 0x01000193);
  return a >>> 0;
}

/** told: plain data; arrays: Float32Arrays by name. */
export function packedState(told, arrays) {
  const names = Object.keys(arrays), head = { mark: MARK, told, arrays: names.map((name) => [name, arrays[name].length]) };
  const text = new TextEncoder().encode(JSON.stringify(head)), pad = (4 - (text.length % 4)) % 4;
  const size = names.reduce((n, name) => n + arrays[name].byteLength, 0), out = new Uint8Array(4 + text.length + pad + size + 4);
  const view = new DataView(out.buffer);
  view.setUint32(0, text.length + pad, true);
  out.set(text, 4);
  out.fill(32, 4 + text.length, 4 + text.length + pad);
  let at = 4 + text.length + pad;
  for (const name of names) {
    out.set(new Uint8Array(arrays[name].buffer, arrays[name].byteOffset, arrays[name].byteLength), at);
    at += arrays[name].byteLength;
  }
  view.setUint32(at, sumOf(out, at), true);
  return out;
}

/** From bytes to {told, arrays}; refuses what is cut short or comes from elsewhere. */
export function unpackedState(bytes) {
  const wrong = () => new Refusal("state", "This is no state of a training, or it was cut short. Give what state() gave, whole.");
  try {
    // A copy, so that arrays begin where they may.
    const own = Uint8Array.from(bytes), view = new DataView(own.buffer), length = view.getUint32(0, true), end = own.length - 4;
    if (view.getUint32(end, true) !== sumOf(own, end)) throw wrong();
    const head = JSON.parse(new TextDecoder().decode(own.subarray(4, 4 + length))), arrays = {};
    if (head.mark !== MARK) throw wrong();
    let at = 4 + length;
    for (const [name, n] of head.arrays) { arrays[name] = new Float32Array(own.buffer, at, n); at += 4 * n; }
    return { told: head.told, arrays };
  } catch (error) {
    throw error instanceof Refusal ? error : wrong();
  }
}
