// What was seen, to take away: a picture, a film, a file, a text for the clipboard.
//
//   await pngOf(canvases, told) -> Blob          told = { title, lesson, foot, colours: lab.themes[theme] }
//   const recorder = new Recorder({ canvases: () => [...], told: () => told, format: "gif" | "webm" });
//   recorder.start(); ...; await recorder.stop() -> Blob
//   download(name, blob) -> "" or the key of a line to say; await copyText(text) -> whether it was copied
// Of the canvases those in a .stage (else the first) stand left, the others one below the other right of them, under the
// .head lines of their .panel.
import { GifWriter, paletteOf } from "./gif.js";
import { Unreadable } from "./unreadable.js";

const FONT = '"DejaVu Sans", Verdana, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
// Of what is recorded: pixels across, frames a second, and bytes of frames that are held at once.
const FILM_WIDTH = 640, VIDEO_WIDTH = 1280, FILM_RATE = 12.5, MOST_HELD = 96_000_000;

/** One picture of title, stages, curves and a line below, so many pixels wide. */
export function composed(canvases, { title = "", lesson = "", foot = "", colours }, width, canvas = document.createElement("canvas")) {
  const u = width / 1280, brush = canvas.getContext("2d", { willReadFrequently: true }), margin = 28 * u;
  const seen = canvases.filter((one) => one.width && one.height), n = Math.max(1, seen.filter((one) => one.closest(".stage")).length);
  const stages = seen.slice(0, n), rest = seen.slice(n), columns = n > 1 ? 2 : 1;
  const write = (text, x, y, size, colour, align = "left", room = width - 2 * margin) => {
    Object.assign(brush, { font: `${size > 24 || align === "head" ? "bold " : ""}${Math.round(size * u)}px ${FONT}`, fillStyle: colour, textAlign: align === "head" ? "left" : align });
    brush.fillText(text, x, y, room);
  };
  brush.font = `${Math.round(22 * u)}px ${FONT}`;
  const lines = linesWithin(brush, lesson, width - 2 * margin), top = margin + (title ? 50 * u : 0) + lines.length * 30 * u + 6 * u;
  const area = rest.length ? 0.46 * width : width - 2 * margin, gap = 12 * u, side = (area - gap * (columns - 1)) / columns;
  const captionOf = (one) => one.closest(".stage")?.querySelector("figcaption");
  const named = stages.some((one) => captionOf(one)?.textContent) ? 26 * u : 0, high = named + Math.max(...stages.map((one) => (side * one.height) / one.width), 0);
  // Curves want some height, where stages side by side have little.
  const all = Math.max(Math.ceil(stages.length / columns) * (high + gap) - gap, 230 * u * rest.length);
  // Videos take even sizes only.
  canvas.width = 2 * Math.round(width / 2);
  canvas.height = 2 * Math.round((top + all + (foot ? 44 : 20) * u) / 2);
  brush.fillStyle = colours.paper;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  write(title, margin, margin + 32 * u, 36, colours.ink);
  lines.forEach((line, i) => write(line, margin, margin + ((title ? 74 : 22) + 30 * i) * u, 22, colours.soft));
  stages.forEach((one, i) => {
    const x = margin + (i % columns) * (side + gap), y = top + Math.floor(i / columns) * (high + gap), caption = captionOf(one);
    if (named && caption) write(caption.textContent, x, y + 18 * u, 20, getComputedStyle(caption).color, "head");
    brush.drawImage(one, x, y + named, side, (side * one.height) / one.width);
  });
  const left = margin + area + 36 * u, room = width - left - margin, each = all / Math.max(rest.length, 1);
  const headsOf = (one) => [...(one.closest(".panel")?.querySelectorAll(".head") ?? [])];
  // One measure for all, so that their steps stand below one another.
  const share = Math.min(...rest.map((one) => Math.min(room / one.width, (each - (14 + 32 * headsOf(one).length) * u) / one.height)));
  rest.forEach((one, i) => {
    let y = top + i * each;
    // Names and present values of curves stand beside their canvas, not on it.
    for (const [name, value] of headsOf(one).map((head) => [...head.children])) {
      y += 26 * u;
      write(name.textContent, left, y, 22, getComputedStyle(name).color, "head", 0.7 * room);
      const values = value?.children.length ? [...value.children] : [value].filter(Boolean);
      let right = left + room;
      for (const one of values.reverse()) {
        write(one.textContent, right, y, 24, getComputedStyle(one).color, "right", 0.3 * room);
        right -= brush.measureText(one.textContent).width + 16 * u;
      }
      y += 6 * u;
    }
    if (share > 0) brush.drawImage(one, left, y, one.width * share, one.height * share);
  });
  write(foot, width - margin, canvas.height - 14 * u, 17, colours.soft, "right");
  return canvas;
}

function linesWithin(brush, text, width) {
  const lines = [];
  let line = "";
  // Chinese breaks anywhere.
  for (const word of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) ?? []) {
    if (line && brush.measureText(line + word.trimEnd()).width > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
  }
  if (line.trim()) lines.push(line.trimEnd());
  return lines.slice(0, 3);
}

