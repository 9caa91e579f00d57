// A session as the text behind a link's #: short, checked, and of no use to a server, which never sees it.
//
//   await toLink(session) -> "#1z..."     any plain object; Unreadable where it is too long for a link
//   await fromLink(hash)  -> object       null where there is none; Unreadable where it was cut short or is another's
import { Unreadable } from "./unreadable.js";

// Mail programs and chats cut what is longer; what comes out of it may be so large.
const LONGEST_LINK = 8000, MOST_UNPACKED = 1_000_000;
const LINK_VERSION = "1";
// Lists of places of so many and more go as differences of whole numbers.
const FEWEST_PLACES = 8, PLACES = "~";

export async function toLink(session) {
  const plain = new TextEncoder().encode(JSON.stringify(session, (_, value) => asDifferences(value)));
  const packed = typeof CompressionStream === "undefined" ? null : await streamed(plain, new CompressionStream("deflate-raw"), Infinity);
  const [mark, bytes] = packed && packed.length < plain.length ? ["z", packed] : ["j", plain];
  const link = `#${LINK_VERSION}${mark}${checkOf(plain)}${toBase64url(bytes)}`;
  if (link.length > LONGEST_LINK) throw new Unreadable("link_long", { n: link.length.toLocaleString("en"), most: LONGEST_LINK.toLocaleString("en") });
  return link;
}

export async function fromLink(hash) {
  const text = hash.replace(/^#/, "");
  if (!text) return null;
  const found = /^(\d+)([jz])([0-9a-f]{8})([\w-]*)$/.exec(text);
  if (!found) throw new Unreadable("link_foreign");
  const [, version, mark, check, body] = found;
  if (version !== LINK_VERSION) throw new Unreadable("link_version", { version, known: LINK_VERSION });
  if (mark === "z" && typeof DecompressionStream === "undefined") throw new Unreadable("link_browser");
  let plain, session;
  try {
    const bytes = fromBase64url(body);
    plain = mark === "z" ? await streamed(bytes, new DecompressionStream("deflate-raw"), MOST_UNPACKED) : bytes;
    if (checkOf(plain) !== check) throw new Error("check");
    // A key of this name would be no key of the object that gets it.
    session = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain), (key, value) => {
      if (key === "__proto__") throw new Error("key");
      return value !== null && typeof value === "object" && PLACES in value ? asPlaces(value[PLACES]) : value;
    });
  } catch {
    throw new Unreadable("link_cut");
  }
  if (session === null || typeof session !== "object" || Array.isArray(session)) throw new Unreadable("link_foreign");
  return session;
}

// [[x, y], ...] as {"~": [digits, x, y, dx, dy, ...]}, where so many decimals are all of them; anything else as it is.
function asDifferences(value) {
  const isPair = (one) => Array.isArray(one) && one.length === 2 && one.every((x) => Math.abs(x) < 1e6 && !Object.is(x, -0));
  if (!Array.isArray(value) || value.length < FEWEST_PLACES || !value.every(isPair)) return value;
  for (let digits = 0; digits < 6; digits++) {
    const whole = value.map((one) => one.map((x) => Math.round(x * 10 ** digits)));
    if (!whole.every((one, k) => one.every((x, i) => x / 10 ** digits === value[k][i]))) continue;
    return { [PLACES]: [digits, ...whole.flatMap((one, k) => one.map((x, i) => x - (whole[k - 1]?.[i] ?? 0)))] };
  }
  return value;
}

function asPlaces([digits, ...steps]) {
  const at = [0, 0], places = [];
  for (let k = 0; k < steps.length; k += 2) {
    at[0] += steps[k];
    at[1] += steps[k + 1];
    places.push(at.map((x) => x / 10 ** digits));
  }
  return places;
}

async function streamed(bytes, through, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader(), parts = [];
  let n = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    n += value.length;
    if (n > most) {
      reader.cancel().catch(() => {});
      throw new Error("large");
    }
  }
  const all = new Uint8Array(n);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function toBase64url(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const fromBase64url = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

// CRC-32, as in a zip: a letter lost or changed on the way is seen.
function checkOf(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ((crc ^ -1) >>> 0).toString(16).padStart(8, "0");
}
