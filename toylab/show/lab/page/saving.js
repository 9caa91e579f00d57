// What is kept of a session, and what is brought into it: files, pictures, films, links; drop and paste.
import { filled } from "./filling.js";
import { Recorder, canWebm, copyText, download, pngOf } from "./keep.js";
import { toLink } from "./link.js";
import { readFileOf, scaled } from "./reading.js";
import { inTongue } from "./speaking.js";
import { readTable } from "./tables.js";
import { fromToml, lackingOf, toToml } from "./toml.js";

/** host: {lab, director, word, drawing(), dress(theme), painted(), say(line), refuse(line)}. */
export class Saving {
  constructor(box, host) {
    Object.assign(this, { box, host, recorder: null, buttons: {} });
    for (const name of ["save_scenario", "save_picture", "save_film", "save_video", "print", "open_file"]) {
      const button = box.appendChild(document.createElement("button"));
      button.type = "button";
      button.addEventListener("click", () => this.guarded(() => this[name]()));
      this.buttons[name] = button;
    }
    this.buttons.save_video.hidden = !canWebm();
    this.field = box.appendChild(document.createElement("input"));
    Object.assign(this.field, { type: "file", accept: ".csv,.txt,.tsv,.toml,image/*", hidden: true });
    this.field.addEventListener("change", () => { if (this.field.files[0]) this.guarded(() => this.take(this.field.files[0])); this.field.value = ""; });
    const main = document.getElementById("page");
    main.addEventListener("dragover", (event) => event.preventDefault());
    main.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files[0]) this.guarded(() => this.take(event.dataTransfer.files[0])); });
    document.addEventListener("paste", (event) => {
      if (["INPUT", "TEXTAREA"].includes(event.target.tagName)) return;
      const [file] = event.clipboardData.files, text = event.clipboardData.getData("text");
      if (file) this.guarded(() => this.take(file));
      else if (text) this.guarded(() => this.put(readTable(text)));
    });
  }

  tell() {
    for (const [name, button] of Object.entries(this.buttons)) button.textContent = this.host.word(this.recorder && this.recording === name ? "film_stop" : name);
  }

  async guarded(act) {
    const { word, refuse } = this.host;
    try { await act(); } catch (error) { refuse(error.key ? word(error.key, error.values) : error.message); }
  }

  get told() {
    const { lab, director, word } = this.host, { session } = director, { lang } = session;
    return { title: session.heading("title", lang) ?? inTongue(session.offer.title, lang), lesson: session.heading("lesson", lang) ?? inTongue(session.offer.lesson, lang), foot: `${word("step")} ${session.cursor} · ${word("seed")} ${session.seed}`, colours: lab.themes[session.theme] };
  }

  get canvases() { return [...document.querySelectorAll("#stages canvas, #panels canvas")].filter((one) => !one.closest("[hidden]") && !one.classList.contains("drawing")); }
  get stem() { return `${this.host.director.session.offer.name}-${this.host.director.session.seed}`; }

  give(name, blob) {
    const said = download(name, blob);
    if (said) this.host.say(this.host.word(said));
  }

  /** The chosen future as TOML. */
  scenario() {
    const { director, lab } = this.host, { session } = director, setups = director.planOf(session.chosen).sections.map(([, setup]) => setup);
    return toToml({ base: session.offer, settings: session.settings(), seed: session.seed, round: session.cursor, lacking: lackingOf(lab.metrics, setups.filter((one) => one.told)) });
  }

  save_scenario() {
    const { director: { session }, word, say } = this.host;
    if (session.branches.length > 1) say(word("saved_branch", { name: session.chosenName }));
    this.give(`${this.stem}.toml`, new Blob([this.scenario()], { type: "text/plain" }));
  }

  async save_picture() { await this.host.painted(); this.give(`${this.stem}.png`, await pngOf(this.canvases, this.told)); }
  save_film() { return this.film("save_film", "gif"); }
  save_video() { return this.film("save_video", "webm"); }
  open_file() { this.field.click(); }
  /** On paper it is light, whatever it is on the screen. */
  async print() {
    const { session } = this.host.director, { theme } = session, frame = () => new Promise((done) => { requestAnimationFrame(done); });
    this.host.dress("light");
    for (let k = 0; k < 3; k++) await frame();
    await this.host.painted();
    window.print();
    this.host.dress(theme);
  }

  // What has been trained is gone through once more, from its beginning where one stands at its end; a second press ends it.
  async film(name, format) {
    const { director, word, say } = this.host, { session } = director;
    if (this.recorder) {
      const { recorder, ending } = this;
      Object.assign(this, { recorder: null, recording: "" });
      director.pause();
      this.tell();
      say("");
      this.give(`${this.stem}.${ending}`, await recorder.stop());
      return;
    }
    const { head } = session.chosen;
    if (session.cursor >= head) await director.goto(0);
    const from = session.cursor, recorder = new Recorder({ canvases: () => this.canvases, told: () => this.told, format });
    Object.assign(this, { recorder, recording: name, ending: format });
    recorder.start();
    this.tell();
    director.play();
    say(head ? word("filming", { from, to: head }) : word("filming_on"));
    // To the end of what there was.
    const look = () => {
      if (this.recorder !== recorder) return;
      if (head && (session.cursor >= head || !director.playing)) this.guarded(() => this.film(name, format));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  async share() {
    await this.host.painted();
    const { word, say, director } = this.host, hash = await toLink(director.session.plain());
    // A sandboxed frame may not have an address of its own.
    try { history.replaceState(null, "", hash); } catch { /* the text alone then */ }
    say(word(await copyText(location.href.split("#")[0] + hash) ? "link_copied" : "link_shown"));
  }

  /** A file that was dropped: a scenario, or points. */
  async take(file) {
    const { word, say } = this.host;
    if (/\.toml$/i.test(file.name ?? "")) {
      if (this.openToml(await file.text())) say(word("opened_file", { name: file.name }));
    } else this.put(await readFileOf(file));
  }

  put(found) {
    const { word, say, drawing, director } = this.host;
    drawing().put(scaled(found.points, director.view().setup.extent));
    const said = (found.words ?? []).map(([key, values]) => word(key, values)).join(" ");
    if (said) say(said);
  }

  /** A scenario's file; what it does not extend is laid beside the open one, whose curves it takes. */
  openToml(text) {
    const { director, lab, word, refuse } = this.host, { extends: name, ...told } = fromToml(text), base = name ? director.offer(name) : null;
    if (name && (!base || base.whyNot)) { refuse(word("toml_extends", { name })); return false; }
    const { changes = [], ...settings } = filled(told, base?.settings ?? null, lab.unwritten);
    return director.openSettings(base ?? director.session.offer, settings, changes);
  }
}
