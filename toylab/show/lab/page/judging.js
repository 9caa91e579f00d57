// D's turn in slow motion: the points of its batch appear as they are judged, in the colour of what D says of them.

// Shades from what D takes for generated to what it takes for real.
const SHADES = 17, SIZES = { s: 6, o: 7 };

const parsed = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
const mixed = (a, b, share) => `#${a.map((v, i) => Math.round(v + (b[i] - v) * share).toString(16).padStart(2, "0")).join("")}`;

export class Judging {
  constructor(lab) { Object.assign(this, { lab, styles: {}, shown: { places: new Float64Array(2), count: 1 } }); }

  // Stronger than the surface, on which they would be lost: the curves' orange and purple.
  stylesOf(theme) {
    const { curves, paper, ink } = this.lab.themes[theme], ends = [parsed(curves[3]), parsed(curves[1])], middle = parsed(paper);
    this.styles[theme] ??= Object.fromEntries(Object.entries(SIZES).map(([marker, size]) => [marker, Array.from({ length: SHADES }, (_, i) => {
      const says = (2 * i) / (SHADES - 1) - 1;
      return { marker, size, edge: ink, width: 0.9, fill: mixed(middle, ends[says > 0 ? 1 : 0], Math.abs(says)), alpha: 1 };
    })]));
    return this.styles[theme];
  }

  /** The batch's points up to a share of the half, real ones square. */
  draw(pen, { half, setup, theme, off }, limit) {
    pen.context.globalAlpha = 1;
    const styles = this.stylesOf(theme), [x0, x1, y0, y1] = setup.extent, { shown } = this, seen = Math.min(1, half.part / 0.4);
    for (const [name, marker, points, logits] of [["real", "s", half.real, half.realLogits], ["generated", "o", half.fake, half.fakeLogits]]) {
      if (off.has(name) || !points) continue;
      const n = points.length / 2, packs = n / Math.max(logits?.length ?? n, 1);
      for (let i = 0; i < Math.round(seen * n); i++) {
        // The root: what D is hardly sure of can be told from what it knows nothing of.
        const sure = logits?.length ? logits[Math.floor(i / packs)] / limit : 0, says = Math.sign(sure) * Math.sqrt(Math.abs(sure));
        shown.places[0] = (points[2 * i] - x0) / (x1 - x0);
        shown.places[1] = (points[2 * i + 1] - y0) / (y1 - y0);
        pen.dots(styles[marker][Math.round((Math.min(Math.max(says || 0, -1), 1) + 1) / 2 * (SHADES - 1))], shown);
      }
    }
  }
}
