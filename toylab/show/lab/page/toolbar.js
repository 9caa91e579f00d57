// The buttons of the hand, and a line that says what it holds and how it is used.

// Tools stay on until they are left; deeds are done at once, the last five to the chosen mode.
const TOOLS = [["draw", "✎"], ["erase", "⌫"], ["move", "✥"], ["add", "+"]];
const DEEDS = [["undo", "↶"], ["redo", "↷"], ["clear", "∅"], ["remove", "✕"], ["spread_less", "−"], ["spread_more", "+"], ["weight_less", "−"], ["weight_more", "+"]];

export class Toolbar {
  /** use(tool) and done(deed) are told of presses. */
  constructor(box, word, use, done) {
    Object.assign(this, { box, word });
    box.classList.add("tools");
    this.buttons = [...TOOLS, ...DEEDS].map(([name, sign], k) => {
      const button = box.appendChild(document.createElement("button")), deed = k >= TOOLS.length;
      Object.assign(button, { type: "button", className: "tool" });
      button.dataset.tool = name;
      button.addEventListener("click", () => (deed ? done(name) : use(name)));
      return { name, sign, button, deed };
    });
    this.said = box.appendChild(document.createElement("span"));
    this.said.className = "tool-said";
    this.said.setAttribute("role", "status");
  }

  close() {
    this.box.replaceChildren();
  }

  /** Words and states; what has nothing to work on is not shown. Returns whether the button with the keys went out of sight. */
  tell(tool, sketch) {
    const { word } = this, held = document.activeElement, ofMode = (tool === "move" || tool === "add") && Boolean(sketch.modes[sketch.chosen]);
    for (const { name, sign, button, deed } of this.buttons) {
      const said = word(`draw_${name}`);
      button.textContent = name.endsWith("_less") ? `${said} ${sign}` : deed ? sign : `${sign} ${said}`;
      button.title = /_(less|more)$/.test(name) ? `${said} ${sign}` : said;
      button.setAttribute("aria-label", button.title);
      if (!deed) button.setAttribute("aria-pressed", String(tool === name));
      else if (name === "undo" || name === "redo") {
        button.hidden = !tool && !sketch.undoable && !sketch.redoable;
        button.disabled = !(name === "undo" ? sketch.undoable : sketch.redoable);
      } else button.hidden = name === "clear" ? !tool : !ofMode;
    }
    const line = tool ? `${this.counted(sketch)} ${word(`draw_how_${tool}`)}` : "";
    if (this.said.textContent !== line) this.said.textContent = line;
    return this.box.contains(held) && (held.hidden || held.disabled);
  }

  counted({ points, modes, chosen }) {
    const one = modes[chosen];
    if (one) return this.word("draw_chosen", { n: chosen + 1, of: modes.length, spread: one.spread, weight: one.weight });
    const [key, n] = modes.length ? ["draw_mode", modes.length] : ["draw_point", points.length];
    return this.word(n === 1 ? key : `${key}s`, { n: n.toLocaleString("en") });
  }
}