export async function pngOf(canvases, told) {
  const canvas = composed(canvases, told, 1600);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Unreadable("keep_picture"))), "image/png"));
}

export const canWebm = () => typeof MediaRecorder !== "undefined" && webmKind() !== undefined;
// VP8 first: VP9 takes so long that a busy machine records nothing.
const webmKind = () => ["video/webm;codecs=vp8", "video/webm", "video/mp4"].find((kind) => MediaRecorder.isTypeSupported(kind));

/** Frames as they are shown, from `start` to `stop`: however long it takes, so many bytes of them are held. */
export class Recorder {
  constructor({ canvases, told, format = "gif" }) {
    Object.assign(this, { canvases, told, format, frames: 0, held: [], asked: 0, canvas: document.createElement("canvas"), size: null });
    this.apart = 1000 / FILM_RATE;
  }

  start() {
    if (this.format === "webm") {
      if (!canWebm()) throw new Unreadable("keep_webm");
      this.draw();
      this.recorder = new MediaRecorder(this.canvas.captureStream(25), { mimeType: webmKind(), videoBitsPerSecond: 4_000_000 });
      this.recorder.ondataavailable = ({ data }) => this.held.push(data);
      this.recorder.start(1000);
    }
    const see = (at) => {
      this.asked = requestAnimationFrame(see);
      if (at - (this.last ?? -Infinity) < this.apart - 4) return;
      this.last = at;
      this.grab(at);
    };
    this.asked = requestAnimationFrame(see);
  }

  draw() {
    const width = this.format === "gif" ? FILM_WIDTH : VIDEO_WIDTH;
    composed(this.canvases(), this.told(), width, this.canvas);
    // A film has one size: what is turned or opened meanwhile is fitted into it.
    this.size ??= [this.canvas.width, this.canvas.height];
    if (this.canvas.width === this.size[0] && this.canvas.height === this.size[1]) return;
    const brush = this.canvas.getContext("2d"), copy = document.createElement("canvas");
    [copy.width, copy.height] = [this.canvas.width, this.canvas.height];
    copy.getContext("2d").drawImage(this.canvas, 0, 0);
    [this.canvas.width, this.canvas.height] = this.size;
    brush.fillStyle = this.told().colours.paper;
    brush.fillRect(0, 0, ...this.size);
    const share = Math.min(this.size[0] / copy.width, this.size[1] / copy.height);
    brush.drawImage(copy, 0, 0, copy.width * share, copy.height * share);
  }

  grab(at) {
    this.draw();
    this.frames++;
    if (this.format === "webm") return;
    const [w, h] = this.size;
    this.held.push({ at, rgba: this.canvas.getContext("2d").getImageData(0, 0, w, h).data });
    if (this.held.length * w * h * 4 <= MOST_HELD) return;
    // Every second frame goes, and from now on they are taken half as often.
    this.held = this.held.filter((_, k) => k % 2 === 0);
    this.apart *= 2;
  }

  async stop() {
    cancelAnimationFrame(this.asked);
    if (this.format === "webm") {
      const ended = new Promise((done) => { this.recorder.onstop = done; });
      this.recorder.stop();
      await ended;
      for (const track of this.recorder.stream.getTracks()) track.stop();
      const film = new Blob(this.held, { type: this.recorder.mimeType });
      if (!film.size) throw new Unreadable("keep_empty");
      return film;
    }
    if (!this.held.length) this.grab(performance.now());
    const blob = await gifOf(this.held.map(({ rgba }) => rgba), ...this.size, hundredthsBetween(this.held.map(({ at }) => at)));
    this.held = [];
    return blob;
  }
}

/** Whole hundredths of each frame, so that none is shown late by what was rounded before it; the last stays a second. */
export function hundredthsBetween(times) {
  const at = times.map((time) => Math.round((time - times[0]) / 10));
  // Browsers show what is shorter than two hundredths for ten.
  return at.map((one, k) => (k + 1 < at.length ? Math.max(2, at[k + 1] - one) : 100));
}

/** A GIF of frames, RGBA; between them the page lives on. */
export async function gifOf(frames, width, height, hundredths) {
  const some = Math.ceil(frames.length / 12), writer = new GifWriter(width, height, paletteOf(frames.filter((_, k) => k % some === 0)));
  for (let k = 0; k < frames.length; k++) {
    writer.add(frames[k], hundredths[k]);
    await new Promise((done) => setTimeout(done));
  }
  return writer.blob();
}

/** Hand over a file. A sandboxed frame may refuse without a word: then there is a line to say. */
export function download(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return window.top !== window && window.origin === "null" ? "download_perhaps" : "";
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without the clipboard's own right, and in frames: the old way.
  }
  const box = document.createElement("textarea"), before = document.activeElement;
  box.value = text;
  box.readOnly = true;
  box.style.position = "fixed";
  box.style.opacity = "0";
  document.body.append(box);
  box.select();
  let copied = false;
  try {
    copied = document.execCommand("copy");
  } catch {
    copied = false;
  }
  box.remove();
  before?.focus?.();
  return copied;
}
