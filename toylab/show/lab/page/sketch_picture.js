// What lies under the hand, over the stage's own picture: points, modes with their spreads, the brush, the keys' cross.

/** shown: {fresh: whether a stroke would begin anew, cross: [x, y] | null, ring: {at, radius} | null}, all in data units. */
export function paintSketch(canvas, sketch, colours, { fresh, cross, ring }) {
  const pen = canvas.getContext("2d"), ratio = window.devicePixelRatio || 1, [x0, x1, y0, y1] = sketch.extent;
  const placed = ([x, y]) => [((x - x0) * canvas.width) / (x1 - x0), ((y1 - y) * canvas.height) / (y1 - y0)];
  // Over any surface: a line with a casing.
  const cased = (strong, dashed, draw) => {
    for (const [colour, width] of [[colours.paper, strong + 2], [colours.ink, strong]]) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: width * ratio });
      pen.setLineDash(dashed && colour === colours.ink ? [4 * ratio, 4 * ratio] : []);
      pen.beginPath();
      draw();
      pen.stroke();
    }
  };
  const circle = (at, radius, strong, dashed = false) => {
    const size = Math.max((radius * canvas.width) / (x1 - x0), 3 * ratio);
    cased(strong, dashed, () => pen.arc(...placed(at), size, 0, 2 * Math.PI));
  };
  pen.fillStyle = colours.ink;
  if (sketch.own || !fresh) for (const [x, y] of sketch.points.map(placed)) pen.fillRect(x - ratio, y - ratio, 2 * ratio, 2 * ratio);
  sketch.modes.forEach((one, k) => {
    circle(one.at, 2 * one.spread, k === sketch.chosen ? 3 : 1.5, k !== sketch.chosen);
    circle(one.at, 0, 1.5);
  });
  if (ring) circle(ring.at, ring.radius, 1, !fresh);
  if (!cross) return;
  const [x, y] = placed(cross), arm = 12 * ratio;
  cased(1.5, false, () => {
    pen.moveTo(x - arm, y);
    pen.lineTo(x + arm, y);
    pen.moveTo(x, y - arm);
    pen.lineTo(x, y + arm);
  });
}
